import { expect, test } from "vitest";
import { columnReads } from "./columns.ts";

const written = { customerId: "C300", period: "202603", documentDate: "2026-03-10" };
const receipts = {
  customerId: "C300",
  invoices: [{ ...written, refNbr: "000123", batNbr: "000411" }],
  payment: { ...written, refNbr: "KY3E3RUCE5", batNbr: "000412" },
};
const INVOICE = { table: "ARDoc", screen: "invoice", batNbr: "000411", refNbr: "000123" };

function settings(...sources: readonly string[]) {
  return {
    metadata: {
      customerId: "c",
      orderNumber: "o",
      invoiceNumber: "i",
      paymentNumber: "p",
      batchNumber: "b",
    },
    fields: { toStripe: sources.map((from) => ({ from, toMetadata: `key of ${from}` })) },
  };
}

test("a record is read once for all its columns, under any of its names", () => {
  const wanted = settings("Invoice.DocBal", "ARDoc.User5", "Invoice.Terms");

  expect(columnReads(receipts, wanted)).toEqual([
    {
      record: INVOICE,
      columns: ["DocBal", "User5", "Terms"],
      names: ["Invoice.DocBal", "ARDoc.User5", "Invoice.Terms"],
    },
  ]);
});

test("payment, batch and customer are records of their own", () => {
  const reads = columnReads(
    receipts,
    settings("Payment.DocBal", "Batch.Status", "Customer.Territory"),
  );

  expect(reads.map(({ record }) => record)).toEqual([
    { table: "ARDoc", screen: "payment", batNbr: "000412", refNbr: "KY3E3RUCE5" },
    { table: "Batch", screen: "payment", batNbr: "000412" },
    { table: "Customer", customerId: "C300" },
  ]);
});

test("what a receipt knows is not asked of SL", () => {
  const wanted = settings("ARDoc.RefNbr", "Payment.PerPost", "Batch.BatNbr", "Customer.CustId");

  expect(columnReads(receipts, wanted)).toEqual([]);
});

test("what a receipt of a rebuild does not know is asked of SL", () => {
  const invoices = receipts.invoices.map((one) => ({ ...one, period: "", documentDate: "" }));
  const rebuilt = { ...receipts, invoices };

  const reads = columnReads(rebuilt, settings("Invoice.PerPost"));

  expect(reads.map(({ columns }) => columns)).toEqual([["PerPost"]]);
});

test("a sale without payment has its invoice's batch and no payment to read", () => {
  const unpaid = { ...receipts, payment: undefined };

  const reads = columnReads(unpaid, settings("Batch.Status", "Payment.DocBal"));

  expect(reads.map(({ record }) => record)).toEqual([
    { table: "Batch", screen: "invoice", batNbr: "000411" },
  ]);
});
