import Stripe from "stripe";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openShop, type Shop, saleOf } from "./testing/shop.ts";

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());
beforeEach(async () => {
  await shop.admin("reset", {});
  shop.calls.length = 0;
});

async function openInvoice(customer: string, amounts: readonly number[]) {
  const invoice = await shop.stripe.invoices.create({ customer, metadata: { order_id: "SO-2" } });
  for (const amount of amounts) {
    const product = await shop.stripe.products.create({
      name: "Plan",
      metadata: { InvtID: "PLAN" },
    });
    await shop.stripe.invoiceItems.create({
      customer,
      invoice: invoice.id,
      price_data: {
        currency: "usd",
        product: product.id,
        unit_amount_decimal: Stripe.Decimal.from(amount),
      },
      quantity: 1,
    });
  }
  return shop.stripe.invoices.finalizeInvoice(invoice.id);
}

describe("a Stripe invoice", () => {
  test("that is paid is a sale; its PaymentIntent hands over", async () => {
    const customer = await shop.stripe.customers.create({ name: "Acme", email: "ap@acme.example" });
    const open = await openInvoice(customer.id, [20000, 10000]);
    await shop.stripe.invoices.pay(open.id, { payment_method: "pm_card_visa" });
    const sale = saleOf(await shop.port.readLane(open.id));
    const intentId = sale.paymentIntentId ?? "";

    expect(sale).toMatchObject({
      invoiceId: open.id,
      document: {
        identity: open.id,
        source: "invoice",
        number: open.number,
        total: { minor: 30000n },
        effectiveAt: expect.any(Date) as Date,
      },
      buyer: { stripeCustomerId: customer.id, name: "Acme", email: "ap@acme.example" },
      metadata: { order_id: "SO-2" },
      payments: [{ amount: { minor: 30000n }, paymentIntentId: intentId }],
    });
    expect(sale.document.lines.map((line) => line.productMetadata)).toEqual([
      { InvtID: "PLAN" },
      { InvtID: "PLAN" },
    ]);
    expect(await shop.port.readLane(intentId)).toEqual({ kind: "elsewhere", laneKey: open.id });
    expect(await shop.port.readLane(sale.payments[0]?.chargeId ?? "")).toEqual({
      kind: "elsewhere",
      laneKey: intentId,
    });
  });

  test("with tax and a discount adds up to its total", async () => {
    const customer = await shop.stripe.customers.create({ name: "Acme" });
    const rate = await shop.stripe.taxRates.create({
      display_name: "Tax",
      percentage: 8.25,
      inclusive: false,
    });
    const inclusive = await shop.stripe.taxRates.create({
      display_name: "VAT",
      percentage: 19,
      inclusive: true,
    });
    const coupon = await shop.stripe.coupons.create({ percent_off: 10 });
    const draft = await shop.stripe.invoices.create({
      customer: customer.id,
      discounts: [{ coupon: coupon.id }],
    });
    const product = await shop.stripe.products.create({ name: "Plan" });
    for (const tax of [rate.id, inclusive.id]) {
      await shop.stripe.invoiceItems.create({
        customer: customer.id,
        invoice: draft.id,
        price_data: {
          currency: "usd",
          product: product.id,
          unit_amount_decimal: Stripe.Decimal.from(9999),
        },
        tax_rates: [tax],
      });
    }
    const open = await shop.stripe.invoices.finalizeInvoice(draft.id);
    await shop.stripe.invoices.pay(open.id, { payment_method: "pm_card_visa" });
    const { document } = saleOf(await shop.port.readLane(open.id));
    const added = document.lines.reduce(
      (so, line) => so + line.gross.minor - line.discount.minor + line.tax.minor,
      0n,
    );

    expect(added - document.documentDiscount.minor).toBe(document.total.minor);
    expect(document.lines.every((line) => line.tax.minor > 0n && line.discount.minor > 0n)).toBe(
      true,
    );
  });

  test("paid in two parts is booked with the first, oldest first", async () => {
    const customer = await shop.stripe.customers.create({ name: "Acme" });
    const open = await openInvoice(customer.id, [30000]);
    const amounts: bigint[][] = [];
    for (const amount of [10000, 20000]) {
      const intent = await shop.pay({ amount, customer: customer.id });
      await shop.stripe.invoices.attachPayment(open.id, { payment_intent: intent.id });
      const sale = saleOf(await shop.port.readLane(open.id));
      amounts.push(sale.payments.map((payment) => payment.amount.minor));
      expect(sale.document.total.minor).toBe(30000n);
    }

    expect(amounts).toEqual([[10000n], [10000n, 20000n]]);
  });

  test("that is open is nothing yet", async () => {
    const customer = await shop.stripe.customers.create({ name: "Acme" });
    const open = await openInvoice(customer.id, [100]);

    expect(await shop.port.readLane(open.id)).toMatchObject({ kind: "nothing" });
  });

  test("that is void is nothing", async () => {
    const customer = await shop.stripe.customers.create({ name: "Acme" });
    const open = await openInvoice(customer.id, [100]);
    await shop.stripe.invoices.voidInvoice(open.id);

    expect(await shop.port.readLane(open.id)).toMatchObject({ kind: "nothing" });
  });

  test("marked as paid out of band is a sale without payments", async () => {
    const customer = await shop.stripe.customers.create({ name: "Acme" });
    const open = await openInvoice(customer.id, [25000]);
    await shop.stripe.invoices.pay(open.id, { paid_out_of_band: true });
    const sale = saleOf(await shop.port.readLane(open.id));

    expect(sale.payments).toEqual([]);
    expect(sale.document.withoutCharge.outOfBand.minor).toBe(25000n);
  });
});
