import { randomUUID } from "node:crypto";
import type Stripe from "stripe";
import type { World } from "../support/world.ts";

/** A payment made at Stripe: what its documents in SL are found and judged by. */
export type Order = Readonly<{
  /** The lane, which is the invoice's identity too: `pi_…` or `in_…`. */
  id: string;
  chargeIds: readonly string[];
  /** In major units, as SL's columns hold it. */
  total: number;
}>;

type IntentParams = Omit<Stripe.PaymentIntentCreateParams, "amount" | "currency">;

/** A PaymentIntent that a test card pays at once. */
export const PAID_AT_ONCE = {
  payment_method: "pm_card_visa",
  automatic_payment_methods: { enabled: true, allow_redirects: "never" },
  confirm: true,
} as const satisfies IntentParams;

/** A Stripe customer with an e-mail of its own. */
export async function aCustomer(
  world: World,
  fields: Stripe.CustomerCreateParams = {},
): Promise<Stripe.Customer> {
  return world.stripe.customers.create({
    name: "Grace Hopper",
    email: `${randomUUID()}@example.com`,
    ...fields,
  });
}

/** A card payment of a new customer, or of whoever `more` names. */
export async function pay(
  world: World,
  amountMinor: number,
  more: IntentParams & { currency?: string; decimals?: number } = {},
): Promise<Order> {
  const { currency = "usd", decimals = 2, ...params } = more;
  const isKnown = "customer" in params;
  const customer = isKnown ? {} : { customer: (await aCustomer(world)).id };
  const intent = await world.stripe.paymentIntents.create({
    ...PAID_AT_ONCE,
    ...customer,
    ...params,
    amount: amountMinor,
    currency,
  });
  return {
    id: intent.id,
    chargeIds: [String(intent.latest_charge)],
    total: amountMinor / 10 ** decimals,
  };
}

/** A Stripe product with its price of `unitAmount` minor units; `item` names the SL item. */
export async function aPrice(
  world: World,
  unitAmount: number,
  product: Stripe.ProductCreateParams = { name: "Shirt", metadata: { InvtID: "TSHIRT" } },
): Promise<string> {
  const { id } = await world.stripe.products.create(product);
  const price = await world.stripe.prices.create({
    product: id,
    currency: "usd",
    unit_amount: unitAmount,
  });
  return price.id;
}

/** A Checkout session that a guest has paid; gives the order that it made. */
export async function checkOut(
  world: World,
  session: Omit<Stripe.Checkout.SessionCreateParams, "mode" | "success_url">,
  shopper: Readonly<Record<string, unknown>> = {},
): Promise<Order> {
  const made = await world.stripe.checkout.sessions.create({
    mode: "payment",
    success_url: "https://example.com/done",
    ...session,
  });
  const email = `${randomUUID()}@example.com`;
  await world.stripeAdmin(`/checkout/${made.id}/complete`, {
    email,
    name: "A Shopper",
    ...shopper,
  });
  const done = await world.stripe.checkout.sessions.retrieve(made.id, {
    expand: ["payment_intent"],
  });
  const intent = done.payment_intent;
  if (typeof intent !== "object" || intent === null) throw new Error("the session was not paid");
  return {
    id: intent.id,
    chargeIds: [String(intent.latest_charge)],
    total: intent.amount_received / 100,
  };
}

/** A finalised invoice of one line over `amount` minor units of a product with this metadata. */
export async function anOpenInvoice(
  world: World,
  amount: number,
  metadata: Record<string, string> = { InvtID: "TSHIRT" },
): Promise<string> {
  const { stripe } = world;
  const product = (await stripe.products.create({ name: "Shirt", metadata })).id;
  const invoice = await stripe.invoices.create({ customer: (await aCustomer(world)).id });
  const id = invoice.id ?? "";
  const price_data = { currency: "usd", unit_amount: amount, product };
  await stripe.invoices.addLines(id, { lines: [{ quantity: 1, price_data }] });
  await stripe.invoices.finalizeInvoice(id);
  return id;
}

/** A card payment of a part of an open invoice; gives its charge. */
export async function payPart(world: World, invoice: string, amount: number): Promise<string> {
  const { stripe } = world;
  const part = await stripe.paymentIntents.create({ amount, currency: "usd" });
  await stripe.invoices.attachPayment(invoice, { payment_intent: part.id });
  const paid = await stripe.paymentIntents.confirm(part.id, { payment_method: "pm_card_visa" });
  return String(paid.latest_charge);
}

/**
 * Finalizes these drafts of invoices and ties all of them to one payment, which is not paid yet.
 *
 * @returns the PaymentIntent
 */
export async function tieTo(
  { stripe }: World,
  invoices: readonly string[],
  amount: number,
): Promise<string> {
  const { id: payment } = await stripe.paymentIntents.create({ amount, currency: "usd" });
  for (const id of invoices) {
    await stripe.invoices.finalizeInvoice(id);
    await stripe.invoices.attachPayment(id, { payment_intent: payment });
  }
  return payment;
}
