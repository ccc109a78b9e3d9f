import Stripe from "stripe";
import { money, toDecimal } from "../base/money.ts";

/** A line of a cart: so many of an SL item, at a price in minor units each. */
export type CartLine = Readonly<{ item: string; unitMinor: number; quantity: number }>;

/** What a shopper buys at the sandbox Stripe. Percentages are numbers such as 8.25. */
export type Cart = Readonly<{
  lines: readonly CartLine[];
  taxPercent: number;
  discountPercent: number;
  shippingMinor: number;
  orderNumber: string;
  email: string;
  name: string;
}>;

/** A paid cart. */
export type Purchase = Readonly<{ paymentIntentId: string; chargeId: string; amount: string }>;

const CURRENCY = "usd";
const ANSWER_WITHIN_MS = 20_000;

/**
 * Buys a cart over a Checkout session with the official SDK, and pays it as the sandbox's shopper:
 * products that name their SL item, a tax rate on each line, a coupon over all of them.
 */
export async function buyCart(
  at: Readonly<{ apiBase: string; secretKey: string }>,
  cart: Cart,
): Promise<Purchase> {
  const { hostname, port } = new URL(at.apiBase);
  const stripe = new Stripe(at.secretKey, {
    host: hostname,
    port: Number(port),
    protocol: "http",
    timeout: ANSWER_WITHIN_MS,
    telemetry: false,
  });
  const session = await stripe.checkout.sessions.create({
    mode: "payment",
    success_url: "https://example.com/done",
    line_items: await lineItems(stripe, cart),
    ...(await discounts(stripe, cart)),
    ...shipping(cart),
    payment_intent_data: { metadata: { order_id: cart.orderNumber } },
  });
  await complete(at.apiBase, session.id, cart);
  const paid = await stripe.checkout.sessions.retrieve(session.id, { expand: ["payment_intent"] });
  const intent = paid.payment_intent;
  if (typeof intent !== "object" || intent === null) throw new Error("The session was not paid");
  return {
    paymentIntentId: intent.id,
    chargeId: String(intent.latest_charge),
    amount: `${toDecimal(money(intent.amount_received, CURRENCY))} ${CURRENCY.toUpperCase()}`,
  };
}

async function lineItems(stripe: Stripe, { lines, taxPercent }: Cart) {
  const rate =
    taxPercent === 0
      ? undefined
      : await stripe.taxRates.create({
          display_name: "Sales tax",
          percentage: taxPercent,
          inclusive: false,
        });
  const items: Stripe.Checkout.SessionCreateParams.LineItem[] = [];
  for (const { item, unitMinor, quantity } of lines) {
    const { id } = await stripe.products.create({ name: item, metadata: { InvtID: item } });
    const price = await stripe.prices.create({
      product: id,
      currency: CURRENCY,
      unit_amount: unitMinor,
    });
    const taxed = rate === undefined ? {} : { tax_rates: [rate.id] };
    items.push({ price: price.id, quantity, ...taxed });
  }
  return items;
}

async function discounts(stripe: Stripe, { discountPercent }: Cart) {
  if (discountPercent === 0) return {};
  const coupon = await stripe.coupons.create({ percent_off: discountPercent, duration: "once" });
  return { discounts: [{ coupon: coupon.id }] };
}

function shipping({ shippingMinor }: Cart) {
  if (shippingMinor === 0) return {};
  const shipping_rate_data = {
    display_name: "Ground",
    type: "fixed_amount",
    fixed_amount: { amount: shippingMinor, currency: CURRENCY },
  } as const;
  return { shipping_options: [{ shipping_rate_data }] };
}

/** The shopper pays; no API of Stripe's does that for a Checkout session. */
async function complete(apiBase: string, sessionId: string, cart: Cart): Promise<void> {
  const { email, name } = cart;
  const answer = await fetch(`${apiBase}/_sandbox/checkout/${sessionId}/complete`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    body: JSON.stringify({ email, name }),
  });
  if (!answer.ok) throw new Error(`The sandbox Stripe answered ${answer.status} to the checkout`);
}
