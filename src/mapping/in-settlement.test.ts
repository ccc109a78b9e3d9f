import { describe, expect, test } from "vitest";
import { type Money, money, sum } from "../base/money.ts";
import type { Refund } from "../canonical/refund.ts";
import {
  inSettlement,
  mapInvoice,
  mapPayment,
  mapRefundBack,
  mapRefundCash,
  mapRefundCause,
  refundsInSettlement,
  surplusOf,
} from "./index.ts";
import {
  aCustomer,
  aLine,
  anItem,
  aPayment,
  aRefund,
  aRow,
  aSale,
  entriesOf,
  someSettings,
  stockOf,
  usd,
} from "./testing/builders.ts";

// `book-in: settlement`, and companies whose SL keeps one currency alone: G49 and G50 of section 17
// of the booking rules.

const SETTINGS = someSettings({ "book-in": "settlement" });
const eur = (minor: number) => money(minor, "EUR");
const terms = { termsId: "01", dueDays: 0, isInstalment: false };
const shared = { settings: SETTINGS, key: "K", customer: aCustomer(), period: "202603" };

function saleOf(lines: readonly number[], settled: Money) {
  const none = eur(0);
  const total = eur(lines.reduce((a, b) => a + b, 0));
  return aSale({
    document: {
      ...{ total, documentDiscount: none, shipping: none, shippingTax: none },
      lines: lines.map((gross) => aLine({ gross: eur(gross), discount: none, tax: none })),
      withoutCharge: { customerBalance: none, outOfBand: none, creditNotes: none },
    },
    payments: [aPayment({ amount: total, rows: [aRow({ gross: settled })], refunded: none })],
  });
}

function invoiceOf(sale: ReturnType<typeof aSale>) {
  const inventory = stockOf(anItem({ itemId: "CONSULT" }));
  return mapInvoice(sale, { ...shared, terms, inventory, slDecimals: 2 }).draft;
}

function aRefundOf(id: string, part: number, moved: number, more: Partial<Refund> = {}): Refund {
  const row = aRow({ id: `txn_${id}`, category: "refund", gross: usd(-moved) });
  return aRefund({ refundId: id, amount: eur(part), row, ...more });
}

/** Debits and credits of both legs, as the lines of the memos have them. */
function legsOf(refund: Refund | undefined, sale: ReturnType<typeof aSale>) {
  if (refund?.row === undefined) throw new Error("A refund has its row");
  const context = { ...shared, slDecimals: 2, terms: "01", original: "000123" };
  const { refNbr, total, lines } = { refNbr: "000123", ...invoiceOf(sale) };
  const sold = lines.map((line) => ({
    ...{ kind: "sold" as const, description: line.description, itemId: line.itemId },
    ...{ sales: line.sales, amount: line.amount, taxes: [], names: [] },
  }));
  const document = { refNbr, total, lines: sold, notes: [] };
  const cash = mapRefundCash(refund, refund.row, context).draft;
  const asked = {
    ...context,
    row: refund.row,
    amount: refund.amount,
    document,
    credited: [],
    isDisputed: false,
  };
  const cause = mapRefundCause(refund, asked).draft;
  return { DM: entriesOf(cash.lines), CM: entriesOf(cause.lines) };
}

describe("a sale that is booked at what was settled", () => {
  test("has its lines by largest remainder, and what was charged in its texts", () => {
    const sale = inSettlement(saleOf([3333, 3333, 3334], usd(10_831)), SETTINGS);

    const invoice = invoiceOf(sale);

    expect([invoice.currency, invoice.total]).toEqual(["USD", usd(10_831)]);
    expect(entriesOf(invoice.lines)).toEqual(["4000 3610", "4000 3610", "4000 3611"]);
    expect(
      sum(
        invoice.lines.map(({ amount }) => amount),
        "USD",
      ),
    ).toEqual(usd(10_831));
    expect(invoice.description).toContain("EUR 100.00");
    expect(invoice.note).toContain("EUR 100.00");
  });

  test("is paid in the base currency", () => {
    const sale = inSettlement(saleOf([10_000], usd(10_831)), SETTINGS);
    const [payment] = sale.payments;
    if (payment === undefined) throw new Error("A sale has its payment");

    const paid = { ...shared, invoice: undefined, slDecimals: 2, numberTry: 0 };
    const { draft } = mapPayment(sale, payment, paid);

    expect([draft.amount, draft.cash.account]).toEqual([usd(10_831), "1095"]);
    expect(draft.description).toBe("Stripe visa 4242 EUR 100.00");
  });

  test("counts what was refunded of it in the base currency too", () => {
    const sale = saleOf([10_000], usd(10_831));
    const payments = sale.payments.map((one) => ({ ...one, refunded: eur(2_500) }));

    const { payments: settled } = inSettlement({ ...sale, payments }, SETTINGS);

    expect(settled.map(({ refunded }) => refunded)).toEqual([usd(2_708)]);
  });

  test("parks where nothing was paid, since nothing tells what it is worth", () => {
    const sale = { ...saleOf([0], usd(1)), payments: [] };

    expect(() => inSettlement(sale, SETTINGS)).toThrow(/what all of it is/);
  });

  test.each([
    ["paid in part", saleOf([10_000], usd(10_831)), 5_000],
    ["settled in another currency too", saleOf([10_000], money(9_210, "GBP")), 10_000],
  ])("parks when it was %s", (_name, sale, amount) => {
    const payments = sale.payments.map((one) => ({ ...one, amount: eur(amount) }));

    expect(() => inSettlement({ ...sale, payments }, SETTINGS)).toThrow(/what all of it is/);
  });
});

describe("the money of such a refund that failed", () => {
  const sale = inSettlement(saleOf([10_000], usd(10_831)), SETTINGS);
  const context = { ...shared, slDecimals: 2, terms: "01", original: "000123" };

  test.each([
    ["gained, and back as it left", [10_702, 10_702], ["1095 10702", "6910 129"], undefined],
    [
      "gained, and back for less",
      [10_702, 10_600],
      ["1095 10600", "6910 129", "6920 102"],
      undefined,
    ],
    ["gained, and back for a bit more", [10_702, 10_750], ["1095 10750", "6910 81"], undefined],
    ["gained, and back for more than the sale", [10_702, 10_950], ["1095 10950"], usd(119)],
    ["lost, and back as it left", [10_900, 10_900], ["1095 10900"], undefined],
    ["lost, and back for less", [10_900, 10_700], ["1095 10700", "6920 200"], undefined],
    ["lost, and back for more", [10_900, 10_901], ["1095 10901"], usd(1)],
  ] as const)("%s", (_name, way, entries, surplus) => {
    const failure = aRow({ id: "txn_back", category: "refund_failure", gross: usd(way[1]) });
    const [refund] = refundsInSettlement([aRefundOf("re_1", 10_000, way[0], { failure })], sale);
    if (refund === undefined) throw new Error("A refund stays one");

    const { draft } = mapRefundBack(refund, failure, context);

    expect(entriesOf(draft.lines)).toEqual(entries);
    expect(surplusOf(refund, failure)).toEqual(surplus);
  });

  test("parks where its row takes money instead of bringing it", () => {
    const failure = aRow({ id: "txn_back", category: "refund_failure", gross: usd(-10_702) });
    const [refund] = refundsInSettlement([aRefundOf("re_1", 10_000, 10_702)], sale);
    if (refund === undefined) throw new Error("A refund stays one");

    expect(() => mapRefundBack(refund, failure, context)).toThrow(/moved -107.02/);
  });
});

describe("refunds of such a sale", () => {
  test("take shares that are rounded to date: 36.10, 36.10 and 36.11", () => {
    const sale = inSettlement(saleOf([10_000], usd(10_831)), SETTINGS);
    const refunds = [3333, 3333, 3334].map((part, at) => aRefundOf(`re_${at}`, part, 3_600));

    const shares = refundsInSettlement(refunds, sale).map(({ exchange }) => exchange?.share);

    expect(shares).toEqual([usd(3610), usd(3610), usd(3611)]);
  });

  test("take nothing for one that had come back before they were made", () => {
    const sale = inSettlement(saleOf([10_000], usd(10_803)), SETTINGS);
    const [at, later] = [new Date("2026-03-10T00:00:00Z"), new Date("2026-03-12T00:00:00Z")];
    const failure = aRow({ id: "txn_back", category: "refund_failure", gross: usd(3_601) });
    const refunds = [
      aRefundOf("re_1", 3_333, 3_601, { createdAt: at, failure: { ...failure, created: later } }),
      aRefundOf("re_2", 3_333, 3_601, { createdAt: later }),
      aRefundOf("re_3", 6_667, 7_202, { createdAt: later }),
    ];

    const shares = refundsInSettlement(refunds, sale).map(({ exchange }) => exchange?.share);

    expect(shares).toEqual([usd(3_601), usd(3_601), usd(7_202)]);
  });

  test("take their shares of their own charge alone", () => {
    const sale = saleOf([10_000], usd(10_831));
    const [first] = sale.payments;
    const second = { chargeId: "ch_2", amount: eur(5_000), rows: [aRow({ gross: usd(5_500) })] };
    const both = [
      { ...(first ?? aPayment()), amount: eur(5_000), rows: [aRow({ gross: usd(5_331) })] },
      aPayment({ ...second, refunded: eur(0) }),
    ];
    const settled = inSettlement({ ...sale, payments: both }, SETTINGS);
    const refunds = [
      aRefundOf("re_1", 5_000, 5_331),
      aRefundOf("re_2", 2_500, 2_750, { chargeId: "ch_2" }),
    ];

    const shares = refundsInSettlement(refunds, settled).map(({ exchange }) => exchange?.share);

    expect(shares).toEqual([usd(5_331), usd(2_750)]);
  });

  test("take nothing where one before them had more than its part by rounding", () => {
    const sale = inSettlement(saleOf([100], usd(10)), SETTINGS);
    const [at, later] = [new Date("2026-03-10T00:00:00Z"), new Date("2026-03-12T00:00:00Z")];
    const back = { ...aRow({ id: "txn_back", gross: usd(1) }), created: later };
    const refunds = [
      aRefundOf("re_1", 14, 1, { createdAt: at, failure: back }),
      aRefundOf("re_2", 1, 1, { createdAt: at }),
      aRefundOf("re_3", 1, 1, { createdAt: later }),
    ];

    const shares = refundsInSettlement(refunds, sale).map(({ exchange }) => exchange?.share);

    expect(shares).toEqual([usd(1), usd(1), usd(0)]);
  });

  test("stay as they are where their money has left in another currency", () => {
    const sale = inSettlement(saleOf([10_000], usd(10_831)), SETTINGS);
    const row = aRow({ category: "refund", gross: eur(-10_000) });
    const refund = aRefund({ amount: eur(10_000), row });

    expect(refundsInSettlement([refund], sale)).toEqual([refund]);
  });

  test("name their lines with amounts of what was charged", () => {
    const sale = inSettlement(saleOf([6_000, 4_000], usd(10_831)), SETTINGS);
    const metadata = { slipway_refund_lines: "1=20.00, 2=10.00" };
    const [refund] = refundsInSettlement([aRefundOf("re_1", 3_000, 3_249, { metadata })], sale);

    expect(legsOf(refund, sale)).toEqual({ DM: ["1095 3249"], CM: ["4190 2166", "4190 1083"] });
  });

  test("G49: what left the balance is less than the share: the rest is a gain", () => {
    const sale = inSettlement(saleOf([10_000], usd(10_831)), SETTINGS);
    const [refund] = refundsInSettlement([aRefundOf("re_1", 10_000, 10_702)], sale);

    expect(legsOf(refund, sale)).toEqual({
      DM: ["1095 10702", "6910 129"],
      CM: ["4190 10831"],
    });
  });

  test("G50: what left the balance is more than the share: the rest is a loss", () => {
    const sale = inSettlement(saleOf([10_000], usd(10_831)), SETTINGS);
    const [refund] = refundsInSettlement([aRefundOf("re_1", 10_000, 10_900)], sale);

    expect(legsOf(refund, sale)).toEqual({
      DM: ["1095 10900"],
      CM: ["4190 10831", "6920 69"],
    });
  });
});
