import { invalidRequest } from "../errors.ts";
import { formatInvoice } from "../formatters/billing.ts";
import { formatCustomer } from "../formatters/catalog.ts";
import { formatCheckoutSession } from "../formatters/checkout.ts";
import { fullAddress } from "../formatters/payment-method.ts";
import { newId } from "../random.ts";
import type { CheckoutSessionRow, InvoiceRow } from "../store/billing-rows.ts";
import type { PaymentMethodRow } from "../store/money-rows.ts";
import { isWire, type Json, type Wire } from "../wire.ts";
import type { World } from "../world.ts";
import { sessionTotals } from "./checkout-totals.ts";
import { newCustomer } from "./customers.ts";
import { emit } from "./emit.ts";
import { addIntent, confirmIntent } from "./intents.ts";
import { addInvoicePayment, onIntentPaid } from "./invoice-payments.ts";
import { newInvoice } from "./invoices.ts";

/** What the shopper typed. */
export type Shopper = {
  email?: string | null | undefined;
  name?: string | null | undefined;
  phone?: string | null | undefined;
  address?: Json | undefined;
  shipping?: Json | undefined;
};

/**
 * Ends an open session as a shopper who pays: customer, intent, charge, then
 * `checkout.session.completed`.
 *
 * @throws StripeError 402 for a declined card (the session stays open), 400 for a session not open
 */
export function completeSession(
  world: World,
  session: CheckoutSessionRow,
  method: PaymentMethodRow,
  shopper: Shopper,
): CheckoutSessionRow {
  if (session.status !== "open") throw invalidRequest(`This session is ${session.status}.`);
  const { total } = sessionTotals(world, session);
  const customer = customerFor(world, session, shopper);
  const known = customer === null ? undefined : world.tables.customer.get(customer);
  const filled: CheckoutSessionRow = {
    ...session,
    customer,
    shipping_details: shippingDetails(shopper) ?? session.shipping_details,
    customer_details: {
      address:
        shopper.address === undefined ? (known?.address ?? null) : fullAddress(shopper.address),
      business_name: null,
      email: shopper.email ?? session.customer_email ?? known?.email ?? null,
      individual_name: null,
      name: shopper.name ?? known?.name ?? null,
      phone: shopper.phone ?? known?.phone ?? null,
      tax_exempt: known?.tax_exempt ?? "none",
      tax_ids: [],
    },
  };
  if (total === 0) return conclude(world, { ...filled, payment_status: "no_payment_required" });
  return payFor(world, filled, { method, total });
}

function shippingDetails(shopper: Shopper): Wire | undefined {
  if (!isWire(shopper.shipping)) return undefined;
  const { address, name } = shopper.shipping;
  return { address: fullAddress(address), name: name ?? shopper.name ?? "" };
}

function payFor(
  world: World,
  session: CheckoutSessionRow,
  payment: { method: PaymentMethodRow; total: number },
): CheckoutSessionRow {
  const given = session.payment_intent_data;
  const text = (name: string) => (typeof given[name] === "string" ? given[name] : null);
  const intent = addIntent(world, {
    amount: payment.total,
    currency: session.currency,
    customer: session.customer,
    description: text("description"),
    metadata: session.payment_intent_metadata,
    receipt_email: text("receipt_email"),
    setup_future_usage: text("setup_future_usage"),
    shipping: isWire(given.shipping) ? given.shipping : null,
    statement_descriptor: text("statement_descriptor"),
    statement_descriptor_suffix: text("statement_descriptor_suffix"),
    transfer_group: text("transfer_group"),
    capture_method: text("capture_method") ?? "automatic_async",
    payment_method_types: session.payment_method_types,
  });
  const paid = confirmIntent(world, intent, payment.method);
  const payment_status = paid.status === "succeeded" ? "paid" : "unpaid";
  const invoice = session.invoice_creation ? invoiceFor(world, session, paid.id) : null;
  return conclude(world, { ...session, payment_intent: paid.id, payment_status, invoice });
}

function conclude(world: World, session: CheckoutSessionRow): CheckoutSessionRow {
  const row = world.tables.checkout_session.put({ ...session, status: "complete" });
  emit(world, "checkout.session.completed", formatCheckoutSession(world, row));
  return row;
}

/** A guest keeps none, unless the session asks for a customer or makes an invoice. */
function customerFor(world: World, session: CheckoutSessionRow, shopper: Shopper): string | null {
  if (session.customer !== null) return session.customer;
  if (session.customer_creation !== "always" && !session.invoice_creation) return null;
  const row = world.tables.customer.put({
    ...newCustomer(world, newId("customer")),
    email: shopper.email ?? session.customer_email,
    name: shopper.name ?? null,
    phone: shopper.phone ?? null,
    address: shopper.address ?? null,
  });
  emit(world, "customer.created", formatCustomer(world, row));
  return row.id;
}

/** The paid invoice that `invoice_creation` makes, with the session's lines. */
function invoiceFor(world: World, session: CheckoutSessionRow, intentId: string): string | null {
  const intent = world.tables.payment_intent.get(intentId);
  if (session.customer === null || intent === undefined) return null;
  const now = world.nowSeconds();
  const customer = world.tables.customer.get(session.customer);
  const sequence = customer?.next_invoice_sequence ?? 1;
  if (customer !== undefined) {
    world.tables.customer.put({ ...customer, next_invoice_sequence: sequence + 1 });
  }
  const invoice: InvoiceRow = {
    ...newInvoice(world, session.customer, session.currency),
    created: now,
    status: "open",
    number: `${customer?.invoice_prefix ?? "SANDBOX"}-${String(sequence).padStart(4, "0")}`,
    metadata: session.invoice_metadata,
    discounts: session.discounts,
    finalized_at: now,
    effective_at: now,
    ending_balance: 0,
    test_clock: null,
    amount_shipping: (session.shipping_amount ?? 0) + session.shipping_tax,
  };
  world.tables.invoice.put(invoice);
  copyLines(world, session, invoice);
  emit(world, "invoice.created", formatInvoice(world, { ...invoice, status: "draft" }));
  emit(world, "invoice.finalized", formatInvoice(world, invoice));
  addInvoicePayment(world, invoice, intent);
  if (intent.status === "succeeded") onIntentPaid(world, intent);
  return invoice.id;
}

function copyLines(world: World, session: CheckoutSessionRow, invoice: InvoiceRow): void {
  for (const line of world.tables.checkout_line.by("session", session.id)) {
    const price = world.tables.price.get(line.price);
    const discount = session.discounts[0];
    const discount_amounts =
      discount === undefined || line.amount_discount === 0
        ? []
        : [{ amount: line.amount_discount, discount }];
    world.tables.invoice_line.put({
      id: newId("invoice_line"),
      created: invoice.created,
      invoice: invoice.id,
      invoice_item: null,
      amount: line.amount_subtotal,
      currency: line.currency,
      description: line.description,
      quantity: line.quantity,
      unit_amount_decimal: price?.unit_amount_decimal ?? null,
      price: line.price,
      product: price?.product ?? null,
      discountable: true,
      discounts: [],
      discount_amounts,
      taxes: line.taxes,
      tax_rates: line.tax_rates,
      manual_taxes: null,
      period_start: invoice.created,
      period_end: invoice.created,
      metadata: line.metadata,
    });
  }
}

/** Lets an open session lapse. */
export function expireSession(world: World, session: CheckoutSessionRow): CheckoutSessionRow {
  if (session.status !== "open") throw invalidRequest(`This session is ${session.status}.`);
  const row = world.tables.checkout_session.put({ ...session, status: "expired" });
  const wire: Wire = formatCheckoutSession(world, row);
  emit(world, "checkout.session.expired", wire);
  return row;
}
