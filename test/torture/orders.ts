import type Stripe from "stripe";
import type { Order, Person, RunPlan } from "./plan.ts";
import type { Site } from "./site.ts";

/** What the shop still has to do for an order, once the hub has seen its beginning. */
export type Later = () => Promise<void>;

type Buyer = Readonly<{ customer: string | undefined; person: Person }>;

const NO_REDIRECTS = { enabled: true, allow_redirects: "never" } as const;
/** Between orders, where events are asked for by their time. */
const APART_MS = 2_000;
export const DAY_MS = 24 * 3_600_000;
/** A customer of SL's own demo data, for orders that name theirs. */
const NAMED_CUSTOMER = "C300";

/** Makes the run's customers and orders at Stripe, as a shop does. */
export async function placeOrders(site: Site, plan: RunPlan): Promise<Later[]> {
  const buyers: Buyer[] = [];
  for (const person of plan.people) buyers.push(await makeBuyer(site, person));
  const later: Later[] = [];
  for (const [nr, order] of plan.orders.entries()) {
    if (plan.intake !== "webhook") await listApart(site, nr % 2 === 0 ? plan.listedLateMs : 0);
    if (nr === plan.summedDays?.nextDayFrom) {
      await site.stripeAdmin("/clock", { advanceMs: DAY_MS });
    }
    const buyer = buyers[order.person];
    if (buyer === undefined) throw new Error("an order without a buyer");
    const rest = await placeOrder(site, order, buyer);
    if (rest !== undefined) later.push(rest);
  }
  return later;
}

/** Somebody without an account buys, once the orders of the run are made. */
export async function placeLate(
  site: Site,
  order: Order,
  people: readonly Person[],
): Promise<void> {
  const person = people[order.person];
  if (person === undefined) throw new Error("an order without a buyer");
  await placeOrder(site, order, { customer: undefined, person });
}

/** The next order comes seconds later, and Stripe lists its events so much later again. */
async function listApart({ stripeAdmin }: Site, eventsLateMs: number): Promise<void> {
  await stripeAdmin("/clock", { advanceMs: APART_MS });
  await stripeAdmin("/settings", { eventsLateMs });
}

async function makeBuyer({ stripe }: Site, person: Person): Promise<Buyer> {
  if (person.kind === "guest") return { customer: undefined, person };
  const { email, name } = person;
  const address = { line1: "1 Navy Yard", city: "Arlington", state: "VA", country: "US" };
  const made = await stripe.customers.create({ email, name, address });
  return { customer: made.id, person };
}

async function placeOrder(site: Site, order: Order, buyer: Buyer): Promise<Later | undefined> {
  switch (order.kind) {
    case "bare":
      await site.stripe.paymentIntents.create(intentOf(order, buyer));
      return undefined;
    case "declined":
      await site.stripe.paymentIntents
        .create({ ...intentOf(order, buyer), payment_method: "pm_card_chargeDeclined" })
        .catch(() => undefined);
      return undefined;
    case "manual":
      return placeManual(site, order, buyer);
    case "unbound":
      return placeUnbound(site, order, buyer);
    case "checkout":
      return placeCheckout(site, order, buyer);
    case "invoice":
    case "shared-invoice":
      return placeInvoice(site, order, buyer);
  }
}

function metadataOf(order: Order): Record<string, string> {
  return { ...order.metadata, ...(order.isNamed ? { DynamicsSL_CustomerID: NAMED_CUSTOMER } : {}) };
}

function intentOf(order: Order, buyer: Buyer): Stripe.PaymentIntentCreateParams {
  return {
    amount: order.amountMinor,
    currency: "usd",
    payment_method: "pm_card_visa",
    automatic_payment_methods: NO_REDIRECTS,
    confirm: true,
    metadata: metadataOf(order),
    ...(buyer.customer === undefined
      ? { receipt_email: buyer.person.email }
      : { customer: buyer.customer }),
  };
}

/** Authorised now, captured later, in part or whole. */
async function placeManual(site: Site, order: Order, buyer: Buyer): Promise<Later> {
  const { stripe } = site;
  const params = { ...intentOf(order, buyer), capture_method: "manual" as const };
  const intent = await stripe.paymentIntents.create(params);
  const amount = Math.max(1, Math.round(order.amountMinor * order.capturedShare));
  return async () => {
    await stripe.paymentIntents.capture(intent.id, { amount_to_capture: amount });
  };
}

async function placeUnbound(site: Site, order: Order, buyer: Buyer): Promise<undefined> {
  if (buyer.customer === undefined) {
    await site.stripe.paymentIntents.create(intentOf(order, buyer));
    return undefined;
  }
  await site.stripeAdmin("/charges", {
    amount: order.amountMinor,
    currency: "usd",
    customer: buyer.customer,
    metadata: metadataOf(order),
  });
  return undefined;
}

async function placeCheckout(site: Site, order: Order, buyer: Buyer): Promise<undefined> {
  const session = await site.stripe.checkout.sessions.create({
    mode: "payment",
    success_url: "https://shop.example/thanks",
    line_items: order.lines.map((line, index) => ({
      quantity: line.quantity,
      price_data: {
        currency: "usd",
        unit_amount: Math.max(50, line.unitMinor),
        product_data: { name: `Thing ${index}`, metadata: { InvtID: "TSHIRT" } },
      },
    })),
    payment_intent_data: { metadata: metadataOf(order) },
    ...(buyer.customer === undefined ? {} : { customer: buyer.customer }),
  });
  const { email, name } = buyer.person;
  await site.stripeAdmin(`/checkout/${session.id}/complete`, {
    ...(buyer.customer === undefined ? { email, name } : {}),
    ...(order.isTaxed ? { line_taxes: order.lines.map((line) => line.quantity * 7) } : {}),
    ...(order.shippingMinor > 0 ? { shipping_amount: order.shippingMinor, shipping_tax: 3 } : {}),
  });
  return undefined;
}

async function placeInvoice(site: Site, order: Order, buyer: Buyer): Promise<Later | undefined> {
  const { stripe } = site;
  const customer = buyer.customer ?? (await makeInvoiced(site, buyer.person));
  const coupon =
    order.percentOff === 0
      ? undefined
      : await stripe.coupons.create({ percent_off: order.percentOff });
  const rate = order.isTaxed
    ? await stripe.taxRates.create({ display_name: "Tax", percentage: 8.25, inclusive: false })
    : undefined;
  const invoice = await stripe.invoices.create({
    customer,
    currency: "usd",
    auto_advance: false,
    metadata: metadataOf(order),
    ...(coupon === undefined ? {} : { discounts: [{ coupon: coupon.id }] }),
    ...(rate === undefined ? {} : { default_tax_rates: [rate.id] }),
  });
  const id = invoice.id ?? "";
  await stripe.invoices.addLines(id, {
    lines: order.lines.map((line, index) => ({
      quantity: line.quantity,
      description: `Work ${index}`,
      price_data: {
        currency: "usd",
        product: site.productId,
        unit_amount: Math.max(100, line.unitMinor),
      },
    })),
  });
  if (order.kind === "invoice") {
    await stripe.invoices.pay(id, { payment_method: "pm_card_visa" });
    return undefined;
  }
  const finalized = await stripe.invoices.finalizeInvoice(id);
  const first = Math.max(50, Math.floor(finalized.total / 3));
  await payPart(site, { id, customer, amount: first });
  const rest = finalized.total - first + order.overpaidMinor;
  return () => payPart(site, { id, customer, amount: Math.max(50, rest) });
}

/** Stripe knows no invoice without a customer: a guest who wants one becomes one. */
async function makeInvoiced({ stripe }: Site, { email, name }: Person): Promise<string> {
  return (await stripe.customers.create({ email, name })).id;
}

async function payPart(
  { stripe }: Site,
  part: { id: string; customer: string; amount: number },
): Promise<void> {
  const intent = await stripe.paymentIntents.create({
    amount: part.amount,
    currency: "usd",
    customer: part.customer,
    payment_method: "pm_card_visa",
    automatic_payment_methods: NO_REDIRECTS,
  });
  // Before it is confirmed: money that hangs on no invoice would be booked as a sale of its own.
  await stripe.invoices.attachPayment(part.id, { payment_intent: intent.id });
  await stripe.paymentIntents.confirm(intent.id);
}
