import { describe, expect, test } from "vitest";
import { present } from "../base/assert.ts";
import type { CreditNote, Refund } from "../canonical/refund.ts";
import type { Sale } from "../canonical/sale.ts";
import type { InvoiceLineDraft, MemoDraft } from "../erp/port.ts";
import {
  type Credited,
  creditableInvoice,
  creditableSale,
  creditableUnknown,
  isPaymentOnly,
  isReturnOrder,
  mapCauseBack,
  mapCreditNote,
  mapInvoice,
  mapRefundBack,
  mapRefundCash,
  mapRefundCause,
  mapRefundUnknown,
} from "./index.ts";
import {
  aLine,
  aMemoContext,
  anInvoiceContext,
  aRefund,
  aRow,
  aSale,
  entriesOf,
  someSettings,
  usd,
} from "./testing/builders.ts";

// The examples of the booking rules, section 17, about money that goes back. 1095 is clearing,
// 2200 tax, 4190 returns requested, 4193 credit notes, 4195 returns from before the start.

const context = aMemoContext("202603");
const { settings } = context;

function documentOf(sale: Sale = aSale(), by = settings) {
  const { total, lines } = mapInvoice(sale, anInvoiceContext({ settings: by })).draft;
  return creditableInvoice({ refNbr: "000123", total, lines }, sale);
}

const rowOf = (refund: Refund) => present(refund.row, "The row of a refund");
const cashOf = (refund: Refund) => mapRefundCash(refund, rowOf(refund), context).draft;

function causeOf(
  refund: Refund,
  change: Partial<Parameters<typeof mapRefundCause>[1]> = {},
): MemoDraft {
  const row = rowOf(refund);
  const { amount } = refund;
  const document = documentOf();
  const asked = { ...context, row, amount, document, credited: [], isDisputed: false };
  return mapRefundCause(refund, { ...asked, ...change }).draft;
}

function causesOf(amounts: readonly number[]): MemoDraft[] {
  const done: MemoDraft[] = [];
  for (const minor of amounts)
    done.push(causeOf(aRefund({ amount: usd(minor) }), { credited: done }));
  return done;
}

describe("G17 a full refund of a sale with tax", () => {
  test("is a debit memo on clearing on the day of its row", () => {
    expect(cashOf(aRefund())).toMatchObject({
      type: "DM",
      stripeId: "re_1",
      total: usd(10_825),
      receivable: { account: "1200" },
      documentDate: "2026-03-15",
      original: "000123",
      terms: "01",
    });
    expect(entriesOf(cashOf(aRefund()).lines)).toEqual(["1095 10825"]);
  });

  test("is a credit memo on the account of its reason and on tax", () => {
    const memo = causeOf(aRefund());

    expect(memo).toMatchObject({ type: "CM", total: usd(10_825), terms: "", original: "000123" });
    expect(entriesOf(memo.lines)).toEqual(["4190 10000", "2200 825"]);
  });
});

test("G18 the last of three partial refunds takes the residue of the tax", () => {
  const memos = causesOf([3_333, 3_333, 4_159]);

  expect(memos.map(({ lines }) => entriesOf(lines))).toEqual([
    ["4190 3079", "2200 254"],
    ["4190 3079", "2200 254"],
    ["4190 3842", "2200 317"],
  ]);
});

test("G20 what unapplied money covers of a refund is no part of its credit memo", () => {
  const sale = aSale({ document: { lines: [aLine()], total: usd(10_000) } });
  const refund = aRefund({ amount: usd(5_000) });

  const memo = causeOf(refund, { document: documentOf(sale), amount: usd(3_000) });

  expect(entriesOf(cashOf(refund).lines)).toEqual(["1095 5000"]);
  expect(entriesOf(memo.lines)).toEqual(["4190 3000"]);
});

/** The cause of a refund of 75.00 of a sale of 108.25 that the hub never booked. */
function unknownCause(sold: Readonly<{ credited: Credited; isDisputed: boolean }>) {
  const refund = aRefund({ amount: usd(7_500) });
  const document = creditableUnknown(aSale(), settings);
  const asked = { ...context, row: rowOf(refund), amount: usd(7_500), original: "" };
  return mapRefundUnknown(refund, { ...asked, ...sold, document });
}

test("G21 a refund of an unknown sale goes to an account of its own", () => {
  const { draft, notes } = unknownCause({ credited: [], isDisputed: false });

  expect(entriesOf(draft.lines)).toEqual(["4195 7500"]);
  expect(notes).toEqual([expect.stringContaining("not booked by this hub")]);
});

test("a refund of an unknown sale beyond what a dispute has left of it is a loss", () => {
  const { draft, notes } = unknownCause({ credited: [{ total: usd(10_000) }], isDisputed: true });

  expect(entriesOf(draft.lines)).toEqual(["4195 825", "6120 6675"]);
  expect(notes[0]).toContain("66.75 USD is more than disputes have left");
});

test("G22 a refund of the payment alone is told by its metadata", () => {
  const refund = aRefund({ metadata: { slipway_refund: "Payment-Only" } });

  expect(isPaymentOnly(refund, settings)).toBe(true);
  expect(isPaymentOnly(aRefund(), settings)).toBe(false);
  expect(() => isPaymentOnly(aRefund({ metadata: { slipway_refund: "later" } }), settings)).toThrow(
    expect.objectContaining({ code: "mapping.refund_word" }) as Error,
  );
});

test("a refund is a return order by setting alone, and its own word overrules that", () => {
  const byOrder = someSettings({ "order.refund": "order" });
  const asMemo = aRefund({ metadata: { slipway_refund: "memo" } });

  expect(isReturnOrder(aRefund(), byOrder)).toBe(true);
  expect(isReturnOrder(aRefund(), settings)).toBe(false);
  expect(isReturnOrder(asMemo, byOrder)).toBe(false);
  expect(isPaymentOnly(asMemo, byOrder)).toBe(false);
});

describe("a refund that fails later", () => {
  const failure = aRow({
    id: "txn_3",
    category: "refund_failure",
    gross: usd(10_000),
    fee: usd(0),
    created: new Date("2026-03-18T15:00:00Z"),
  });
  const refund = aRefund({ amount: usd(10_000), failure });

  test("G23 is a credit memo on clearing on the day its money came back", () => {
    const { draft } = mapRefundBack(refund, failure, context);

    expect(draft).toMatchObject({ type: "CM", documentDate: "2026-03-18", total: usd(10_000) });
    expect(entriesOf(draft.lines)).toEqual(["1095 10000"]);
  });

  test("G24 gives back what its own credit memo had taken", () => {
    const sale = aSale({ document: { lines: [aLine()], total: usd(10_000) } });
    const cause = causeOf(refund, { document: documentOf(sale) });

    const { draft } = mapCauseBack(refund, failure, { ...context, cause });

    expect(draft).toMatchObject({ type: "DM", documentDate: "2026-03-18", total: usd(10_000) });
    expect(entriesOf(draft.lines)).toEqual(["4190 10000"]);
  });
});

const aNote = (change: Partial<CreditNote> = {}): CreditNote => ({
  creditNoteId: "cn_1",
  number: "CN-0001",
  total: usd(2_500),
  tax: usd(0),
  lines: [],
  beforePayment: usd(0),
  refunds: [],
  customerBalance: usd(0),
  outOfBand: usd(0),
  reason: "",
  effectiveAt: new Date("2026-03-05T15:00:00Z"),
  createdAt: new Date("2026-03-05T15:00:00Z"),
  voidedAt: undefined,
  metadata: {},
  livemode: false,
  ...change,
});

test("G25 a credit note before payment is a credit memo on its own account", () => {
  const sale = aSale({ document: { lines: [aLine({ gross: usd(12_500) })], total: usd(12_500) } });

  const { draft } = mapCreditNote(aNote(), {
    ...context,
    document: documentOf(sale),
    credited: [],
    isDisputed: false,
  });

  expect(draft).toMatchObject({ type: "CM", documentDate: "2026-03-05", stripeId: "cn_1" });
  expect(entriesOf(draft.lines)).toEqual(["4193 2500"]);
});

test("G26 a credit note is one memo over all of its parts, with its own tax", () => {
  const note = aNote({
    total: usd(5_000),
    tax: usd(500),
    refunds: [{ refundId: "re_1", amount: usd(3_500) }],
    customerBalance: usd(1_500),
  });

  const { draft } = mapCreditNote(note, {
    ...{ ...context, document: documentOf(), credited: [], isDisputed: false },
  });

  expect(draft.total).toEqual(usd(5_000));
  expect(entriesOf(draft.lines)).toEqual(["4193 4500", "2200 500"]);
});

describe("which lines a refund takes back", () => {
  const sale = aSale({
    document: {
      lines: [
        aLine({ lineId: "il_1", description: "Hat", gross: usd(4_000) }),
        aLine({ lineId: "il_2", description: "Coat", gross: usd(6_000), tax: usd(825) }),
      ],
    },
  });
  const document = documentOf(sale);
  const creditOf = (minor: number, lines = "", credited: Credited = []) => {
    const refund = aRefund({ amount: usd(minor), metadata: { slipway_refund_lines: lines } });
    return causeOf(refund, { document, credited }).lines;
  };
  const texts = (lines: readonly InvoiceLineDraft[]) =>
    lines.map(({ description, amount }) => `${description} ${amount.minor}`);

  test("are those that its metadata name, with their part of the tax", () => {
    expect(texts(creditOf(1_000, "il_2"))).toEqual(["Coat 924", "Tax 76"]);
    expect(texts(creditOf(3_000, "il_1=10.00, 2=20.00"))).toEqual([
      "Hat 924",
      "Coat 1847",
      "Tax 229",
    ]);
  });

  test("is the one whose price it is, and the choice is told", () => {
    const refund = aRefund({ amount: usd(4_000) });
    const asked = {
      ...{ ...context, row: rowOf(refund), amount: refund.amount, document, credited: [] },
      isDisputed: false,
    };

    const { draft, notes } = mapRefundCause(refund, asked);

    expect(texts(draft.lines)).toEqual(["Hat 3695", "Tax 305"]);
    expect(notes).toContain('Best match by price: line 1, "Hat".');
  });

  test("are all of them in proportion where nothing tells", () => {
    expect(texts(creditOf(1_000))).toEqual(["Hat 370", "Coat 554", "Tax 76"]);
  });

  test("give way to others once they are credited in full", () => {
    const first = creditOf(4_330, "il_1");

    const second = creditOf(1_000, "il_1", [{ lines: first }]);

    expect(texts(first)).toEqual(["Hat 4000", "Tax 330"]);
    expect(texts(second)).toEqual(["Coat 924", "Tax 76"]);
  });

  test.each([
    ["il_9", "no line"],
    ["il_1=x", "no amount"],
    ["il_1=5.00", "do not add up"],
    ["il_1=10.00, il_2", "do not add up"],
  ])("are refused as %s", (named, words) => {
    expect(() => creditOf(1_000, named)).toThrow(
      expect.objectContaining({
        code: "mapping.refund_lines",
        message: expect.stringContaining(words) as string,
      }) as Error,
    );
  });
});

describe("the reason of a refund", () => {
  const accountsOf = (change: Partial<Refund>) => {
    const memo = causeOf(aRefund(change));
    return [memo.lines[0]?.sales.account, memo.description, memo.userFields.User5];
  };

  test("is the merchant's own where the pair knows it, else Stripe's with the words", () => {
    const own = (words: string) => ({ slipway_refund_reason: words });

    expect(accountsOf({ metadata: own("Damaged") })).toEqual(["4192", "Damaged goods", "DMG"]);
    expect(accountsOf({ metadata: own("too small") })).toEqual(["4190", "too small", undefined]);
    expect(accountsOf({ reason: "duplicate" })).toEqual(["4191", "Returned IN 000123", undefined]);
    expect(accountsOf({ reason: "" })).toEqual(["4190", "Returned IN 000123", undefined]);
  });

  test("parks where its account is not set", () => {
    expect(() => accountsOf({ reason: "fraudulent" })).toThrow(
      expect.objectContaining({ facts: { setting: "accounts.returns.fraudulent" } }) as Error,
    );
  });
});

test("a memo of which only the total is known counts in proportion", () => {
  const last = causeOf(aRefund({ amount: usd(4_159) }), { credited: [{ total: usd(6_666) }] });

  expect(entriesOf(last.lines)).toEqual(["4190 3842", "2200 317"]);
});

test("a refund above what is left of the invoice is refused", () => {
  const credited = causesOf([10_000]);

  expect(() => causeOf(aRefund({ amount: usd(826) }), { credited })).toThrow(
    expect.objectContaining({ code: "mapping.refund_exceeds" }) as Error,
  );
});

test("a refund whose row is over something else is refused", () => {
  const refund = aRefund({ row: aRow({ gross: usd(-10_824) }) });

  expect(() => cashOf(refund)).toThrow(
    expect.objectContaining({ code: "mapping.amount_out_of_range" }) as Error,
  );
});

test("a shipped order is credited by the lines of its sale, tax on the pair's account", () => {
  const document = creditableSale(aSale(), { refNbr: "000200", total: usd(10_825), settings });

  expect(entriesOf(causeOf(aRefund({ amount: usd(3_333) }), { document }).lines)).toEqual([
    "4190 3079",
    "2200 254",
  ]);
});
