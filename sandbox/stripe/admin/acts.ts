import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { formatCheckoutSession } from "../formatters/checkout.ts";
import { formatCharge, formatPaymentIntent } from "../formatters/money.ts";
import { settle } from "../money/settle.ts";
import { addChargeMovement } from "../operations/balance.ts";
import { addCharge, captureMore } from "../operations/charges.ts";
import { completeSession } from "../operations/checkout.ts";
import { addDelivery, emit, wants } from "../operations/emit.ts";
import { addIntent, putIntent, returnIntent, settleIntent } from "../operations/intents.ts";
import { paymentMethodOf } from "../operations/payment-methods.ts";
import { newId } from "../random.ts";
import { sessionOf } from "../routes/checkout.ts";
import { intentOf } from "../routes/payment-intents.ts";
import { endpointOf, newSecret } from "../routes/webhook-endpoints.ts";
import type { CheckoutLineRow, CheckoutSessionRow } from "../store/billing-rows.ts";
import type { Json, Wire } from "../wire.ts";
import type { World } from "../world.ts";
import { FeePart, feeParts } from "./fees.ts";
import { type AdminParts, BadAdminRequest } from "./parts.ts";

const Text = z.string().nullable().optional();
const Loose = z.custom<Json>((value) => value !== undefined).optional();
const Metadata = z.record(z.string(), z.string()).default({});

const NewCharge = z.strictObject({
  amount: z.number().int(),
  currency: z.string(),
  customer: z.string().nullable().default(null),
  description: z.string().nullable().default(null),
  metadata: Metadata,
  payment_method: z.string().default("pm_card_visa"),
  /** Instead of the account's own fee. */
  fee_details: z.array(FeePart).optional(),
});

const Completion = z.strictObject({
  payment_method: z.string().default("pm_card_visa"),
  email: Text,
  name: Text,
  phone: Text,
  address: Loose,
  shipping: Loose,
  /** Exclusive tax by line, in the lines' order, and on shipping; minor units. */
  line_taxes: z.array(z.number().int()).optional(),
  shipping_amount: z.number().int().optional(),
  shipping_tax: z.number().int().optional(),
});

const Roll = z.strictObject({ expiresInMs: z.number().min(0).default(86_400_000) });
const Further = z.strictObject({ amount: z.number().int().min(1) });
const Age = z.strictObject({ seconds: z.number().int().min(1) });
const Settle = z.strictObject({ succeeds: z.boolean() });
const Injection = z.strictObject({
  endpoint: z.string(),
  event: z.custom<Json>((value) => value !== undefined).optional(),
  body: z.string().optional(),
  times: z.number().int().min(1).max(1000).default(1),
});

/** What a test does by hand that at Stripe a shopper, a bank or an operator does. */
export function serveActs(app: FastifyInstance, parts: AdminParts): void {
  serveMoneyActs(app, parts);
  serveWebhookActs(app, parts);
}

function serveMoneyActs(app: FastifyInstance, { world }: AdminParts): void {
  app.post("/_sandbox/charges", (request) => {
    const given = NewCharge.parse(request.body);
    return world.change(() => unboundCharge(world, given));
  });
  app.post<{ Params: { id: string } }>("/_sandbox/charges/:id/capture-more", (request) => {
    const { amount } = Further.parse(request.body);
    const charge = world.tables.charge.get(request.params.id);
    if (charge === undefined) throw new BadAdminRequest(`no charge "${request.params.id}"`);
    return formatCharge(
      world,
      world.change(() => captureMore(world, charge, amount)),
    );
  });
  app.post<{ Params: { id: string } }>("/_sandbox/checkout/:id/complete", (request) => {
    const given = Completion.parse(request.body ?? {});
    return world.change(() => {
      const session = taxed(world, sessionOf(world, request.params.id), given);
      const method = paymentMethodOf(world, given.payment_method, "payment_method");
      return formatCheckoutSession(world, completeSession(world, session, method, given));
    });
  });
  app.post<{ Params: { id: string } }>("/_sandbox/payment_intents/:id/settle", (request) => {
    const { succeeds } = Settle.parse(request.body);
    return world.change(() => {
      settleIntent(world, intentOf(world, request.params.id), succeeds);
      return formatPaymentIntent(world, intentOf(world, request.params.id));
    });
  });
  app.post<{ Params: { id: string } }>("/_sandbox/payment_intents/:id/return", (request) => {
    return world.change(() => {
      returnIntent(world, intentOf(world, request.params.id));
      return formatPaymentIntent(world, intentOf(world, request.params.id));
    });
  });
}

/** A succeeded charge of any amount, zero, negative and huge ones too, which the API refuses. */
function unboundCharge(world: World, given: z.infer<typeof NewCharge>): Json {
  const method = paymentMethodOf(world, given.payment_method, "payment_method");
  const { amount, currency, customer, description, metadata } = given;
  const intent = addIntent(world, { amount, currency, customer, description, metadata });
  const bare = addCharge(world, intent, method);
  const captured = { ...bare, captured: true, amount_captured: amount };
  const movement = addChargeMovement(world, captured, feePartsOf(world, given));
  const charge = world.tables.charge.put({ ...captured, balance_transaction: movement.id });
  emit(world, "charge.succeeded", formatCharge(world, charge));
  const paid = { amount_received: amount, latest_charge: charge.id, payment_method: method.id };
  putIntent(world, { ...intent, ...paid, status: "succeeded" }, "payment_intent.succeeded");
  return formatCharge(world, charge);
}

function feePartsOf(world: World, given: z.infer<typeof NewCharge>): Wire[] | undefined {
  if (given.fee_details === undefined) return undefined;
  return feeParts(given.fee_details, settle(0, given.currency, world.settings).currency);
}

/** Puts the shopper's tax and shipping on an open session, as automatic tax would. */
function taxed(
  world: World,
  session: CheckoutSessionRow,
  given: z.infer<typeof Completion>,
): CheckoutSessionRow {
  const lines = world.tables.checkout_line.by("session", session.id);
  for (const [index, amount] of (given.line_taxes ?? []).entries()) {
    const line = lines[index];
    if (line !== undefined) putLineTax(world, line, amount);
  }
  return world.tables.checkout_session.put({
    ...session,
    shipping_amount: given.shipping_amount ?? session.shipping_amount,
    shipping_tax: given.shipping_tax ?? session.shipping_tax,
  });
}

function putLineTax(world: World, line: CheckoutLineRow, amount: number): void {
  const rate = world.tables.tax_rate.put({
    id: newId("tax_rate"),
    created: world.nowSeconds(),
    active: false,
    country: "US",
    description: null,
    display_name: "Sales Tax",
    inclusive: false,
    jurisdiction: null,
    metadata: {},
    percentage: "0",
    state: null,
    tax_type: "sales_tax",
  });
  const taxable_amount = line.amount_subtotal - line.amount_discount;
  const taxes = [{ amount, inclusive: false, tax_rate: rate.id, taxable_amount }];
  world.tables.checkout_line.put({ ...line, amount_tax: amount, taxes });
}

function serveWebhookActs(app: FastifyInstance, { world, sender }: AdminParts): void {
  app.get<{ Querystring: { event?: string } }>("/_sandbox/deliveries", (request) => {
    const { event } = request.query;
    const { delivery } = world.tables;
    return { deliveries: event === undefined ? [...delivery.all()] : delivery.by("event", event) };
  });
  app.post<{ Params: { id: string } }>("/_sandbox/webhook_endpoints/:id/roll", (request) => {
    const { expiresInMs } = Roll.parse(request.body ?? {});
    const secret = newSecret();
    world.change(() => {
      const row = endpointOf(world, request.params.id);
      const expires_ms = world.clock.nowMs() + expiresInMs;
      const old = row.secrets.map((one) => ({ ...one, expires_ms: one.expires_ms ?? expires_ms }));
      const secrets = [{ secret, expires_ms: null }, ...old];
      world.tables.webhook_endpoint.put({ ...row, secrets });
    });
    return { secret };
  });
  app.post<{ Params: { id: string } }>("/_sandbox/events/:id/resend", (request) => {
    const event = world.tables.event.get(request.params.id);
    if (event === undefined) throw new BadAdminRequest(`no event "${request.params.id}"`);
    const endpoints = [...world.tables.webhook_endpoint.all()];
    const owed = world.change(() =>
      endpoints
        .filter((endpoint) => wants(world, endpoint, event.type))
        .map((endpoint) => addDelivery(world, event.id, endpoint)),
    );
    sender.send(owed);
    return { deliveries: owed };
  });
  app.post("/_sandbox/events/age", (request) => {
    const { seconds } = Age.parse(request.body);
    const { event } = world.tables;
    return world.change(() => {
      const rows = [...event.all()];
      for (const row of rows) event.put({ ...row, created: row.created - seconds });
      return { aged: rows.length };
    });
  });
  // Any body at all, signed as Stripe would sign it: what the hub must survive.
  app.post("/_sandbox/inject", async (request) => {
    const { endpoint, event, body, times } = Injection.parse(request.body);
    const target = endpointOf(world, endpoint);
    const text = body ?? JSON.stringify(event ?? null, null, 2);
    const sends = Array.from({ length: times }, () => sender.deliver(target, text));
    return { statuses: await Promise.all(sends) };
  });
}
