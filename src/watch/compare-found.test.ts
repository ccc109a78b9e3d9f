import { describe, expect, test } from "vitest";
import { money, negate, zero } from "../base/money.ts";
import type { DocumentDraft, LedgerLine } from "../erp/port.ts";
import { compareStanding, type Shown } from "./compare.ts";
import { effectOf } from "./effect.ts";
import { accountOf, draftOf, standing } from "./testing/standing.ts";

const usd = (minor: number | bigint) => money(minor, "USD");

describe("a document", () => {
  const { booked, shown } = standing(draftOf("IN", [10_000n, 5_000n]));
  const withDocument = (change: Partial<Shown["documents"][number]>): Shown => {
    return { ...shown, documents: shown.documents.map((one) => ({ ...one, ...change })) };
  };

  test("is voided where its batch is, whatever its type says", () => {
    expect(compareStanding(booked, withDocument({ state: "voided" }))?.kind).toBe("voided");
  });

  test.each(["RP", "NS"] as const)("is reversed otherwise where SL calls it %s", (reversal) => {
    const found = compareStanding(booked, withDocument({ reversal }));

    expect(found?.kind).toBe("reversed-otherwise");
    expect(found?.differences[0]).toEqual({ what: "reversal", expected: "none", found: reversal });
  });

  test("has its own lines alone of a batch with others", () => {
    const other = { refNbr: "000046", key: "" };
    const lines = [...shown.lines, ...shown.lines.map((line) => ({ ...line, ...other }))];

    expect(compareStanding(booked, { ...shown, lines })).toBeUndefined();
  });
});

describe("a journal", () => {
  const { booked, shown } = standing(draftOf("GJ", [10_000n, 5_000n]));
  const [journal] = shown.journals;
  const journals = (change: object) => shown.journals.map((one) => ({ ...one, ...change }));

  test("that stands in another batch under its key is told by it", () => {
    const lines = shown.lines.map((line) => ({ ...line, batNbr: "000200" }));

    const found = compareStanding(booked, {
      ...{ ...shown, lines, journals: journals({ batNbr: "000200" }) },
    });

    expect(found).toMatchObject({ kind: "edited", moved: [] });
    expect(found?.differences).toEqual([{ what: "batch", expected: "000123", found: "000200" }]);
  });

  test("is not released any more where SL has put its batch back", () => {
    const back = { ...shown, journals: journals({ isReleased: false, state: "held" }) };

    expect(compareStanding(booked, back)?.differences).toEqual([
      { what: "state", expected: "released", found: "held" },
    ]);
  });

  test("is doubled by one of its key alone", () => {
    const also = (key: string) => {
      const second = { ...journal, key, batNbr: "000200" } as Shown["journals"][number];
      return compareStanding(booked, { ...shown, journals: [...shown.journals, second] });
    };

    expect(also("OTHER")).toBeUndefined();
    expect(also(booked.key)?.kind).toBe("doubled");
  });
});

describe("a payment of which a part is unapplied", () => {
  const { booked, shown } = standing(draftOf("PA", [10_000n, 5_000n]));
  const [cash, customer] = shown.lines as [LedgerLine, LedgerLine];
  const credit = (minor: number, number: string): LedgerLine => {
    return { ...customer, account: accountOf(number), debit: zero("USD"), credit: usd(minor) };
  };

  test("may have that part on any account of SL's", () => {
    const lines = [cash, credit(5_000, "1200"), credit(10_000, "1210")];

    expect(compareStanding(booked, { ...shown, lines })).toBeUndefined();
  });

  test("has not brought its money where that part is off the cash account", () => {
    const lines = [cash, credit(5_000, "1200"), credit(10_000, "1095")];

    const found = compareStanding(booked, { ...shown, lines });

    expect(found?.kind).toBe("edited");
    expect(found?.differences).toEqual([
      { what: "1095/000 on 2026-03-31", expected: "150.00 USD", found: "50.00 USD" },
    ]);
  });
});

test("a prepayment stands on the prepay account until its applications move it", () => {
  const draft = { ...draftOf("PA", [10_000n, 5_000n]), type: "PP" } as DocumentDraft;
  const { booked, shown } = standing(draft);
  const lines = shown.lines.map((line) => {
    return line.account.account === "1200" ? { ...line, account: accountOf("2100") } : line;
  });

  expect(compareStanding(booked, { ...shown, lines })).toBeUndefined();
});

test("money that is gone from clearing is a difference of as much, Stripe less SL", () => {
  const { booked, shown } = standing(draftOf("PA", [15_000n]));
  const found = compareStanding(booked, { ...shown, documents: [], lines: [] });
  const settings = { accounts: { clearing: { USD: accountOf("1095"), EUR: accountOf("1096") } } };

  if (found === undefined) throw new Error("A document that is gone is found");
  expect(effectOf(found, settings, "USD")).toEqual({
    amount: usd(15_000),
    on: "the difference of USD",
  });
  const twice = { ...found, moved: found.moved.map((m) => ({ ...m, amount: negate(m.amount) })) };
  expect(effectOf(twice, settings, "USD").amount).toEqual(usd(-15_000));
});
