import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Ajv, type ValidateFunction } from "ajv";
import type Stripe from "stripe";
import { expect, it } from "vitest";
import { isWire, type Wire } from "../wire.ts";
import { openWorkbench, pay, refusal } from "./workbench.ts";

const FILE = fileURLToPath(
  new URL(
    "../../../../shared/stripe-openapi/stripe-objects.2026-10-28.schema.json",
    import.meta.url,
  ),
);
const isThere = existsSync(FILE);
if (!isThere) console.log(`skipped: Stripe's object schemas are not at ${FILE}`);

/** The schema's name for an object of the wire, where it is not its `object`. */
const NAME: Record<string, string> = { item: "line_item", line_item: "invoice_line_item" };

function validators(): (wire: Wire) => string[] {
  const schema = JSON.parse(readFileSync(FILE, "utf8")) as { objects: Record<string, unknown> };
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema(schema, "stripe-objects");
  const compiled = new Map<string, ValidateFunction>();
  return (wire) => {
    const object = String(wire.object);
    const name = NAME[object] ?? object;
    if (!(name in schema.objects)) return [];
    const check = compiled.get(name) ?? ajv.compile({ $ref: `stripe-objects#/objects/${name}` });
    compiled.set(name, check);
    if (check(wire) === true) return [];
    return (check.errors ?? []).map((error) => `${name}${error.instancePath} ${error.message}`);
  };
}

/** Every object in an answer, however deep. */
function* objectsIn(value: unknown): IterableIterator<Wire> {
  if (Array.isArray(value)) for (const member of value) yield* objectsIn(member);
  else if (isWire(value)) {
    if (typeof value.object === "string") yield value;
    for (const inner of Object.values(value)) yield* objectsIn(inner);
  }
}

async function makeOneOfEach(stripe: Stripe, admin: (path: string, body: unknown) => unknown) {
  const customer = await stripe.customers.create({
    name: "Jenny",
    email: "jenny@example.com",
    address: { line1: "1 Main Street", country: "US" },
    shipping: { name: "Jenny", address: { line1: "1 Main Street" } },
  });
  const rate = await stripe.taxRates.create({
    display_name: "VAT",
    percentage: 20,
    inclusive: true,
  });
  const coupon = await stripe.coupons.create({ percent_off: 10 });
  const price = await stripe.prices.create({
    currency: "usd",
    unit_amount: 1500,
    product_data: { name: "Shirt" },
  });
  await pay(stripe, { customer: customer.id, amount: 900, currency: "eur" });
  await pay(stripe, { payment_method: "pm_usBankAccount_success" });
  await pay(stripe, { payment_method: "pm_sepaDebit", currency: "eur" });
  await pay(stripe, { payment_method: "pm_card_authenticationRequired" }).catch(() => undefined);
  await refusal(pay(stripe, { payment_method: "pm_card_chargeDeclined" }));
  const { intent } = await pay(stripe, { capture_method: "manual" });
  await stripe.paymentIntents.capture(intent.id, { amount_to_capture: 100 });
  const invoice = await stripe.invoices.create({
    customer: customer.id,
    default_tax_rates: [rate.id],
    discounts: [{ coupon: coupon.id }],
  });
  await stripe.invoices.addLines(invoice.id ?? "", { lines: [{ pricing: { price: price.id } }] });
  await stripe.invoices.pay(invoice.id ?? "", { payment_method: "pm_card_visa" });
  await stripe.creditNotes.create({
    invoice: invoice.id ?? "",
    lines: [{ type: "custom_line_item", unit_amount: 500, tax_rates: [rate.id] }],
    refund_amount: 300,
    credit_amount: 200,
  });
  const session = await stripe.checkout.sessions.create({
    mode: "payment",
    success_url: "https://example.com",
    customer: customer.id,
    invoice_creation: { enabled: true },
    line_items: [{ price: price.id, quantity: 2, tax_rates: [rate.id] }],
  });
  await admin(`/checkout/${session.id}/complete`, {
    shipping: { name: "Jenny", address: { line1: "1 Main Street", city: null } },
  });
  await stripe.webhookEndpoints.create({
    url: "http://127.0.0.1:9/",
    enabled_events: ["payout.paid"],
  });
  return session.id;
}

type Admin = (path: string, body: unknown) => Promise<unknown>;

/** Refunds, disputes, payouts and top-ups in each of their states. */
async function moveMoney(stripe: Stripe, admin: Admin): Promise<void> {
  const { charge } = await pay(stripe, { payment_method: "pm_card_bypassPending" });
  const failed = await stripe.refunds.create({ charge: charge.id, amount: 100 });
  await admin(`/refunds/${failed.id}/move`, { status: "failed" });
  const waiting = await pay(stripe, { payment_method: "pm_card_pendingRefund" });
  await stripe.refunds.create({ charge: waiting.charge.id, instructions_email: "a@example.com" });
  await pay(stripe, { payment_method: "pm_card_createDisputeInquiry" });
  await pay(stripe, { payment_method: "pm_card_createDispute" });
  const [dispute] = (await stripe.disputes.list()).data;
  await stripe.disputes.update(dispute?.id ?? "", {
    evidence: { uncategorized_text: "winning_evidence" },
  });
  await stripe.payouts.create({ amount: 500, currency: "usd", method: "instant" });
  await stripe.topups.create({ amount: 500, currency: "usd" });
  await admin("/payouts/now", {});
  const [payout] = (await stripe.payouts.list()).data;
  await admin(`/payouts/${payout?.id}/fail`, {});
}

async function readAll(stripe: Stripe, session: string): Promise<unknown[]> {
  const lists = await Promise.all([
    stripe.customers.list(),
    stripe.products.list(),
    stripe.prices.list(),
    stripe.paymentMethods.list(),
    stripe.paymentIntents.list({ expand: ["data.latest_charge", "data.payment_method"] }),
    stripe.charges.list({ expand: ["data.balance_transaction", "data.refunds"] }),
    stripe.refunds.list({
      expand: ["data.balance_transaction", "data.failure_balance_transaction", "data.charge"],
    }),
    stripe.creditNotes.list({
      expand: ["data.customer_balance_transaction", "data.refunds.refund"],
    }),
    stripe.disputes.list({ expand: ["data.charge", "data.payment_intent"] }),
    stripe.payouts.list({ expand: ["data.balance_transaction", "data.destination"] }),
    stripe.topups.list({ expand: ["data.balance_transaction"] }),
    stripe.balanceTransactions.list({ limit: 100, expand: ["data.source"] }),
    stripe.invoices.list({ expand: ["data.payments", "data.discounts"] }),
    stripe.invoiceItems.list(),
    stripe.invoicePayments.list(),
    stripe.checkout.sessions.list({ expand: ["data.line_items.data.taxes"] }),
    stripe.events.list({ limit: 100 }),
    stripe.webhookEndpoints.list(),
    stripe.balance.retrieve(),
    stripe.accounts.retrieveCurrent(),
  ]);
  return [...lists, await stripe.checkout.sessions.listLineItems(session)];
}

it.runIf(isThere)(
  "every object that is sent validates against Stripe's schema",
  async () => {
    const { stripe, admin } = await openWorkbench();
    const session = await makeOneOfEach(stripe, admin);
    await moveMoney(stripe, admin);
    const check = validators();

    const answers = await readAll(stripe, session);

    const sent = answers.flatMap((answer) => [...objectsIn(JSON.parse(JSON.stringify(answer)))]);
    const kinds = new Set(sent.map((wire) => wire.object));
    expect([...kinds]).toEqual(
      expect.arrayContaining([
        "account",
        "balance",
        "balance_transaction",
        "charge",
        "checkout.session",
        "credit_note",
        "customer",
        "customer_balance_transaction",
        "dispute",
        "event",
        "invoice",
        "invoice_payment",
        "invoiceitem",
        "item",
        "line_item",
        "payment_intent",
        "payment_method",
        "payout",
        "price",
        "product",
        "refund",
        "tax_rate",
        "topup",
        "webhook_endpoint",
      ]),
    );
    expect([...new Set(sent.flatMap(check))]).toEqual([]);
    // Compiling some thousand definitions takes seconds on a busy machine.
  },
  60_000,
);
