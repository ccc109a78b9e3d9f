import { describe, expect, test } from "vitest";
import { present } from "../base/assert.ts";
import { money } from "../base/money.ts";
import type { Dispute } from "../canonical/dispute.ts";
import type { InvoiceLineDraft } from "../erp/port.ts";
import {
  type DisputeTaken,
  disputeState,
  mapDisputeCash,
  mapDisputeCause,
  mapDisputeCauseBack,
  mapDisputeLoss,
} from "./index.ts";
import { aMemoContext, entriesOf, usd } from "./testing/builders.ts";
import { aDispute, aDisputeRow, aReversal } from "./testing/disputes.ts";

const context = aMemoContext("202604");
const { settings } = context;

const moveOf = (dispute: Dispute, at = 0) =>
  present(disputeState(dispute, []).moves[at], "A move of the dispute");

/** A line of a memo as SL shows it, which does not say what it credits. */
function shown(account: string, minor: number, description: string): InvoiceLineDraft {
  const sales = { account, subaccount: "000000000000" };
  const own = { quantity: "1", unitPrice: "", itemId: "", description };
  return { ...own, sales, amount: usd(minor) };
}

/** The lines that stand again where so much of a dispute over 100.00 is paid back. */
function back(minor: number, taken: DisputeTaken) {
  const dispute = aDispute({ rows: [aDisputeRow(), aReversal({ gross: usd(minor) })] });
  const { draft } = mapDisputeCauseBack(dispute, moveOf(dispute, 1), { ...context, taken });
  return draft.lines.map((line) => [...entriesOf([line]), line.description].join(" "));
}

describe("the sale that stands again once money of a dispute is back", () => {
  test("keeps lines of one account apart by what SL calls them", () => {
    const taken = [{ lines: [shown("4194", 6_000, "Hat"), shown("4194", 4_000, "Coat")] }];

    expect(back(5_000, taken)).toEqual(["4194 3000 Hat", "4194 2000 Coat"]);
  });

  test("has less of the loss by what was given back of it before", () => {
    const taken = [
      { lines: [shown("4194", 6_000, "Hat"), shown("6120", 4_000, "Above what was left")] },
      { lines: [shown("6120", 1_000, "Above what was withdrawn")], isBack: true },
    ];

    expect(back(9_000, taken)).toEqual(["4194 6000 Hat", "6120 3000 Above what was left"]);
  });

  test("gives no line back that stands again already, and what is beyond is no loss", () => {
    const hat = shown("4194", 6_000, "Hat");
    const taken = [{ lines: [hat, shown("2200", 500, "Tax")] }, { lines: [hat], isBack: true }];

    expect(back(700, taken)).toEqual(["2200 500 Tax", "6120 200 Above what was withdrawn"]);
  });

  test("takes nothing of a line that gave back more than was taken of it", () => {
    const taken = [
      { lines: [shown("4194", 6_000, "Hat"), shown("4194", 1_000, "Coat")] },
      { lines: [shown("4194", 2_000, "Coat")], isBack: true },
    ];

    expect(back(6_000, taken)).toEqual(["4194 6000 Hat"]);
  });

  test("gives an account of many lines no more than its share", () => {
    const taken = [
      { lines: [shown("4194", 1, "Hat"), shown("4194", 1, "Coat"), shown("2200", 1, "Tax")] },
    ];

    expect(back(2, taken)).toEqual(["4194 1 Hat", "2200 1 Tax"]);
  });
});

test("a verdict that asks for less than was closed opens it again by a debit memo", () => {
  const loss = {
    amount: usd(-250),
    role: "dispute-loss",
    at: new Date("2026-06-11T12:00Z"),
  } as const;

  const { draft } = mapDisputeLoss(aDispute(), loss, context);

  expect(draft).toMatchObject({ type: "DM", total: usd(250), terms: "01", dueDate: "2026-06-11" });
  expect(entriesOf(draft.lines)).toEqual(["6120 250"]);
});

test("a row in another currency than its dispute makes no memo of the customer", () => {
  const dispute = aDispute({ amount: money(10_000, "EUR") });

  expect(() => mapDisputeCash(dispute, moveOf(dispute), context)).toThrow(
    expect.objectContaining({ code: "mapping.currency_unsupported" }) as Error,
  );
});

describe("a dispute of a document with taxes that SL keeps", () => {
  const tax = { taxId: "STATE", amount: usd(825), taxable: usd(10_000) };
  const line = { kind: "sold", description: "Hat", itemId: "CONSULT", names: [] } as const;
  const sold = { ...line, sales: settings.accounts.sales, amount: usd(10_000), taxes: [tax] };
  const document = { refNbr: "000123", total: usd(10_825), lines: [sold], notes: [] };

  test("takes nothing of it back, and says so", () => {
    const dispute = aDispute();

    const of = { ...context, document, credited: [] };

    expect(() => mapDisputeCause(dispute, moveOf(dispute), of)).toThrow(
      expect.objectContaining({ code: "mapping.dispute_taxes" }) as Error,
    );
  });

  test("is a loss once nothing is left of it", () => {
    const dispute = aDispute();
    const of = { ...context, document, credited: [{ total: usd(10_825) }] };

    const { draft } = mapDisputeCause(dispute, moveOf(dispute), of);

    expect(entriesOf(draft.lines)).toEqual(["6120 10000"]);
  });
});
