import { describe, expect, test } from "vitest";
import { money } from "../base/money.ts";
import type { CreditNote, Refund } from "../canonical/refund.ts";
import type { InvoiceLineDraft } from "../erp/port.ts";
import {
  type Creditable,
  mapCreditNote,
  mapCreditNoteVoid,
  mapRefundBack,
  mapRefundCash,
  mapRefundCause,
  mapRefundSurplus,
} from "./index.ts";
import { aMemoContext, aRefund, aRow, entriesOf, someSettings, usd } from "./testing/builders.ts";

const context = aMemoContext("202603");
const { settings } = context;

/** An invoice of sold lines, each with taxes that SL keeps on it. */
function documentOf(lines: readonly Partial<Creditable["lines"][number]>[]): Creditable {
  const own = lines.map((line) => ({
    ...{ kind: "sold" as const, description: "Hat", itemId: "CONSULT", taxes: [], names: [] },
    ...{ sales: settings.accounts.sales, amount: usd(10_000), ...line },
  }));
  const minors = own.flatMap(({ amount, taxes }) => [amount, ...taxes.map((tax) => tax.amount)]);
  const total = usd(minors.reduce((so, { minor }) => so + minor, 0n));
  return { refNbr: "000123", total, lines: own, notes: [] };
}

const taxOf = (taxId: string, minor: number) => {
  return { taxId, amount: usd(minor), taxable: usd(10_000) };
};
const taxesOf = (lines: readonly InvoiceLineDraft[]) =>
  lines.flatMap(({ taxes = [] }) => taxes.map(({ taxId, amount }) => `${taxId} ${amount.minor}`));

function causeOf(refund: Refund, amount: number, document = documentOf([{}])) {
  const row = refund.row ?? aRow();
  const sold = { document, credited: [], isDisputed: false };
  return mapRefundCause(refund, { ...context, ...sold, row, amount: usd(amount) }).draft;
}

describe("a refund that unapplied money covers in part", () => {
  test("names its lines by all of it", () => {
    const lines = [{ names: ["il_1"] }, { names: ["il_2"] }];
    const metadata = { slipway_refund_lines: "il_1=20.00, il_2=30.00" };

    const memo = causeOf(aRefund({ amount: usd(5_000), metadata }), 3_000, documentOf(lines));

    expect(entriesOf(memo.lines)).toEqual(["4190 1200", "4190 1800"]);
  });

  test("loses no more by exchange than is left of it", () => {
    const exchange = { share: usd(10_831), moved: usd(10_900), charged: money(10_000, "EUR") };

    const memo = causeOf(aRefund({ amount: usd(10_900), exchange }), 50);

    expect(entriesOf(memo.lines)).toEqual(["6920 50"]);
    expect(memo.total).toEqual(usd(50));
  });
});

test("a part of a tax that comes to nothing is no tax of the memo", () => {
  const document = documentOf([{ taxes: [taxOf("STATE", 825), taxOf("CITY", 1)] }]);

  const memo = causeOf(aRefund({ amount: usd(1_000) }), 1_000, document);

  expect(entriesOf(memo.lines)).toEqual(["4190 924"]);
  expect(taxesOf(memo.lines)).toEqual(["STATE 76"]);
});

test("a debit memo is due on its own day, and a credit memo on none", () => {
  const refund = aRefund();

  const cash = mapRefundCash(refund, refund.row ?? aRow(), context).draft;

  expect([cash.documentDate, cash.dueDate]).toEqual(["2026-03-15", "2026-03-15"]);
  expect(causeOf(refund, 10_000).dueDate).toBe("");
});

test("a refund in another currency whose row brings money is refused", () => {
  const refund = aRefund({ amount: money(10_000, "EUR"), row: aRow({ gross: usd(10_702) }) });

  expect(() => mapRefundCash(refund, refund.row ?? aRow(), context)).toThrow(
    expect.objectContaining({ code: "mapping.amount_out_of_range" }) as Error,
  );
});

describe("the money of a refund that failed", () => {
  const created = new Date("2026-03-18T15:00:00Z");
  const failure = aRow({ id: "txn_3", category: "refund_failure", gross: usd(10_000), created });
  const refund = aRefund({ amount: usd(10_000), failure });

  test.each([
    ["credit", false],
    ["reverse", true],
  ])("keeps that the pair says %s by now", (refundFailed, isCauseUndone) => {
    const by = someSettings({ "refund-failed": refundFailed });

    const { draft } = mapRefundBack(refund, failure, { ...context, settings: by });

    expect(draft.isCauseUndone).toBe(isCauseUndone);
  });

  test("is gained where it is more than had left, on the day it came back", () => {
    const { draft } = mapRefundSurplus(refund, failure, { ...context, surplus: usd(119) });

    expect(draft).toMatchObject({ type: "DM", documentDate: "2026-03-18", total: usd(119) });
    expect(entriesOf(draft.lines)).toEqual(["6910 119"]);
  });
});

describe("a credit note", () => {
  const at = new Date("2026-03-05T15:00:00Z");
  const note: CreditNote = {
    ...{ creditNoteId: "cn_1", number: "CN-0001", total: usd(5_000), tax: usd(0), lines: [] },
    ...{ beforePayment: usd(0), refunds: [], customerBalance: usd(0), outOfBand: usd(0) },
    ...{ reason: "", effectiveAt: at, createdAt: at, voidedAt: undefined, metadata: {} },
    livemode: false,
  };
  const mapNote = (of: CreditNote, document: Creditable, isDisputed = false) => {
    const credited = isDisputed ? [{ total: usd(8_000) }] : [];
    return mapCreditNote(of, { ...context, document, credited, isDisputed });
  };

  test("takes back what disputes have left, and is a loss beyond that", () => {
    const { draft, notes } = mapNote(note, documentOf([{}]), true);

    expect(entriesOf(draft.lines)).toEqual(["4193 2000", "6120 3000"]);
    expect(notes).toContain("30.00 USD is more than disputes have left: a loss.");
  });

  test("of a tax alone takes nothing back of what was sold", () => {
    const taxed = documentOf([{ taxes: [taxOf("STATE", 825)] }]);

    const { draft } = mapNote({ ...note, total: usd(500), tax: usd(500) }, taxed);

    expect([entriesOf(draft.lines), taxesOf(draft.lines)]).toEqual([["4193 0"], ["STATE 500"]]);
    expect(draft.total).toEqual(usd(500));
  });

  test("takes back the taxes that it states on its lines, and no others", () => {
    const document = documentOf([
      { names: ["il_1"], taxes: [taxOf("FOOD", 700)] },
      { names: ["il_2"], taxes: [taxOf("STATE", 1_600), taxOf("CITY", 400)] },
    ]);
    const line = { invoiceLineId: "il_2", description: "", amount: usd(5_000), tax: usd(1_000) };

    const { draft } = mapNote(
      { ...note, total: usd(6_100), tax: usd(1_100), lines: [line] },
      document,
    );

    expect(entriesOf(draft.lines)).toEqual(["4193 0", "4193 5000"]);
    // What no line states is in proportion to what is left of each.
    expect(taxesOf(draft.lines)).toEqual(["FOOD 41", "STATE 847", "CITY 212"]);
  });

  test("that is voided goes back on the day that it was voided", () => {
    const { lines, userFields } = mapNote(note, documentOf([{}])).draft;
    const voided = { ...note, voidedAt: new Date("2026-04-02T15:00:00Z") };

    const { draft } = mapCreditNoteVoid(voided, { ...context, memo: { lines, userFields } });

    expect(draft).toMatchObject({ type: "DM", documentDate: "2026-04-02", total: usd(5_000) });
    expect(entriesOf(draft.lines)).toEqual(["4193 5000"]);
  });
});
