import { describe, expect, test } from "vitest";
import { money } from "../base/money.ts";
import type { Sale } from "../canonical/sale.ts";
import type { DocumentReading } from "../erp/port.ts";
import { changedMetadata, compareMetadata } from "./metadata-change.ts";
import { plannedMetadata, type WritebackSources, type WrittenDocument } from "./plan.ts";

const written: WrittenDocument = {
  type: "IN",
  customerId: "C300",
  refNbr: "000123",
  batNbr: "000411",
  period: "202603",
  documentDate: "2026-03-10",
};
const payment = { ...written, type: "PA", refNbr: "KY3E3RUCE5", batNbr: "000412" };
const settings = {
  metadata: {
    customerId: "DynamicsSL_CustomerID",
    invoiceNumber: "DynamicsSL_InvoiceNbr",
    paymentNumber: "DynamicsSL_PaymentNbr",
    batchNumber: "DynamicsSL_BatchNbr",
  },
  fields: { toStripe: [] as { from: string; toMetadata: string }[] },
};

function plan(change: {
  customer?: string | undefined;
  payments?: WrittenDocument[];
  toStripe?: typeof settings.fields.toStripe;
  read?: WritebackSources["readReleased"];
}) {
  const buyer = { stripeCustomerId: "customer" in change ? change.customer : "cus_1" };
  return plannedMetadata({
    sale: { document: { identity: "pi_1" }, buyer } as Sale,
    booked: {
      customer: { customerId: "C300" },
      invoice: written,
      payments: change.payments ?? [payment],
    },
    settings: { ...settings, fields: { toStripe: change.toStripe ?? [] } },
    readReleased: change.read ?? (() => Promise.reject(new Error("nothing needs to be read"))),
  });
}

describe("planned metadata", () => {
  test("tells the PaymentIntent SL's numbers and the customer its SL id", async () => {
    expect(await plan({})).toEqual([
      {
        objectId: "pi_1",
        changes: {
          DynamicsSL_CustomerID: "C300",
          DynamicsSL_InvoiceNbr: "000123",
          DynamicsSL_PaymentNbr: "KY3E3RUCE5",
          DynamicsSL_BatchNbr: "000412",
        },
      },
      { objectId: "cus_1", changes: { DynamicsSL_CustomerID: "C300" } },
    ]);
  });

  test("has no customer to tell for a guest", async () => {
    expect((await plan({ customer: undefined })).map((one) => one.objectId)).toEqual(["pi_1"]);
  });

  test("names several payments side by side", async () => {
    const second = { ...payment, refNbr: "ABCDEFGHIJ", batNbr: "000413" };
    const [document] = await plan({ payments: [payment, second] });

    expect(document?.changes).toMatchObject({
      DynamicsSL_PaymentNbr: "KY3E3RUCE5,ABCDEFGHIJ",
      DynamicsSL_BatchNbr: "000412,000413",
    });
  });

  test("keeps whole numbers only where 500 characters do not hold them all", async () => {
    const many = Array.from({ length: 60 }, (_, at) => ({
      ...payment,
      refNbr: `N${String(at).padStart(9, "0")}`,
    }));
    const numbers = (await plan({ payments: many }))[0]?.changes.DynamicsSL_PaymentNbr ?? "";

    expect(numbers.length).toBeLessThanOrEqual(500);
    expect(numbers).toMatch(/^(N\d{9},)+N\d{9}$/);
  });

  test("leaves out what is not known instead of removing it at Stripe", async () => {
    const [document] = await plan({ payments: [] });

    expect(document?.changes).toEqual({
      DynamicsSL_CustomerID: "C300",
      DynamicsSL_InvoiceNbr: "000123",
      DynamicsSL_BatchNbr: "000411",
    });
  });

  test("carries mapped fields, which cannot overrule a fixed key", async () => {
    const toStripe = [
      { from: "Invoice.PerPost", toMetadata: "sl_period" },
      { from: "Invoice.PerPost", toMetadata: "DynamicsSL_InvoiceNbr" },
      { from: "Customer.CustId", toMetadata: "sl_customer" },
    ];
    const [document, customer] = await plan({ toStripe });

    expect(document?.changes).toMatchObject({
      sl_period: "202603",
      DynamicsSL_InvoiceNbr: "000123",
    });
    expect(customer?.changes).toEqual({ DynamicsSL_CustomerID: "C300", sl_customer: "C300" });
  });

  test("reads SL only for a field that the receipt does not hold", async () => {
    const reading = { amount: money(10825, "USD") } as DocumentReading;
    const toStripe = [{ from: "Invoice.CuryOrigDocAmt", toMetadata: "sl_amount" }];
    const [document] = await plan({ toStripe, read: () => Promise.resolve(reading) });

    expect(document?.changes.sl_amount).toBe("108.25");
  });
});

describe("a change", () => {
  test("holds only what differs", () => {
    expect(changedMetadata({ a: "1", b: "2", theirs: "x" }, { a: "1", b: "3", c: "4" })).toEqual({
      b: "3",
      c: "4",
    });
  });

  test("is empty when our own value comes back", async () => {
    const [document] = await plan({});

    expect(changedMetadata(document?.changes ?? {}, document?.changes ?? {})).toEqual({});
  });

  test("updates at 50 keys but adds none, and says which", () => {
    const present = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`k${at}`, "v"]));

    expect(compareMetadata(present, { k0: "new", extra: "1" })).toEqual({
      changes: { k0: "new" },
      leftOut: ["extra"],
    });
  });
});
