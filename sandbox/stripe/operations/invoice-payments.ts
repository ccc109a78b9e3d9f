import { formatInvoice, formatInvoicePayment } from "../formatters/billing.ts";
import { newId } from "../random.ts";
import type { InvoicePaymentRow, InvoiceRow } from "../store/billing-rows.ts";
import type { PaymentIntentRow } from "../store/money-rows.ts";
import type { World } from "../world.ts";
import { emit } from "./emit.ts";
import { invoiceTotals } from "./invoice-totals.ts";

/** Ties an intent to an invoice; the first one of an invoice is its default payment. */
export function addInvoicePayment(
  world: World,
  invoice: InvoiceRow,
  intent: PaymentIntentRow,
): InvoicePaymentRow {
  const isFirst = world.tables.invoice_payment.by("invoice", invoice.id).length === 0;
  const row = world.tables.invoice_payment.put({
    id: newId("invoice_payment"),
    created: world.nowSeconds(),
    invoice: invoice.id,
    payment_intent: intent.id,
    amount_requested: intent.amount,
    amount_paid: null,
    currency: invoice.currency,
    is_default: isFirst,
    status: "open",
    paid_at: null,
    canceled_at: null,
  });
  world.tables.payment_intent.put({ ...intent, invoice: invoice.id });
  return row;
}

/** Marks the invoice payments of a paid intent as paid, and their invoices when nothing is left. */
export function onIntentPaid(world: World, intent: PaymentIntentRow): void {
  for (const payment of world.tables.invoice_payment.by("payment_intent", intent.id)) {
    if (payment.status !== "open") continue;
    const invoice = world.tables.invoice.get(payment.invoice);
    if (invoice === undefined) continue;
    const { amountRemaining } = invoiceTotals(world, invoice);
    const amount_paid = Math.min(intent.amount_received, Math.max(amountRemaining, 0));
    const paid = world.tables.invoice_payment.put({
      ...payment,
      amount_paid,
      status: "paid",
      paid_at: world.nowSeconds(),
    });
    const credited = world.tables.invoice.put({
      ...invoice,
      amount_paid: invoice.amount_paid + amount_paid,
      attempt_count: invoice.attempt_count + 1,
    });
    settleInvoice(world, credited);
    emit(world, "invoice_payment.paid", formatInvoicePayment(world, paid));
  }
}

/** Opens the invoice payments of an intent again whose money its bank took back. */
export function onIntentReturned(world: World, intent: PaymentIntentRow): void {
  for (const payment of world.tables.invoice_payment.by("payment_intent", intent.id)) {
    const invoice = world.tables.invoice.get(payment.invoice);
    if (payment.status !== "paid" || invoice === undefined) continue;
    const opened = { ...payment, amount_paid: null, status: "open" as const, paid_at: null };
    world.tables.invoice_payment.put(opened);
    const amount_paid = invoice.amount_paid - (payment.amount_paid ?? 0);
    const owed = { ...invoice, amount_paid, status: "open" as const, paid_at: null };
    world.tables.invoice.put(owed);
    emit(world, "invoice.payment_failed", formatInvoice(world, owed));
  }
}

/** Ends an open invoice with nothing left to pay; a partly paid one stays open. */
export function settleInvoice(world: World, invoice: InvoiceRow): InvoiceRow {
  if (invoice.status !== "open" && invoice.status !== "uncollectible") return invoice;
  if (invoiceTotals(world, invoice).amountRemaining > 0) {
    emit(world, "invoice.updated", formatInvoice(world, invoice));
    return invoice;
  }
  const paid = world.tables.invoice.put({
    ...invoice,
    status: "paid",
    paid_at: world.nowSeconds(),
  });
  emit(world, "invoice.paid", formatInvoice(world, paid));
  emit(world, "invoice.payment_succeeded", formatInvoice(world, paid));
  return paid;
}
