import { describe, expect, test } from "vitest";
import { money } from "../base/money.ts";
import type { Sale } from "../canonical/sale.ts";
import { mapInvoice, mapPayment, mapReturn, ownedRows } from "./index.ts";
import {
  aCustomer,
  aLine,
  anInvoiceContext,
  aPayment,
  aRow,
  aSale,
  entriesOf,
  someSettings,
  usd,
} from "./testing/builders.ts";

// The examples of the booking rules, section 17, about money that comes late, goes again, or never
// was a charge. 1095 is clearing, 1200 AR, 4000 sales.

const settings = someSettings();
const customer = aCustomer();
const receivable = customer.receivable;

function invoiceOf(sale: Sale) {
  return mapInvoice(sale, anInvoiceContext()).draft;
}

function paymentOf(sale: Sale, open: { invoice: number; memos?: readonly number[] }) {
  const [payment = aPayment()] = sale.payments;
  const memos = (open.memos ?? []).map((balance, nr) => ({
    refNbr: `00020${nr}`,
    balance: usd(balance),
    receivable,
  }));
  return mapPayment(sale, payment, {
    settings,
    key: "P".repeat(26),
    customer,
    period: "202603",
    invoice: { refNbr: "000123", balance: usd(open.invoice), receivable },
    memos,
    slDecimals: 2,
    numberTry: 0,
  }).draft;
}

function aSaleOf(minor: number, day: string, change: Partial<Sale["document"]> = {}): Sale {
  const rows = [aRow({ gross: usd(minor), created: new Date(`${day}T15:00:00Z`) })];
  return aSale({
    document: {
      identity: "in_1",
      source: "invoice",
      lines: [aLine({ gross: usd(minor) })],
      total: usd(minor),
      ...change,
    },
    payments: [aPayment({ amount: usd(minor), rows })],
  });
}

const returnedOn = (day: string, minor: number) =>
  aRow({
    id: "txn_2",
    category: "charge_failure",
    gross: usd(-minor),
    fee: usd(0),
    created: new Date(`${day}T15:00:00Z`),
  });

function returnOf(
  minor: number,
  day: string,
  change: Partial<Parameters<typeof mapReturn>[2]> = {},
) {
  return mapReturn(aPayment({ amount: usd(minor) }), returnedOn(day, minor), {
    settings,
    key: "R".repeat(26),
    customer,
    period: "202603",
    slDecimals: 2,
    amount: usd(minor),
    invoice: { refNbr: "000123", dueDate: "2026-04-01" },
    terms: "01",
    livemode: false,
    ...change,
  }).draft;
}

describe("G8 a bank debit that is returned after success", () => {
  test("is a debit memo on clearing that names the invoice and its due date", () => {
    const memo = returnOf(20_000, "2026-03-25");

    expect(memo).toMatchObject({
      kind: "memo",
      type: "DM",
      total: usd(20_000),
      receivable: { account: "1200" },
      documentDate: "2026-03-25",
      dueDate: "2026-04-01",
      original: "000123",
      description: "Returned pmt for IN 000123",
    });
    expect(entriesOf(memo.lines)).toEqual(["1095 20000"]);
  });

  test("parks where the bank took back something else than what was paid", () => {
    const paid = aPayment({ amount: usd(20_000) });

    expect(() =>
      mapReturn(paid, returnedOn("2026-03-25", 19_999), {
        settings,
        key: "R".repeat(26),
        customer,
        period: "202603",
        slDecimals: 2,
        amount: usd(20_000),
        invoice: { refNbr: "", dueDate: "" },
        terms: "01",
        livemode: false,
      }),
    ).toThrow(expect.objectContaining({ code: "mapping.amount_out_of_range" }) as Error);
  });
});

describe("a payment in another currency that its bank takes back", () => {
  const eur = money(20_000, "EUR");
  const paid = aPayment({ amount: eur });
  const backFor = (minor: number, booked = eur) =>
    mapReturn(paid, returnedOn("2026-03-25", minor), {
      ...{ settings, key: "R".repeat(26), customer, period: "202603", slDecimals: 2 },
      ...{ amount: booked, invoice: { refNbr: "", dueDate: "" }, terms: "01", livemode: false },
    }).draft;

  test("is owed in what was charged, whatever its row moved", () => {
    expect(backFor(21_450)).toMatchObject({ currency: "EUR", total: eur, dueDate: "2026-03-25" });
  });

  test("is owed at what was settled only where exactly that goes back", () => {
    expect(backFor(21_662, usd(21_662)).total).toEqual(usd(21_662));
    expect(() => backFor(21_661, usd(21_662))).toThrow("its bank took back 216.61 USD");
  });

  test("parks where its row brings money", () => {
    expect(() => backFor(-21_662)).toThrow("its bank took back -216.62 USD");
  });
});

test("G12 an invoice that credit has paid in part is booked in full", () => {
  const withoutCharge = { customerBalance: usd(3_000), outOfBand: usd(0), creditNotes: usd(0) };
  const sale = aSaleOf(7_000, "2026-03-16", {
    lines: [aLine({ gross: usd(10_000) })],
    total: usd(10_000),
    withoutCharge,
  });

  expect(invoiceOf(sale)).toMatchObject({ total: usd(10_000), receivable: { account: "1200" } });
  expect(paymentOf(sale, { invoice: 10_000 })).toMatchObject({
    amount: usd(7_000),
    applications: [{ invoiceRefNbr: "000123", amount: usd(7_000) }],
  });
});

test("G13 an invoice that was paid out of band is booked in full", () => {
  const withoutCharge = { customerBalance: usd(0), outOfBand: usd(25_000), creditNotes: usd(0) };
  const sale = aSaleOf(25_000, "2026-03-17", {
    withoutCharge,
    effectiveAt: new Date("2026-03-17T12:00:00Z"),
  });

  const draft = invoiceOf({ ...sale, payments: [] });

  expect(draft).toMatchObject({ total: usd(25_000), documentDate: "2026-03-17" });
});

test("G56 a later charge pays the memo of the returned one, not the closed invoice", () => {
  const sale = aSaleOf(9_000, "2026-03-20");

  const memo = returnOf(9_000, "2026-03-12");
  const second = paymentOf(sale, { invoice: 0, memos: [9_000] });

  expect(entriesOf(memo.lines)).toEqual(["1095 9000"]);
  expect(second).toMatchObject({ cash: { account: "1095" }, documentDate: "2026-03-20" });
  expect(second.applications).toEqual([
    { type: "DM", invoiceRefNbr: "000200", amount: usd(9_000), receivable },
  ]);
  expect(sale.payments.flatMap(ownedRows)).toEqual([{ rowId: "txn_1", part: "gross" }]);
});

test("a charge pays what is open of the invoice before any memo, never more", () => {
  const sale = aSaleOf(9_000, "2026-03-20");

  const { applications } = paymentOf(sale, { invoice: 2_000, memos: [3_000, 500] });

  expect(applications.map(({ type = "IN", amount }) => [type, amount.minor])).toEqual([
    ["IN", 2_000n],
    ["DM", 3_000n],
    ["DM", 500n],
  ]);
});
