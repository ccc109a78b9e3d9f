import { describe, expect, test } from "vitest";
import type { Sale } from "../canonical/sale.ts";
import { mapInvoice, mapPayment, ownedRows } from "./index.ts";
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

// The examples of the booking rules, section 17, by their numbers. 1095 is clearing, 1200 AR,
// 4000 sales, 4100 shipping, 2200 tax, 8990 rounding.

const settings = someSettings();
const customer = aCustomer();

const terms = { termsId: "01", dueDays: 0, isInstalment: false };
const invoiceOf = (sale: Sale) => mapInvoice(sale, anInvoiceContext({ terms }));

function paymentsOf(sale: Sale) {
  return sale.payments.map((payment) =>
    mapPayment(sale, payment, {
      settings,
      key: "P".repeat(26),
      customer,
      period: "202603",
      invoice: {
        refNbr: "000123",
        balance: sale.document.total,
        receivable: customer.receivable,
      },
      slDecimals: 2,
      numberTry: 0,
    }),
  );
}

describe("G1 card charge with tax", () => {
  const sale = aSale();

  test("the invoice debits AR 108.25 and credits sales 100.00 and tax 8.25", () => {
    const { draft } = invoiceOf(sale);

    expect(draft).toMatchObject({
      kind: "invoice",
      total: usd(10825),
      receivable: { account: "1200" },
      documentDate: "2026-03-10",
      dueDate: "2026-03-10",
    });
    expect(entriesOf(draft.lines)).toEqual(["4000 10000", "2200 825"]);
  });

  test("the payment debits clearing 108.25, is applied in full, and leaves the fee alone", () => {
    const [payment] = paymentsOf(sale);

    expect(payment?.draft).toMatchObject({
      amount: usd(10825),
      cash: { account: "1095" },
      applications: [{ invoiceRefNbr: "000123", amount: usd(10825) }],
      documentDate: "2026-03-10",
    });
    expect(sale.payments.flatMap(ownedRows)).toEqual([{ rowId: "txn_1", part: "gross" }]);
  });
});

test("G2 a bare charge becomes one line of the default item", () => {
  const row = aRow({ gross: usd(2000), fee: usd(88) });
  const sale = aSale({
    document: { source: "bare", lines: [], total: usd(2000) },
    payments: [aPayment({ amount: usd(2000), rows: [row] })],
  });

  expect(entriesOf(invoiceOf(sale).draft.lines)).toEqual(["4000 2000"]);
  expect(invoiceOf(sale).draft.lines[0]?.itemId).toBe("CONSULT");
  expect(paymentsOf(sale)[0]?.draft.amount).toEqual(usd(2000));
});

test("G3 discount, shipping and a residue of one cent on its own line", () => {
  const sale = aSale({
    document: {
      lines: [aLine({ quantity: "3", gross: usd(9999), discount: usd(1000) })],
      shipping: usd(500),
      total: usd(9500),
    },
  });
  const { draft, notes } = invoiceOf(sale);

  expect(entriesOf(draft.lines)).toEqual(["4000 8999", "4100 500", "8990 1"]);
  expect(notes).toContain("Rounding of 0.01 booked on its own account.");
});

test("G4 lines that miss the total by 6 minor units are parked", () => {
  const lines = Array.from({ length: 8 }, () => aLine({ gross: usd(1000) }));
  const sale = aSale({ document: { lines, total: usd(8006) } });

  expect(() => invoiceOf(sale)).toThrow(
    expect.objectContaining({ code: "mapping.rounding_cap" }) as Error,
  );
});

test("G5 a partial capture books 80.00 and owns both rows", () => {
  const rows = [
    aRow({ gross: usd(12000), fee: usd(262) }),
    aRow({
      id: "txn_2",
      category: "partial_capture_reversal",
      gross: usd(-4000),
      fee: usd(0),
    }),
  ];
  const sale = aSale({
    document: { lines: [aLine({ gross: usd(8000) })], total: usd(8000) },
    payments: [aPayment({ amount: usd(8000), rows })],
  });
  const [payment] = paymentsOf(sale);

  expect(entriesOf(invoiceOf(sale).draft.lines)).toEqual(["4000 8000"]);
  expect(payment?.draft.amount).toEqual(usd(8000));
  expect(sale.payments.flatMap(ownedRows).map(({ rowId }) => rowId)).toEqual(["txn_1", "txn_2"]);
});

test("G11 one Stripe invoice with two payments gives one invoice and two payments", () => {
  const first = aPayment({
    amount: usd(10000),
    rows: [aRow({ gross: usd(10000), created: new Date("2026-03-15T12:00:00Z") })],
  });
  const second = aPayment({
    chargeId: "ch_2",
    amount: usd(20000),
    rows: [aRow({ id: "txn_2", gross: usd(20000), created: new Date("2026-03-20T12:00:00Z") })],
  });
  const sale = aSale({
    document: {
      identity: "in_1",
      source: "invoice",
      lines: [aLine({ gross: usd(30000) })],
      total: usd(30000),
    },
    payments: [second, first],
  });

  expect(invoiceOf(sale).draft).toMatchObject({ total: usd(30000), documentDate: "2026-03-15" });
  expect(paymentsOf(sale).map(({ draft }) => [draft.amount.minor, draft.documentDate])).toEqual([
    [20000n, "2026-03-20"],
    [10000n, "2026-03-15"],
  ]);
});
