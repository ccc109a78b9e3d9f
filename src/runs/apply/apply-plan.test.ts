import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { money } from "../../base/money.ts";
import type { ApplicationRow, DocumentReading } from "../../erp/port.ts";
import { type BothReadings, planApplication } from "./apply-plan.ts";

const usd = (minor: number) => money(minor, "USD");

function aDocument(type: string, refNbr: string, balance: number) {
  const read = { type, refNbr, amount: usd(10_000), balance: usd(balance), currency: "USD" };
  return read as unknown as DocumentReading;
}

function aRow(payer: string, target: string, minor: number, pendingIn?: string): ApplicationRow {
  return {
    ...{ customerId: "C300", batNbr: pendingIn ?? "000100", realised: "0" },
    ...{ payer: { type: "PA", refNbr: payer }, target: { type: "IN", refNbr: target } },
    ...{ amount: usd(minor), isPending: pendingIn !== undefined },
  };
}

const NOTHING = { knownOfPayer: usd(0), knownBetween: usd(0), ownBatNbr: undefined };

/** What a plan makes of 60.00 of a payment with 100.00 open for an invoice with 100.00 open. */
function planOf(change: Partial<BothReadings> = {}, wanted = 6_000) {
  const plan = planApplication(usd(wanted), {
    ...{ payer: aDocument("PA", "P1", 10_000), target: aDocument("IN", "000501", 10_000) },
    ...{ rows: [], ...NOTHING, ...change },
  });
  return { ...plan, amount: Number(plan.amount.minor), between: Number(plan.between.minor) };
}

describe("with SL's list of applications", () => {
  test("what is on the target already counts, whoever has applied it", () => {
    const rows = [aRow("P1 ", "000501", 2_000), aRow("P1", "000502", 500), aRow("P2", "000501", 9)];

    expect(planOf({ rows })).toMatchObject({ between: 2_000, amount: 4_000 });
  });

  test("never more is applied than either document has open", () => {
    expect(planOf({ payer: aDocument("PA", "P1", 2_500) }).amount).toBe(2_500);
    expect(planOf({ target: aDocument("IN", "000501", 1_500) }).amount).toBe(1_500);
  });

  test("what others have pending of either is left to them, and named where it hinders", () => {
    const ofTarget = [aRow("P9", "000501", 5_000, "000777")];
    const ofPayer = [aRow("P1", "000502", 7_000, "000778")];
    const little = [aRow("P9", "000501", 4_000, "000777")];

    expect(planOf({ rows: ofTarget })).toMatchObject({ amount: 5_000, pendingIn: "000777" });
    expect(planOf({ rows: ofPayer })).toMatchObject({ amount: 3_000, pendingIn: "000778" });
    expect(planOf({ rows: little })).toMatchObject({ amount: 6_000, pendingIn: undefined });
  });

  test("lines of its own batch hinder nothing", () => {
    const rows = [aRow("P1", "000501", 6_000, "000200")];

    expect(planOf({ rows, ownBatNbr: "000200" })).toMatchObject({ amount: 6_000, between: 0 });
    expect(planOf({ rows }).amount).toBe(4_000);
  });
});

describe("without that list", () => {
  const without = { rows: undefined };

  test("what both have lost that the hub does not know of may be between them", () => {
    const payer = aDocument("PA", "P1", 7_000);
    const target = aDocument("IN", "000501", 9_000);

    expect(planOf({ ...without, payer, target })).toMatchObject({ between: 1_000, amount: 5_000 });
  });

  test("what the hub has applied elsewhere is not between them", () => {
    const payer = aDocument("PA", "P1", 7_000);
    const target = aDocument("IN", "000501", 9_000);
    const known = { knownOfPayer: usd(3_000), knownBetween: usd(1_000) };

    expect(planOf({ ...without, payer, target, ...known })).toMatchObject({
      ...{ between: 1_000, amount: 5_000 },
    });
    expect(planOf({ ...without, payer, target, knownOfPayer: usd(3_000) }).between).toBe(0);
  });
});

test("documents of another currency than the money are never applied to each other", () => {
  const target = { ...aDocument("IN", "000501", 100), currency: "EUR" } as DocumentReading;

  expect(() => planOf({ target })).toThrow(
    expect.objectContaining({ code: "mapping.currency_unsupported" }) as Error,
  );
});

test("whatever others do, no application takes more than is wanted, or than is open", () => {
  const minor = fc.integer({ min: 0, max: 10_000 });
  const row = fc
    .tuple(fc.constantFrom("P1", "P2"), fc.constantFrom("000501", "000502"), minor, fc.boolean())
    .map(([payer, target, amount, isPending]) =>
      aRow(payer, target, amount, isPending ? "000777" : undefined),
    );
  fc.assert(
    fc.property(minor, minor, minor, fc.array(row, { maxLength: 5 }), (wanted, of, to, rows) => {
      const payer = aDocument("PA", "P1", of);
      const target = aDocument("IN", "000501", to);

      const { amount, between } = planOf({ payer, target, rows }, wanted);

      expect(amount).toBeGreaterThanOrEqual(0);
      expect(amount).toBeLessThanOrEqual(Math.min(of, to));
      expect(amount === 0 || amount + between <= wanted).toBe(true);
    }),
  );
});
