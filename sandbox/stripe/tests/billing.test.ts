import { expect, it } from "vitest";
import { expanded, openWorkbench, refusal } from "./workbench.ts";

async function draft(discount?: { percent_off?: number; amount_off?: number; currency?: string }) {
  const bench = await openWorkbench();
  const { stripe } = bench;
  const customer = await stripe.customers.create({
    name: "Jenny",
    payment_method: "pm_card_visa",
  });
  const rate = await stripe.taxRates.create({
    display_name: "Sales Tax",
    percentage: 8.25,
    inclusive: false,
  });
  const coupon = discount === undefined ? undefined : await stripe.coupons.create(discount);
  const invoice = await stripe.invoices.create({
    customer: customer.id,
    default_tax_rates: [rate.id],
    metadata: { DynamicsSL_OrderNbr: "O100" },
    ...(coupon === undefined ? {} : { discounts: [{ coupon: coupon.id }] }),
  });
  return { ...bench, customer, rate, invoice: invoice.id ?? "" };
}

it("a paid invoice joins its lines, its payment and its charge", async () => {
  const { stripe, invoice, customer } = await draft();
  await stripe.invoices.addLines(invoice, {
    lines: [
      { amount: 10_000, description: "Work" },
      {
        quantity: 3,
        price_data: { currency: "usd", unit_amount: 333, product: await product(stripe) },
      },
    ],
  });

  const paid = await stripe.invoices.pay(invoice, {
    payment_method: "pm_card_visa",
    expand: ["payments.data.payment.payment_intent.latest_charge", "total_taxes"],
  });

  expect(paid).toMatchObject({ status: "paid", subtotal: 10_999, total: 11_906 });
  expect(paid).toMatchObject({ amount_paid: 11_906, amount_remaining: 0 });
  expect(paid.number).toMatch(/-0001$/);
  const intent = expanded(paid.payments?.data[0]?.payment.payment_intent);
  expect(expanded(intent.latest_charge)).toMatchObject({ amount: 11_906, paid: true });
  expect(intent.customer).toBe(customer.id);
  const byIntent = await stripe.invoicePayments.list({
    payment: { type: "payment_intent", payment_intent: intent.id },
  });
  const byInvoice = await stripe.invoicePayments.list({ invoice });
  expect(byIntent.data).toMatchObject([{ invoice, status: "paid", amount_paid: 11_906 }]);
  expect(byInvoice.data[0]?.id).toBe(byIntent.data[0]?.id);
});

async function product(stripe: Awaited<ReturnType<typeof openWorkbench>>["stripe"]) {
  return (await stripe.products.create({ name: "Shirt", metadata: { InvtID: "SHIRT" } })).id;
}

it("lines carry price, discount and tax in the 2026 shape", async () => {
  const { stripe, invoice, rate } = await draft({ percent_off: 10 });
  const productId = await product(stripe);

  await stripe.invoices.addLines(invoice, {
    lines: [
      { quantity: 3, price_data: { currency: "usd", unit_amount: 3333, product: productId } },
    ],
  });

  const read = await stripe.invoices.retrieve(invoice);
  const [line] = read.lines.data;
  expect(line?.pricing?.price_details?.product).toBe(productId);
  expect(line?.amount).toBe(9999);
  expect(line?.discount_amounts).toMatchObject([{ amount: 1000 }]);
  expect(line?.taxes).toMatchObject([
    {
      amount: 742,
      tax_behavior: "exclusive",
      taxable_amount: 8999,
      tax_rate_details: { tax_rate: rate.id },
    },
  ]);
  expect(read).toMatchObject({ subtotal: 9999, total: 9741, total_excluding_tax: 8999 });
  expect(read.total_taxes).toMatchObject([{ amount: 742 }]);
});

it("an amount off is spread over the lines to the cent", async () => {
  const { stripe, invoice } = await draft({ amount_off: 100, currency: "usd" });

  await stripe.invoices.addLines(invoice, {
    lines: [{ amount: 333 }, { amount: 333 }, { amount: 334 }],
  });

  const read = await stripe.invoices.retrieve(invoice);
  const parts = read.lines.data.map((line) => line.discount_amounts?.[0]?.amount ?? 0);
  expect(parts.reduce((sum, part) => sum + part, 0)).toBe(100);
  expect(read.total_discount_amounts).toMatchObject([{ amount: 100 }]);
});

it("an invoice of nothing is paid at finalisation, without a charge", async () => {
  const { stripe, invoice, rows } = await draft();

  const finalized = await stripe.invoices.finalizeInvoice(invoice);

  expect(finalized).toMatchObject({ status: "paid", total: 0, amount_due: 0 });
  expect(await rows("charge")).toEqual([]);
  expect(await rows("invoice_payment")).toEqual([]);
});

it("the customer's credit pays first and is used up", async () => {
  const { stripe, invoice, customer } = await draft();
  await stripe.customers.update(customer.id, { balance: -3000 });
  await stripe.invoices.addLines(invoice, { lines: [{ amount: 10_000, tax_rates: [] }] });

  const open = await stripe.invoices.finalizeInvoice(invoice);

  expect(open).toMatchObject({ total: 10_825, amount_due: 7825, starting_balance: -3000 });
  expect(open.ending_balance).toBe(0);
  const after = await stripe.customers.retrieve(customer.id);
  expect(after).toMatchObject({ balance: 0 });
});

it("an invoice paid out of band has no charge and no invoice payment that is paid", async () => {
  const { stripe, invoice, rows } = await draft();
  await stripe.invoices.addLines(invoice, { lines: [{ amount: 500 }] });

  const paid = await stripe.invoices.pay(invoice, { paid_out_of_band: true });

  expect(paid).toMatchObject({ status: "paid", amount_paid: 541, amount_paid_off_stripe: 541 });
  expect(await rows("charge")).toEqual([]);
  const { data } = await stripe.invoicePayments.list({ invoice });
  expect(data.map((payment) => payment.status)).toEqual(["canceled"]);
});

it("two payments can pay one invoice", async () => {
  const { stripe, invoice } = await draft();
  await stripe.invoices.addLines(invoice, { lines: [{ amount: 10_000 }] });
  await stripe.invoices.finalizeInvoice(invoice);
  const part = await stripe.paymentIntents.create({
    amount: 4000,
    currency: "usd",
    payment_method: "pm_card_visa",
    confirm: true,
  });

  const partly = await stripe.invoices.attachPayment(invoice, { payment_intent: part.id });
  const paid = await stripe.invoices.pay(invoice, { payment_method: "pm_card_visa" });

  expect(partly).toMatchObject({ status: "open", amount_paid: 4000, amount_remaining: 6825 });
  expect(paid).toMatchObject({ status: "paid", amount_paid: 10_825 });
  const { data } = await stripe.invoicePayments.list({ invoice, status: "paid" });
  expect(data.map((payment) => payment.amount_paid).toSorted()).toEqual([4000, 6825]);
});

it("a void invoice calls its payment off", async () => {
  const { stripe, invoice } = await draft();
  await stripe.invoices.addLines(invoice, { lines: [{ amount: 500 }] });
  await stripe.invoices.finalizeInvoice(invoice);

  const voided = await stripe.invoices.voidInvoice(invoice);

  expect(voided.status).toBe("void");
  const [payment] = (await stripe.invoicePayments.list({ invoice })).data;
  expect(payment?.status).toBe("canceled");
  const error = await refusal(stripe.invoices.pay(invoice, { payment_method: "pm_card_visa" }));
  expect(error.statusCode).toBe(400);
});

it("a declined payment leaves the invoice open and says so", async () => {
  const { stripe, invoice } = await draft();
  await stripe.invoices.addLines(invoice, { lines: [{ amount: 500 }] });

  const error = await refusal(
    stripe.invoices.pay(invoice, { payment_method: "pm_card_chargeDeclined" }),
  );

  expect(error.statusCode).toBe(402);
  const read = await stripe.invoices.retrieve(invoice);
  expect(read).toMatchObject({ status: "open", attempt_count: 1, amount_paid: 0 });
  const { data } = await stripe.events.list({ type: "invoice.payment_failed" });
  expect(data).toHaveLength(1);
  await stripe.invoices.pay(invoice, { payment_method: "pm_card_visa" });
  expect((await stripe.invoices.retrieve(invoice)).status).toBe("paid");
});

it("a paid invoice tells of itself in Stripe's order", async () => {
  const { stripe, invoice } = await draft();
  await stripe.invoices.addLines(invoice, { lines: [{ amount: 500 }] });

  await stripe.invoices.pay(invoice, { payment_method: "pm_card_visa" });

  const types = (await stripe.events.list({ limit: 100 })).data.map((event) => event.type);
  expect(types.toReversed().slice(3)).toEqual([
    "invoice.updated",
    "payment_intent.created",
    "invoice.finalized",
    "charge.succeeded",
    "payment_intent.succeeded",
    "invoice.paid",
    "invoice.payment_succeeded",
    "invoice_payment.paid",
  ]);
});

it("a completed checkout adds up lines, discount, shipping and tax", async () => {
  const { stripe, admin } = await openWorkbench();
  const coupon = await stripe.coupons.create({ percent_off: 10 });
  const session = await stripe.checkout.sessions.create({
    mode: "payment",
    success_url: "https://example.com/done",
    customer_creation: "always",
    discounts: [{ coupon: coupon.id }],
    payment_intent_data: { metadata: { order_id: "77" } },
    line_items: [
      {
        quantity: 2,
        price_data: { currency: "usd", unit_amount: 1050, product_data: { name: "Shirt" } },
      },
    ],
    shipping_options: [
      {
        shipping_rate_data: {
          display_name: "Ground",
          type: "fixed_amount",
          fixed_amount: { amount: 500, currency: "usd" },
        },
      },
    ],
  });
  expect(session).toMatchObject({ status: "open", payment_intent: null, amount_total: 2390 });

  await admin(`/checkout/${session.id}/complete`, {
    email: "shopper@example.com",
    line_taxes: [156],
    shipping_tax: 41,
  });

  const done = await stripe.checkout.sessions.retrieve(session.id, {
    expand: ["line_items.data.taxes", "payment_intent.latest_charge", "customer"],
  });
  expect(done).toMatchObject({ status: "complete", payment_status: "paid", amount_total: 2587 });
  expect(done).toMatchObject({
    amount_subtotal: 2100,
    total_details: { amount_discount: 210, amount_shipping: 500, amount_tax: 197 },
  });
  expect(done.line_items?.data).toMatchObject([
    { amount_subtotal: 2100, amount_discount: 210, amount_tax: 156, amount_total: 2046 },
  ]);
  expect(done.shipping_cost).toMatchObject({ amount_tax: 41, amount_total: 541 });
  const intent = expanded(done.payment_intent);
  expect(intent).toMatchObject({ amount: 2587, metadata: { order_id: "77" } });
  expect(expanded(intent.latest_charge).metadata).toEqual({ order_id: "77" });
  expect(expanded(done.customer)).toMatchObject({ email: "shopper@example.com" });
  const found = await stripe.checkout.sessions.list({ payment_intent: intent.id });
  expect(found.data.map((row) => row.id)).toEqual([session.id]);
  const lines = await stripe.checkout.sessions.listLineItems(session.id);
  expect(lines.data).toHaveLength(1);
});

it("a checkout that makes an invoice ties it to the payment", async () => {
  const { stripe, admin } = await openWorkbench();
  const session = await stripe.checkout.sessions.create({
    mode: "payment",
    success_url: "https://example.com/done",
    invoice_creation: { enabled: true, invoice_data: { metadata: { from: "checkout" } } },
    line_items: [
      {
        quantity: 1,
        price_data: { currency: "usd", unit_amount: 1000, product_data: { name: "Shirt" } },
      },
    ],
  });

  await admin(`/checkout/${session.id}/complete`, { email: "shopper@example.com" });

  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ["invoice"] });
  const invoice = expanded(done.invoice);
  expect(invoice).toMatchObject({ status: "paid", total: 1000, metadata: { from: "checkout" } });
  const { data } = await stripe.invoicePayments.list({ invoice: invoice.id ?? "" });
  expect(data.map((payment) => payment.payment.payment_intent)).toEqual([done.payment_intent]);
});

it("an invoice of a customer with a test clock is dated by it", async () => {
  const { stripe } = await openWorkbench();
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: 1_700_000_000 });
  const customer = await stripe.customers.create({ test_clock: clock.id });
  await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: 1_700_086_400 });

  const invoice = await stripe.invoices.create({ customer: customer.id });
  const finalized = await stripe.invoices.finalizeInvoice(invoice.id ?? "");

  expect(finalized).toMatchObject({ created: 1_700_086_400, effective_at: 1_700_086_400 });
});
