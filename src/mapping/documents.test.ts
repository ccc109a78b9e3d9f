import { describe, expect, test } from "vitest";
import { money } from "../base/money.ts";
import { mapInvoice, mapPayment, ownedRows } from "./index.ts";
import {
  aCustomer,
  aLine,
  anInvoiceContext,
  aPayment,
  aRow,
  aSale,
  someSettings,
  usd,
} from "./testing/builders.ts";

const invoiceContext = anInvoiceContext();
const paymentContext = {
  settings: someSettings(),
  key: "IT4PQTTDTWAMU52GWG2TNZ6DAP",
  customer: aCustomer(),
  period: "202603",
  invoice: {
    refNbr: "000123",
    balance: usd(10825),
    receivable: { account: "1210", subaccount: "0" },
  },
  slDecimals: 2,
  numberTry: 0,
};

function coded(code: string): Error {
  return expect.objectContaining({ code }) as Error;
}

describe("an invoice", () => {
  test("is dated by the Stripe invoice and due by the terms", () => {
    const sale = aSale({ document: { effectiveAt: new Date("2026-03-02T04:00:00Z") } });

    expect(mapInvoice(sale, invoiceContext).draft).toMatchObject({
      documentDate: "2026-03-01",
      dueDate: "2026-03-31",
      period: "202603",
    });
  });

  test("carries number, order number and links", () => {
    const sale = aSale({
      invoiceId: "in_1",
      document: { identity: "in_1", number: "INV-0001" },
      metadata: { order_id: "SO-2026-000000000000000017" },
      livemode: true,
    });
    const { draft } = mapInvoice(sale, invoiceContext);

    expect(draft.description).toBe("Stripe INV-0001");
    expect(draft.orderNumber).toBe("SO-2026-00000000000000001");
    expect(draft.note.split("\n")).toEqual([
      "Stripe invoice in_1",
      "Stripe invoice number INV-0001",
      "Stripe payment intent pi_1",
      "Stripe customer cus_1",
      "https://dashboard.stripe.com/invoices/in_1",
      "Order number in full: SO-2026-000000000000000017",
      "Booked by Slipway for pair acme-us, mapping version 1",
    ]);
  });

  test("keeps long line descriptions in its note", () => {
    const description = "Consulting in the month of March, on site in Łódź";
    const sale = aSale({ document: { lines: [aLine({ description, tax: usd(825) })] } });
    const { draft } = mapInvoice(sale, invoiceContext);

    expect(draft.lines[0]?.description).toBe("Consulting in the month of Mar");
    expect(draft.note).toContain(`Line 1 in full: ${description}`);
  });

  test("hits the pair's receivable account when SL's customer has none", () => {
    const customer = aCustomer({ receivable: { account: "", subaccount: "" } });

    expect(mapInvoice(aSale(), { ...invoiceContext, customer }).draft.receivable.account).toBe(
      "1200",
    );
  });

  test("marked as paid outside Stripe stays open for the site's own receipt", () => {
    const withoutCharge = { customerBalance: usd(0), outOfBand: usd(10825), creditNotes: usd(0) };
    const sale = aSale({
      document: { withoutCharge, effectiveAt: new Date("2026-03-17T12:00:00Z") },
      payments: [],
    });
    const { draft, notes } = mapInvoice(sale, invoiceContext);

    expect(draft).toMatchObject({ total: usd(10825), documentDate: "2026-03-17" });
    expect(notes.join()).toContain("108.25 was marked as paid outside Stripe");
  });

  test("partly settled by an older debt is parked", () => {
    const nothing = { outOfBand: usd(0), creditNotes: usd(0) };
    const withoutCharge = { ...nothing, customerBalance: usd(-3000) };
    const sale = aSale({ document: { withoutCharge } });

    expect(() => mapInvoice(sale, invoiceContext)).toThrow(
      /30\.00 of pi_1 (?:is|was) .*no document to apply/,
    );
  });

  test("is the same draft each time it is mapped", () => {
    expect(mapInvoice(aSale(), invoiceContext)).toEqual(mapInvoice(aSale(), invoiceContext));
  });

  test("of nothing is refused", () => {
    const sale = aSale({ document: { total: usd(0) } });

    expect(() => mapInvoice(sale, invoiceContext)).toThrow(coded("mapping.amount_out_of_range"));
  });

  test("G14 of nothing is booked where the pair says so, at nothing", () => {
    const settings = someSettings({ "zero-invoice": "book" });
    const lines = [aLine({ gross: usd(0) })];
    const effectiveAt = new Date("2026-03-17T12:00:00Z");
    const document = { source: "invoice", lines, total: usd(0), effectiveAt } as const;

    const { draft } = mapInvoice(aSale({ document, payments: [] }), {
      ...invoiceContext,
      settings,
    });

    expect(draft).toMatchObject({ total: usd(0), lines: [{ amount: usd(0) }] });
  });

  test("with instalment terms is refused", () => {
    const terms = { termsId: "M1", dueDays: 0, isInstalment: true };

    expect(() => mapInvoice(aSale(), { ...invoiceContext, terms })).toThrow(
      coded("config.invalid"),
    );
  });
});

describe("a payment", () => {
  test("has the number that its key gives, and another one for another try", () => {
    const numbers = [0, 1].map(
      (numberTry) => mapPayment(aSale(), aPayment(), { ...paymentContext, numberTry }).draft.refNbr,
    );

    expect(numbers[0]).toBe("KY3E3RUCE5");
    expect(numbers[1]).not.toBe(numbers[0]);
  });

  test("is applied on the invoice's own receivable account", () => {
    const { draft } = mapPayment(aSale(), aPayment(), paymentContext);

    expect(draft.applications).toEqual([
      {
        invoiceRefNbr: "000123",
        amount: usd(10825),
        receivable: { account: "1210", subaccount: "0" },
      },
    ]);
  });

  test("never applies more than the invoice has open", () => {
    const invoice = { ...paymentContext.invoice, balance: usd(10000) };
    const { draft, notes } = mapPayment(aSale(), aPayment(), { ...paymentContext, invoice });

    expect(draft.applications[0]?.amount).toEqual(usd(10000));
    expect(draft.amount).toEqual(usd(10825));
    expect(notes.join()).toContain("8.25 stays unapplied");
  });

  test("of a closed invoice stays unapplied in full", () => {
    const invoice = { ...paymentContext.invoice, balance: usd(0) };

    expect(
      mapPayment(aSale(), aPayment(), { ...paymentContext, invoice }).draft.applications,
    ).toEqual([]);
  });

  test("whose rows miss its amount by a cent parks", () => {
    const payment = aPayment({ rows: [aRow({ gross: usd(10824) })] });

    expect(() => mapPayment(aSale(), payment, paymentContext)).toThrow(
      coded("mapping.amount_out_of_range"),
    );
  });

  test("settled in another currency parks in words", () => {
    const payment = aPayment({ rows: [aRow({ gross: money(10001, "EUR") })] });

    expect(() => mapPayment(aSale(), payment, paymentContext)).toThrow(/settled in EUR/);
  });

  test("owns neither fees nor rows of other documents", () => {
    const refund = aRow({ id: "txn_9", category: "refund", gross: usd(-500) });
    const owners = ownedRows(aPayment({ rows: [aRow(), refund] }));

    expect(owners).toEqual([{ rowId: "txn_1", part: "gross" }]);
  });

  test("fits long ids into 30 characters and names them in full in the note", () => {
    const chargeId = `py_${"a".repeat(60)}`;
    const { draft } = mapPayment(aSale(), aPayment({ chargeId }), paymentContext);

    expect(draft.stripeId).toHaveLength(30);
    expect(draft.note).toContain(`Stripe charge ${chargeId}`);
  });
});
