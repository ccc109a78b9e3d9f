import { describe, expect, test } from "vitest";
import { metadataChange, plannedMetadata, type WrittenDocuments } from "./plan.ts";

const settings = {
  metadata: {
    customerId: "DynamicsSL_CustomerID",
    orderNumber: "DynamicsSL_OrderNbr",
    invoiceNumber: "DynamicsSL_InvoiceNbr",
    paymentNumber: "DynamicsSL_PaymentNbr",
    batchNumber: "DynamicsSL_BatchNbr",
  },
  fields: { toStripe: [{ from: "Invoice.PerPost", toMetadata: "sl_period" }] },
};
const written = { customerId: "C300", period: "202603", documentDate: "2026-03-10" };
const documents: WrittenDocuments = {
  customerId: "C300",
  invoices: [{ ...written, refNbr: "000123", batNbr: "000411" }],
  payment: { ...written, refNbr: "KY3E3RUCE5", batNbr: "000412" },
  columns: { "Invoice.DocBal": "0.00", "Customer.Territory": "" },
};

describe("planned metadata", () => {
  test("names customer, invoice, payment, the payment's batch and mapped fields", () => {
    expect(plannedMetadata(documents, settings)).toEqual({
      DynamicsSL_CustomerID: "C300",
      DynamicsSL_InvoiceNbr: "000123",
      DynamicsSL_PaymentNbr: "KY3E3RUCE5",
      DynamicsSL_BatchNbr: "000412",
      sl_period: "202603",
    });
  });

  test("holds what SL's columns hold, and nothing for an empty one", () => {
    const toStripe = [
      { from: "Invoice.DocBal", toMetadata: "sl_open" },
      { from: "Customer.Territory", toMetadata: "sl_territory" },
    ];
    const planned = plannedMetadata(documents, { ...settings, fields: { toStripe } });

    expect(planned).toMatchObject({ sl_open: "0.00" });
    expect(planned).not.toHaveProperty("sl_territory");
  });

  test("leaves out what is not known instead of removing it at Stripe", () => {
    const planned = plannedMetadata({ ...documents, invoices: [] }, settings);

    expect(planned).toEqual({
      DynamicsSL_CustomerID: "C300",
      DynamicsSL_PaymentNbr: "KY3E3RUCE5",
      DynamicsSL_BatchNbr: "000412",
    });
  });

  test("a mapped field cannot overrule a fixed key", () => {
    const fields = { toStripe: [{ from: "Invoice.PerPost", toMetadata: "DynamicsSL_InvoiceNbr" }] };
    const planned = plannedMetadata(documents, { ...settings, fields });

    expect(planned).toMatchObject({ DynamicsSL_InvoiceNbr: "000123" });
  });

  test("keeps within Stripe's 500 characters a value and 40 a key", () => {
    const fields = { toStripe: [{ from: "Invoice.PerPost", toMetadata: "k".repeat(41) }] };
    const planned = plannedMetadata(
      { ...documents, customerId: "x".repeat(600) },
      { ...settings, fields },
    );

    expect(Object.values(planned).map((value) => value.length)).toEqual([500, 6, 10, 6]);
  });
});

test("several invoices of an order are parted by commas, whole numbers only", () => {
  const [first] = documents.invoices;
  const invoices = Array.from({ length: 80 }, (_, at) => ({
    ...(first ?? { ...written, batNbr: "" }),
    refNbr: `I${String(at).padStart(6, "0")}`,
  }));
  const planned = plannedMetadata({ ...documents, orderNumber: "O1005215", invoices }, settings);

  expect(planned.DynamicsSL_OrderNbr).toBe("O1005215");
  expect(planned.DynamicsSL_InvoiceNbr?.startsWith("I000000, I000001, ")).toBe(true);
  expect(planned.DynamicsSL_InvoiceNbr).toHaveLength(55 * 9 - 2);
});

test("payments of a charge that many customers share are told by whole numbers only", () => {
  const paymentNumbers = Array.from({ length: 50 }, (_, at) => `KY3E3RUC${at + 10}`);
  const planned = plannedMetadata({ ...documents, paymentNumbers }, settings);

  expect(planned.DynamicsSL_PaymentNbr).toBe(paymentNumbers.slice(0, 41).join(", "));
});

describe("a change", () => {
  test("is empty when a value that was cut comes back", () => {
    const toStripe = [{ from: "Invoice.DocDesc", toMetadata: "sl_text" }];
    const planned = plannedMetadata(
      { ...documents, columns: { "Invoice.DocDesc": "x".repeat(501) } },
      { ...settings, fields: { toStripe } },
    );

    expect(planned.sl_text).toHaveLength(500);
    expect(metadataChange({ ...planned }, planned).changes).toEqual({});
  });

  test("holds only what differs", () => {
    const change = metadataChange({ a: "1", b: "2", theirs: "x" }, { a: "1", b: "3", c: "4" });

    expect(change).toEqual({ changes: { b: "3", c: "4" }, notes: [] });
  });

  test("is empty when our own value comes back", () => {
    const planned = plannedMetadata(documents, settings);

    expect(metadataChange(planned, planned).changes).toEqual({});
  });

  test("updates at 50 keys but adds none, and says so", () => {
    const present = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`k${at}`, "v"]));
    const change = metadataChange(present, { k0: "new", extra: "1" });

    expect(change.changes).toEqual({ k0: "new" });
    expect(change.notes).toEqual(["Metadata extra was not written: Stripe keeps 50 keys at most."]);
  });
});
