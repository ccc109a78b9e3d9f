import type Stripe from "stripe";
import { expect, it } from "vitest";
import { expanded, openWorkbench, refusal } from "./workbench.ts";

/** An open invoice of 2 x 50.00 with 10 % off and 20 % VAT on top: 108.00. */
async function openInvoice(stripe: Stripe) {
  const customer = await stripe.customers.create({ email: "jenny@example.com" });
  const rate = await stripe.taxRates.create({
    display_name: "VAT",
    percentage: 20,
    inclusive: false,
  });
  const coupon = await stripe.coupons.create({ percent_off: 10 });
  const price = await stripe.prices.create({
    currency: "usd",
    unit_amount: 5000,
    product_data: { name: "Shirt" },
  });
  const draft = await stripe.invoices.create({
    customer: customer.id,
    default_tax_rates: [rate.id],
    discounts: [{ coupon: coupon.id }],
  });
  const id = draft.id ?? "";
  await stripe.invoices.addLines(id, { lines: [{ pricing: { price: price.id }, quantity: 2 }] });
  const invoice = await stripe.invoices.finalizeInvoice(id);
  return { customer, id, line: invoice.lines.data[0]?.id ?? "" };
}

it("a credit note before payment lowers the invoice until it is voided", async () => {
  const { stripe, rows } = await openWorkbench();
  const { id } = await openInvoice(stripe);

  const note = await stripe.creditNotes.create({ invoice: id, amount: 2500, memo: "Late" });

  expect(note).toMatchObject({ type: "pre_payment", pre_payment_amount: 2500, total: 2500 });
  const lowered = await stripe.invoices.retrieve(id);
  expect(lowered).toMatchObject({ total: 10_800, amount_due: 8300, amount_remaining: 8300 });
  expect(lowered.pre_payment_credit_notes_amount).toBe(2500);
  expect(await rows("balance_transaction")).toEqual([]);
  await stripe.creditNotes.voidCreditNote(note.id);
  expect((await stripe.invoices.retrieve(id)).amount_remaining).toBe(10_800);
  const again = await stripe.creditNotes.create({ invoice: id, amount: 800 });
  const paid = await stripe.invoices.pay(id, { payment_method: "pm_card_visa" });
  expect(paid).toMatchObject({ status: "paid", amount_paid: 10_000 });
  expect((await refusal(stripe.creditNotes.voidCreditNote(again.id))).statusCode).toBe(400);
  expect([note.number.slice(-5), again.number.slice(-5)]).toEqual(["CN-01", "CN-02"]);
  const { data } = await stripe.events.list({ type: "credit_note.*" });
  expect(data.map((event) => event.type).toReversed()).toEqual([
    "credit_note.created",
    "credit_note.voided",
    "credit_note.created",
  ]);
});

it("a credit note for all that is due settles the invoice without a charge", async () => {
  const { stripe, rows } = await openWorkbench();
  const { id } = await openInvoice(stripe);

  await stripe.creditNotes.create({ invoice: id, amount: 10_800 });

  expect(await stripe.invoices.retrieve(id)).toMatchObject({ status: "paid", amount_paid: 0 });
  expect(await rows("charge")).toEqual([]);
});

it("a credit note after payment is given back in three ways", async () => {
  const { stripe } = await openWorkbench();
  const { customer, id, line } = await openInvoice(stripe);
  await stripe.invoices.pay(id, { payment_method: "pm_card_visa" });
  const asked: Stripe.CreditNoteCreateParams = {
    invoice: id,
    reason: "duplicate",
    lines: [{ type: "invoice_line_item", invoice_line_item: line, quantity: 1 }],
    refund_amount: 3500,
    credit_amount: 1500,
    out_of_band_amount: 400,
  };
  expect((await stripe.creditNotes.preview(asked)).total).toBe(5400);

  const note = await stripe.creditNotes.create({
    ...asked,
    expand: ["refunds.refund", "customer_balance_transaction"],
  });

  expect(note).toMatchObject({
    type: "post_payment",
    subtotal: 5000,
    discount_amount: 500,
    total: 5400,
    total_excluding_tax: 4500,
    post_payment_amount: 5400,
    out_of_band_amount: 400,
  });
  expect(note.lines.data[0]).toMatchObject({ amount: 5000, quantity: 1, invoice_line_item: line });
  expect(note.lines.data[0]?.taxes).toMatchObject([{ amount: 900, taxable_amount: 4500 }]);
  expect(expanded(note.refunds[0]?.refund)).toMatchObject({ amount: 3500, reason: "duplicate" });
  const credit = expanded(note.customer_balance_transaction);
  expect(credit).toMatchObject({ amount: -1500, type: "credit_note", ending_balance: -1500 });
  expect((await stripe.customers.retrieve(customer.id)) as Stripe.Customer).toMatchObject({
    balance: -1500,
  });
  expect((await stripe.invoices.retrieve(id)).post_payment_credit_notes_amount).toBe(5400);
  expect((await stripe.creditNotes.list({ invoice: id })).data).toHaveLength(1);
});

it("a credit note takes earlier refunds, and no more than the invoice", async () => {
  const { stripe, rows } = await openWorkbench();
  const { id } = await openInvoice(stripe);
  await stripe.invoices.pay(id, { payment_method: "pm_card_visa" });
  const [charge] = (await stripe.charges.list()).data;
  const refund = await stripe.refunds.create({ charge: charge?.id ?? "", amount: 1000 });

  const note = await stripe.creditNotes.create({
    invoice: id,
    lines: [{ type: "custom_line_item", description: "Late", quantity: 1, unit_amount: 1000 }],
    refunds: [{ refund: refund.id }],
  });

  expect(note.refunds).toMatchObject([{ refund: refund.id, amount_refunded: 1000 }]);
  expect(await rows("refund")).toHaveLength(1);
  const unpaid = stripe.creditNotes.create({ invoice: id, amount: 500 });
  expect((await refusal(unpaid)).message).toContain("must equal");
  const above = { invoice: id, amount: 9801, refund_amount: 9801 };
  expect((await refusal(stripe.creditNotes.create(above))).message).toContain("above");
  expect(await rows("credit_note")).toHaveLength(1);
});

it("a customer's balance has a row for each movement", async () => {
  const { stripe } = await openWorkbench();
  const { customer } = await openInvoice(stripe);
  await stripe.customers.createBalanceTransaction(customer.id, { amount: -700, currency: "usd" });
  await stripe.customers.update(customer.id, { balance: -900 });
  const draft = await stripe.invoices.create({ customer: customer.id });
  await stripe.invoiceItems.create({
    customer: customer.id,
    invoice: draft.id ?? "",
    amount: 600,
    currency: "usd",
  });
  await stripe.invoices.finalizeInvoice(draft.id ?? "");

  const { data } = await stripe.customers.listBalanceTransactions(customer.id);

  expect(data.map((row) => [row.type, row.amount, row.ending_balance])).toEqual([
    ["applied_to_invoice", 600, -300],
    ["adjustment", -200, -900],
    ["adjustment", -700, -700],
  ]);
  const first = await stripe.customers.retrieveBalanceTransaction(customer.id, data[0]?.id ?? "");
  expect(first.invoice).toBe(draft.id);
});
