import { invalidRequest, resourceMissing, StripeError } from "../errors.ts";
import { customerPart, formatInvoice } from "../formatters/billing.ts";
import { newId } from "../random.ts";
import type { InvoicePaymentRow, InvoiceRow, InvoiceStatus } from "../store/billing-rows.ts";
import type { PaymentIntentRow, PaymentMethodRow } from "../store/money-rows.ts";
import type { World } from "../world.ts";
import { moveBalance } from "./customer-balance.ts";
import { emit } from "./emit.ts";
import { addIntent, cancelIntent, confirmIntent } from "./intents.ts";
import { billingNow } from "./invoice-lines.ts";
import { addInvoicePayment, settleInvoice } from "./invoice-payments.ts";
import { invoiceTotals } from "./invoice-totals.ts";

/** A draft of a customer, with nothing in it yet; it is not saved. */
export function newInvoice(world: World, customer: string, currency: string): InvoiceRow {
  const row = world.tables.customer.get(customer);
  return {
    id: newId("invoice"),
    created: billingNow(world, customer),
    customer,
    currency,
    status: "draft",
    number: null,
    description: null,
    metadata: {},
    collection_method: "charge_automatically",
    auto_advance: false,
    billing_reason: "manual",
    due_date: null,
    days_until_due: null,
    default_payment_method: null,
    default_tax_rates: [],
    discounts: [],
    footer: null,
    statement_descriptor: null,
    custom_fields: null,
    shipping_details: null,
    amount_shipping: 0,
    amount_paid: 0,
    amount_paid_off_stripe: 0,
    attempt_count: 0,
    starting_balance: 0,
    ending_balance: null,
    effective_at: null,
    finalized_at: null,
    paid_at: null,
    voided_at: null,
    marked_uncollectible_at: null,
    test_clock: row?.test_clock ?? null,
    customer_snapshot: null,
    deleted: false,
  };
}

/** An invoice that is there and not deleted. */
export function invoiceOf(world: World, id: string): InvoiceRow {
  const row = world.tables.invoice.get(id);
  if (row === undefined || row.deleted) throw resourceMissing("invoice", id, "invoice");
  return row;
}

/** Refuses an invoice that is in none of the states. */
export function mustBe(invoice: InvoiceRow, allowed: readonly InvoiceStatus[], act: string): void {
  if (allowed.includes(invoice.status)) return;
  const wanted = allowed.join(" or ");
  const message = `You can only ${act} an invoice that is ${wanted}; it is ${invoice.status}.`;
  throw invalidRequest(message, "invoice_not_editable");
}

/** Writes an invoice and tells of the change. */
export function changeInvoice(world: World, after: InvoiceRow, event: string): InvoiceRow {
  const before = formatInvoice(world, invoiceOf(world, after.id));
  const row = world.tables.invoice.put(after);
  emit(world, event, formatInvoice(world, row), before);
  return row;
}

/**
 * Gives a draft its number, uses up the customer's balance, and opens it; one with nothing due is
 * paid at once. A PaymentIntent for the rest is made and tied by an invoice payment.
 */
export function finalizeInvoice(world: World, draft: InvoiceRow): InvoiceRow {
  mustBe(draft, ["draft"], "finalize");
  const numbered = { ...draft, number: draft.number ?? nextNumber(world, draft.customer) };
  const now = billingNow(world, draft.customer);
  const used = useBalance(world, numbered);
  const days = used.days_until_due ?? (used.collection_method === "send_invoice" ? 30 : null);
  const due = used.due_date ?? (days === null ? null : now + days * 86_400);
  const open = world.tables.invoice.put({
    ...used,
    status: "open",
    finalized_at: now,
    effective_at: draft.effective_at ?? now,
    due_date: due,
    customer_snapshot: customerPart(world, draft.customer),
  });
  const { amountDue } = invoiceTotals(world, open);
  if (amountDue > 0) {
    const intent = addIntent(world, {
      amount: amountDue,
      currency: open.currency,
      customer: open.customer,
      capture_method: "automatic",
      description: open.description,
      invoice: open.id,
    });
    addInvoicePayment(world, open, intent);
  }
  emit(world, "invoice.finalized", formatInvoice(world, open));
  return amountDue > 0 ? open : settleInvoice(world, open);
}

function nextNumber(world: World, customerId: string): string {
  const customer = world.tables.customer.get(customerId);
  if (customer === undefined) throw resourceMissing("customer", customerId, "customer");
  const sequence = customer.next_invoice_sequence;
  world.tables.customer.put({ ...customer, next_invoice_sequence: sequence + 1 });
  return `${customer.invoice_prefix}-${String(sequence).padStart(4, "0")}`;
}

/** Credit (a negative balance) pays first; a debt is asked for on top. */
function useBalance(world: World, invoice: InvoiceRow): InvoiceRow {
  const customer = world.tables.customer.get(invoice.customer);
  const balance = customer?.balance ?? 0;
  const { total } = invoiceTotals(world, { ...invoice, ending_balance: null });
  const used = balance < 0 ? Math.min(-balance, Math.max(total, 0)) : -balance;
  const ending_balance = balance + used;
  if (customer !== undefined && ending_balance !== balance) {
    moveBalance(world, customer, {
      amount: used,
      currency: invoice.currency,
      type: "applied_to_invoice",
      invoice: invoice.id,
    });
  }
  return { ...invoice, starting_balance: balance, ending_balance };
}

/**
 * Pays an invoice, a draft after finalising it, with the method given or the default one.
 *
 * @throws StripeError 402 for a declined card (its rows stay), 400 without a payment method
 */
export function payInvoice(
  world: World,
  invoice: InvoiceRow,
  method: PaymentMethodRow | undefined,
): InvoiceRow {
  const open = invoice.status === "draft" ? finalizeInvoice(world, invoice) : invoice;
  if (open.status === "paid" && invoice.status === "draft") return open;
  mustBe(open, ["open", "uncollectible"], "pay");
  if (method === undefined) {
    const message = "There is no payment method attached to this customer or this invoice.";
    throw invalidRequest(message, "resource_missing", "payment_method");
  }
  const intent = intentToPay(world, open);
  try {
    confirmIntent(world, intent, method);
  } catch (error) {
    if (error instanceof StripeError && error.keepsRows) noteFailure(world, open.id);
    throw error;
  }
  return invoiceOf(world, open.id);
}

function noteFailure(world: World, id: string): void {
  const invoice = invoiceOf(world, id);
  const failed = { ...invoice, attempt_count: invoice.attempt_count + 1 };
  emit(world, "invoice.payment_failed", formatInvoice(world, world.tables.invoice.put(failed)));
}

/** The open intent of the invoice, for what is still to pay. */
function intentToPay(world: World, invoice: InvoiceRow): PaymentIntentRow {
  const { amountRemaining } = invoiceTotals(world, invoice);
  const payment = openPayment(world, invoice.id);
  const intent =
    payment === undefined ? undefined : world.tables.payment_intent.get(payment.payment_intent);
  if (payment === undefined || intent === undefined) {
    const made = addIntent(world, {
      amount: amountRemaining,
      currency: invoice.currency,
      customer: invoice.customer,
      capture_method: "automatic",
      invoice: invoice.id,
    });
    addInvoicePayment(world, invoice, made);
    return made;
  }
  world.tables.invoice_payment.put({ ...payment, amount_requested: amountRemaining });
  return world.tables.payment_intent.put({ ...intent, amount: amountRemaining });
}

function openPayment(world: World, invoice: string): InvoicePaymentRow | undefined {
  const payments = world.tables.invoice_payment.by("invoice", invoice);
  return payments.find((payment) => payment.status === "open" && payment.is_default);
}

/** Marks an invoice as paid outside Stripe: no charge, no balance row. */
export function payOutOfBand(world: World, invoice: InvoiceRow): InvoiceRow {
  const open = invoice.status === "draft" ? finalizeInvoice(world, invoice) : invoice;
  mustBe(open, ["open", "uncollectible"], "pay");
  cancelPayments(world, open.id);
  const { amountRemaining } = invoiceTotals(world, open);
  const paid = world.tables.invoice.put({
    ...open,
    amount_paid: open.amount_paid + amountRemaining,
    amount_paid_off_stripe: open.amount_paid_off_stripe + amountRemaining,
  });
  return settleInvoice(world, paid);
}

/** Voids a finalised invoice and calls off what was to pay it. */
export function voidInvoice(world: World, invoice: InvoiceRow): InvoiceRow {
  mustBe(invoice, ["open", "uncollectible"], "void");
  cancelPayments(world, invoice.id);
  const voided_at = billingNow(world, invoice.customer);
  return changeInvoice(world, { ...invoice, status: "void", voided_at }, "invoice.voided");
}

/** Lets the open payment of an invoice ask for what is left to pay. */
export function matchOpenPayment(world: World, invoice: InvoiceRow): void {
  if (openPayment(world, invoice.id) !== undefined) intentToPay(world, invoice);
}

/** Calls off what was to pay an invoice. */
export function cancelPayments(world: World, invoice: string): void {
  for (const payment of world.tables.invoice_payment.by("invoice", invoice)) {
    if (payment.status !== "open") continue;
    const canceled_at = world.nowSeconds();
    world.tables.invoice_payment.put({ ...payment, status: "canceled", canceled_at });
    const intent = world.tables.payment_intent.get(payment.payment_intent);
    if (intent !== undefined && intent.status !== "canceled") {
      cancelIntent(world, intent, "void_invoice");
    }
  }
}
