import { invalidRequest } from "../errors.ts";
import type { TableName } from "../store/store.ts";
import { isWire, type Json, type Wire, wireList } from "../wire.ts";
import type { World } from "../world.ts";
import { formatInvoicePayment } from "./billing.ts";
import { checkoutLineTaxes, embeddedCheckoutLines } from "./checkout.ts";
import { formatRefund } from "./money.ts";
import { formatBankAccount } from "./payouts.ts";
import { present, tableOfId } from "./registry.ts";
import { taxIdList } from "./tax-ids.ts";

const DEPTH_MAX = 4;

/** Where an expandable field leads: one table, or by the prefix of the id it holds. */
type Target = TableName | "bank_account" | "by_prefix";

/** The id fields that Stripe lets a client expand, by the wire name of the object. */
const EXPANDABLE: Record<string, Record<string, Target>> = {
  charge: {
    balance_transaction: "balance_transaction",
    customer: "customer",
    failure_balance_transaction: "balance_transaction",
    payment_intent: "payment_intent",
    invoice: "invoice",
  },
  payment_intent: {
    customer: "customer",
    latest_charge: "charge",
    payment_method: "payment_method",
    invoice: "invoice",
  },
  refund: {
    balance_transaction: "balance_transaction",
    charge: "charge",
    customer: "customer",
    failure_balance_transaction: "balance_transaction",
    payment_intent: "payment_intent",
    payment_method: "payment_method",
  },
  balance_transaction: { source: "by_prefix" },
  dispute: { charge: "charge", payment_intent: "payment_intent" },
  payout: {
    balance_transaction: "balance_transaction",
    destination: "bank_account",
    failure_balance_transaction: "balance_transaction",
    original_payout: "payout",
    reversed_by: "payout",
  },
  topup: { balance_transaction: "balance_transaction" },
  price: { product: "product" },
  product: { default_price: "price" },
  payment_method: { customer: "customer" },
  customer: { test_clock: "test_clock" },
  "customer.invoice_settings": { default_payment_method: "payment_method" },
  invoice: {
    customer: "customer",
    default_payment_method: "payment_method",
    discounts: "discount",
    charge: "charge",
    payment_intent: "payment_intent",
    test_clock: "test_clock",
  },
  "invoice.total_discount_amounts": { discount: "discount" },
  line_item: { discounts: "discount" },
  "line_item.discount_amounts": { discount: "discount" },
  "line_item.pricing.price_details": { price: "price" },
  credit_note: {
    customer: "customer",
    customer_balance_transaction: "customer_balance_transaction",
    invoice: "invoice",
  },
  "credit_note.discount_amounts": { discount: "discount" },
  "credit_note.refunds": { refund: "refund" },
  customer_balance_transaction: {
    credit_note: "credit_note",
    customer: "customer",
    invoice: "invoice",
  },
  invoiceitem: { customer: "customer", discounts: "discount", invoice: "invoice" },
  "invoiceitem.pricing.price_details": { price: "price" },
  invoice_payment: { invoice: "invoice" },
  "invoice_payment.payment": { charge: "charge", payment_intent: "payment_intent" },
  "checkout.session": {
    customer: "customer",
    invoice: "invoice",
    payment_intent: "payment_intent",
  },
  "checkout.session.discounts": { coupon: "coupon" },
  discount: { customer: "customer" },
  "discount.source": { coupon: "coupon" },
};

/** Fields that are not on the object at all unless they are asked for. */
const INCLUDABLE: Record<string, Record<string, (world: World, id: string) => Json | undefined>> = {
  customer: {
    tax_ids: (world, id) => {
      const row = world.tables.customer.get(id);
      return row === undefined ? undefined : taxIdList(row);
    },
  },
  charge: {
    refunds: (world, id) => {
      const rows = world.tables.refund.by("charge", id).toReversed();
      const first = rows.slice(0, 10).map((row) => formatRefund(world, row));
      return wireList(`/v1/charges/${id}/refunds`, first, rows.length > 10);
    },
  },
  invoice: {
    payments: (world, id) => {
      const rows = world.tables.invoice_payment.by("invoice", id);
      const first = rows.slice(0, 10).map((row) => formatInvoicePayment(world, row));
      return wireList("/v1/invoice_payments", first, rows.length > 10);
    },
  },
  "checkout.session": { line_items: embeddedCheckoutLines },
  item: {
    taxes: (world, id) => {
      const row = world.tables.checkout_line.get(id);
      return row === undefined ? undefined : checkoutLineTaxes(world, row);
    },
  },
};

/**
 * A copy of `wire` with each path of `expand[]` filled in, nested and through lists.
 *
 * @throws StripeError 400 for a field that Stripe does not expand, and below four levels
 */
export function expandAll(world: World, wire: Wire, paths: readonly string[]): Wire {
  let expanded = wire;
  for (const path of paths) {
    const steps = path.split(".");
    if (steps.filter((step) => step !== "data").length > DEPTH_MAX) {
      throw invalidRequest(`You cannot expand more than 4 levels of a property: ${path}`);
    }
    expanded = expandObject(world, expanded, { steps, path, place: "" });
  }
  return expanded;
}

/** `place` is where in the named object we stand, such as `invoice_payment.payment`. */
type Journey = { steps: readonly string[]; path: string; place: string };

function expandObject(world: World, wire: Wire, journey: Journey): Wire {
  const [step, ...steps] = journey.steps;
  if (step === undefined) return wire;
  const place = typeof wire.object === "string" ? wire.object : journey.place;
  const id = typeof wire.id === "string" ? wire.id : "";
  const included = wire[step] === undefined ? INCLUDABLE[place]?.[step]?.(world, id) : undefined;
  const value = wire[step] ?? included;
  const target = EXPANDABLE[place]?.[step];
  // An optional part that this object lacks, such as the price of a line without one, is no error.
  const isPart = Object.keys(EXPANDABLE).some((part) => part === `${place}.${step}`);
  const isKnown =
    isPart || target !== undefined || wire[step] !== undefined || included !== undefined;
  if (!isKnown && wire.deleted !== true) throw cannotExpand(journey.path);
  if (value === undefined || value === null) return wire;
  const inner = { steps, path: journey.path, place: `${place}.${step}` };
  if (target === undefined && steps.length === 0 && included === undefined && !isExpanded(value)) {
    throw cannotExpand(journey.path);
  }
  return { ...wire, [step]: expandValue(world, value, { ...inner, target }) };
}

function expandValue(
  world: World,
  value: Json,
  journey: Journey & { target: Target | undefined },
): Json {
  if (Array.isArray(value)) return value.map((member) => expandValue(world, member, journey));
  if (isWire(value)) return expandObject(world, value, journey);
  if (typeof value !== "string" || journey.target === undefined) return value;
  const found = targetOf(world, journey.target, value);
  return found === undefined ? value : expandObject(world, found, journey);
}

function targetOf(world: World, target: Target, id: string): Wire | undefined {
  if (target === "bank_account") return formatBankAccount(id);
  const table = target === "by_prefix" ? tableOfId(id) : target;
  return table === undefined ? undefined : present(world, table, id);
}

/** Already an object, or a list of objects: asking for it again changes nothing. */
function isExpanded(value: Json): boolean {
  const first: Json | undefined = Array.isArray(value) ? (value[0] ?? {}) : value;
  return isWire(first);
}

function cannotExpand(path: string): Error {
  return invalidRequest(`This property cannot be expanded (${path}).`);
}
