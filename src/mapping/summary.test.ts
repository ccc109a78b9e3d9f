import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { present } from "../base/assert.ts";
import { sum } from "../base/money.ts";
import type { Sale } from "../canonical/sale.ts";
import {
  accountsOf,
  type CollectedInvoice,
  type CollectedMemo,
  collectedOf,
  isCollected,
  isForSummary,
  mapInvoice,
  mapPayment,
  mapRefundCash,
  mapSummaryInvoice,
  mapSummaryMemo,
  mapSummaryPayment,
} from "./index.ts";
import {
  aCustomer,
  aLine,
  anInvoiceContext,
  aPayment,
  aRefund,
  aRow,
  aSale,
  entriesOf,
  someSettings,
  usd,
} from "./testing/builders.ts";

const settings = someSettings({
  ...{ summary: "daily", "customer.policy": "one-customer", "customer.named": "SHOP" },
  "customer.classes": [{ when: { country: "DE" }, class: "EXPORT", named: "EXPORTS" }],
});
const customer = aCustomer({ customerId: "SHOP" });
const terms = { termsId: "01", dueDays: 30, isInstalment: false };
const KEY = "S".repeat(26);
const of = { settings, customer, day: "2026-03-10", period: "202603", key: KEY, terms };

function soldFor(minor: bigint, taxMinor = 0n): Sale {
  const document = { total: usd(minor + taxMinor), source: "checkout" } as const;
  const lines = [aLine({ gross: usd(minor), tax: usd(taxMinor) })];
  const amount = usd(minor + taxMinor);
  const payments = [aPayment({ amount, rows: [aRow({ gross: amount })] })];
  return aSale({ document: { ...document, lines }, payments });
}

function invoiceOf(sale: Sale): CollectedInvoice {
  const { draft } = mapInvoice(sale, anInvoiceContext({ settings, customer }));
  return collectedOf(draft, []);
}

function paymentOf(sale: Sale) {
  const invoice = { refNbr: "", balance: sale.document.total, receivable: customer.receivable };
  const context = { settings, key: "P".repeat(26), customer, period: "202603", invoice };
  const payment = present(sale.payments[0], "A payment");
  const mapped = mapPayment(sale, payment, { ...context, slDecimals: 2, numberTry: 0 });
  return collectedOf(mapped.draft, ["txn_1"]);
}

function refundOf(minor: number): CollectedMemo {
  const refund = aRefund({ amount: usd(minor) });
  const context = { settings, key: "R".repeat(26), customer, period: "202603" };
  const more = { slDecimals: 2, terms: "01", original: "" };
  const row = present(refund.row, "A row");
  return collectedOf(mapRefundCash(refund, row, { ...context, ...more }).draft, ["txn_2"]);
}

describe("a day's invoice", () => {
  test("has a line for each account, over what all of its sales hit it with", () => {
    const sales = [soldFor(2_000n, 165n), soldFor(3_550n, 293n), soldFor(4_450n)];

    const { draft, notes } = mapSummaryInvoice(sales.map(invoiceOf), of);

    expect(draft).toMatchObject({
      kind: "invoice",
      key: KEY,
      stripeId: "day:2026-03-10",
      customerId: "SHOP",
      documentDate: "2026-03-10",
      dueDate: "2026-04-09",
      period: "202603",
      total: usd(10_458),
      description: "Stripe sales of 2026-03-10",
    });
    expect(entriesOf(draft.lines)).toEqual(["2200 458", "4000 10000"]);
    expect(draft.lines.map(({ itemId }) => itemId)).toEqual(["", ""]);
    expect(notes).toEqual(["3 sales of 2026-03-10"]);
  });

  test("leaves an account out that comes to nothing", () => {
    const [first, second] = [invoiceOf(soldFor(2_000n)), invoiceOf(soldFor(3_000n))];
    const rounding = { ...present(first.lines[0], "A line"), sales: settings.accounts.rounding };
    const withRounding = (minor: bigint, to: CollectedInvoice) => {
      return { ...to, lines: [...to.lines, { ...rounding, amount: usd(minor) }] };
    };

    const { draft } = mapSummaryInvoice([withRounding(1n, first), withRounding(-1n, second)], of);

    expect(entriesOf(draft.lines)).toEqual(["4000 5000"]);
  });

  test("names the first fifty of its sales in its note, and counts the others", () => {
    const many = Array.from({ length: 52 }, (_, at) => {
      return { ...invoiceOf(soldFor(100n)), stripeId: `pi_${at}` };
    });

    const { note } = mapSummaryInvoice(many, of).draft;

    expect(note).toContain("Stripe sales of 2026-03-10, 52 parts: pi_0, pi_1,");
    expect(note).toContain("pi_49 and 2 more");
  });
});

describe("a day's payment", () => {
  test("is over all of its charges and pays its invoice in full", () => {
    const paid = [soldFor(2_000n), soldFor(3_550n)].map(paymentOf);
    const { cash } = present(paid[0], "A payment");
    const balance = usd(5_550);
    const invoice = { refNbr: "000123", balance, receivable: customer.receivable };

    const { draft } = mapSummaryPayment(paid, { ...of, invoice, numberTry: 0, cash });

    expect(draft).toMatchObject({ type: "PA", amount: balance, documentDate: "2026-03-10" });
    expect(draft.cash).toEqual(settings.accounts.clearing.USD);
    expect(draft.applications).toEqual([
      { invoiceRefNbr: "000123", amount: balance, receivable: customer.receivable },
    ]);
    expect(draft.refNbr).toMatch(/^[A-Z2-7]{10}$/);
  });

  test("applies nothing where it is applied later", () => {
    const paid = [paymentOf(soldFor(2_000n))];
    const { cash } = present(paid[0], "A payment");
    const context = { ...of, invoice: undefined, numberTry: 0, cash };

    expect(mapSummaryPayment(paid, context).draft.applications).toEqual([]);
  });
});

test("a day's memo of refunds has the terms of its type", () => {
  const memos = [refundOf(1_000), refundOf(2_500)];

  const { draft } = mapSummaryMemo(memos, { ...of, type: "DM" });

  expect(entriesOf(draft.lines)).toEqual(["1095 3500"]);
  expect(draft).toMatchObject({ type: "DM", terms: "01", dueDate: "2026-03-10", original: "" });
  expect(mapSummaryMemo(memos, { ...of, type: "CM" }).draft).toMatchObject({
    ...{ type: "CM", terms: "", dueDate: "" },
  });
});

test("a day's documents hit the receivable account that their parts were collected with", () => {
  const moved = aCustomer({
    ...{ customerId: "SHOP", receivable: { account: "1299", subaccount: "0" } },
  });
  const later = { ...of, customer: moved };

  const invoice = mapSummaryInvoice([invoiceOf(soldFor(2_000n))], later);
  const memo = mapSummaryMemo([refundOf(1_000)], { ...later, type: "DM" });

  expect(invoice.draft.receivable).toEqual(customer.receivable);
  expect(memo.draft.receivable).toEqual(customer.receivable);
});

test("whatever is sold, a day's invoice is over the sum of it, line by line", () => {
  const cents = fc.bigInt({ min: 1n, max: 10_000_000n });
  const sales = fc.array(fc.tuple(cents, fc.bigInt({ min: 0n, max: 900_000n })), {
    minLength: 1,
    maxLength: 40,
  });
  fc.assert(
    fc.property(sales, (all) => {
      const { draft } = mapSummaryInvoice(
        all.map(([net, tax]) => invoiceOf(soldFor(net, tax))),
        of,
      );
      const wanted = all.reduce((so, [net, tax]) => so + net + tax, 0n);
      expect(draft.total).toEqual(usd(wanted));
      const lines = draft.lines.map(({ amount }) => amount);
      expect(sum(lines, "USD")).toEqual(usd(wanted));
      const tax = draft.lines.find(({ sales: { account } }) => account === "2200");
      expect(tax?.amount.minor ?? 0n).toBe(all.reduce((so, [, one]) => so + one, 0n));
    }),
    { numRuns: 100 },
  );
});

test("what is collected keeps no date and no period of its own, and says whose rows it has", () => {
  const collected = paymentOf(soldFor(2_000n));

  expect(isCollected(collected)).toBe(true);
  expect(isCollected({ kind: "payment" })).toBe(false);
  expect(collected).toMatchObject({ kind: "collected", of: "payment", rows: ["txn_1"] });
  expect(collected).not.toHaveProperty("documentDate");
  expect(collected).not.toHaveProperty("period");
});

test("the accounts of a document are the same in whatever order its lines are", () => {
  const line = (account: string) => ({ sales: { account, subaccount: "0" } });
  const others = [{ account: "1095", subaccount: "0" }];

  const name = accountsOf([line("4000"), line("2200"), line("4000")], others);

  expect(name).toBe("1095/0 2200/0 4000/0");
  expect(accountsOf([line("2200"), line("4000")], others)).toBe(name);
});

describe("with summary: daily a sale is booked", () => {
  const isIn = (sale: Sale, on = "SHOP", by = settings) =>
    isForSummary(sale, { customerId: on }, by);

  test("with those of its day where a shopper has paid it at once", () => {
    expect(isIn(aSale())).toBe(true);
    expect(isIn(aSale(), "shop ")).toBe(true);
  });

  test.each<[string, Sale]>([
    ["it is a Stripe invoice", aSale({ document: { source: "invoice" } })],
    ["less was paid than was sold", aSale({ payments: [aPayment({ amount: usd(10_000) })] })],
    [
      "its bank has taken it back",
      aSale({ payments: [aPayment({ returned: aRow({ category: "charge_failure" }) })] }),
    ],
    ["it was in transit", aSale({ payments: [aPayment({ succeededAt: new Date() })] })],
    ["it is booked as what it was settled as", aSale({ presentment: aSale() })],
    ["nothing is paid yet", aSale({ payments: [] })],
  ])("by itself where %s", (_, sale) => {
    const rows = (one: Sale) => one.payments.map(({ amount }) => aRow({ gross: amount }));
    const payments = sale.payments.map((one, at) => ({ ...one, rows: [rows(sale)[at] ?? aRow()] }));

    expect(isIn({ ...sale, payments })).toBe(false);
  });

  test("by itself where it was paid on two days", () => {
    const half = (chargeId: string, day: string) => {
      const amount = usd(5_000);
      const created = new Date(`${day}T15:00:00Z`);
      return aPayment({ chargeId, amount, rows: [aRow({ gross: amount, created })] });
    };
    const total = usd(10_000);
    const on = (second: string) =>
      aSale({
        document: { total },
        payments: [half("ch_1", "2026-03-10"), half("ch_2", second)],
      });

    expect(isIn(on("2026-03-10"))).toBe(true);
    expect(isIn(on("2026-03-11"))).toBe(false);
  });

  test("by itself where it was settled in another currency, or names its own customer", () => {
    const settled = { minor: 9_000n, currency: "EUR" };
    const converted = aSale({ payments: [aPayment({ rows: [aRow({ gross: settled })] })] });

    expect(isIn(converted)).toBe(false);
    expect(isIn(aSale(), "C301")).toBe(false);
  });

  test("by itself while it is off", () => {
    const off = someSettings({ "customer.policy": "one-customer", "customer.named": "SHOP" });

    expect(isIn(aSale(), "SHOP", off)).toBe(false);
  });

  test("on the customer of its class", () => {
    const address = { ...aSale().buyer.address, country: "DE" };
    const export_ = aSale({ buyer: { ...aSale().buyer, address } });

    expect(isIn(export_, "EXPORTS")).toBe(true);
    expect(isIn(export_, "SHOP")).toBe(false);
  });
});
