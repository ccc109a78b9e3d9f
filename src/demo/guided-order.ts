import Stripe from "stripe";
import { money, toDecimal } from "../base/money.ts";

/** The one order of the guided demo: what a shop would make with the official SDK. */
export type GuidedOrder = Readonly<{
  productId: string;
  customerId: string;
  paymentIntentId: string;
  amountText: string;
}>;

const PRICE_MINOR = 10_825;

/**
 * Makes a product, a customer and a paid PaymentIntent with the official SDK, against the Stripe
 * at `apiBase`.
 *
 * @param orderNumber a number of the shop's, shown in SL as the customer's order number
 */
export async function placeGuidedOrder(options: {
  apiBase: string;
  secretKey: string;
  orderNumber: string;
}): Promise<GuidedOrder> {
  const stripe = openSdk(options);
  const product = await stripe.products.create({
    name: "T-shirt, harbour blue",
    metadata: { InvtID: "TSHIRT" },
  });
  const customer = await stripe.customers.create({
    name: "Ada Lovelace",
    email: "ada@example.com",
    phone: "+1 212 555 0100",
    address: {
      line1: "12 Analytical Row",
      city: "New York",
      state: "NY",
      postal_code: "10001",
      country: "US",
    },
  });
  const intent = await stripe.paymentIntents.create({
    amount: PRICE_MINOR,
    currency: "usd",
    customer: customer.id,
    description: product.name,
    payment_method: "pm_card_visa",
    automatic_payment_methods: { enabled: true, allow_redirects: "never" },
    confirm: true,
    metadata: { InvtID: "TSHIRT", order_id: options.orderNumber },
  });
  return {
    productId: product.id,
    customerId: customer.id,
    paymentIntentId: intent.id,
    amountText: `${toDecimal(money(PRICE_MINOR, "USD"))} USD`,
  };
}

/** The metadata that the hub wrote back to the order. */
export async function readBack(options: {
  apiBase: string;
  secretKey: string;
  paymentIntentId: string;
}): Promise<Readonly<Record<string, string>>> {
  const intent = await openSdk(options).paymentIntents.retrieve(options.paymentIntentId);
  return intent.metadata;
}

/**
 * The webhook endpoint that brings this Stripe's events to the hub, and its signing secret, which
 * Stripe tells only at creation.
 */
export async function createEndpoint(options: {
  apiBase: string;
  secretKey: string;
  url: string;
}): Promise<Readonly<{ endpointId: string; secret: string }>> {
  const endpoint = await openSdk(options).webhookEndpoints.create({
    url: options.url,
    enabled_events: ["*"],
    api_version: "2026-10-28.endive",
  });
  if (endpoint.secret === undefined) throw new Error("Stripe gave no signing secret");
  return { endpointId: endpoint.id, secret: endpoint.secret };
}

function openSdk(options: { apiBase: string; secretKey: string }): Stripe {
  const { hostname, port, protocol } = new URL(options.apiBase);
  return new Stripe(options.secretKey, {
    host: hostname,
    port: Number(port),
    protocol: protocol === "http:" ? "http" : "https",
    maxNetworkRetries: 2,
    timeout: 20_000,
    telemetry: false,
  });
}
