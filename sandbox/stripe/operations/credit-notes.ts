import { invalidRequest, resourceMissing } from "../errors.ts";
import { formatInvoice } from "../formatters/billing.ts";
import { formatCreditNote } from "../formatters/credit-notes.ts";
import type { Params } from "../http/params.ts";
import { newId } from "../random.ts";
import type { InvoiceRow } from "../store/billing-rows.ts";
import type { CreditNoteLineRow, CreditNoteRow } from "../store/credit-rows.ts";
import type { ChargeRow } from "../store/money-rows.ts";
import type { World } from "../world.ts";
import { creditLinesIn, creditLineTotal } from "./credit-note-lines.ts";
import { moveBalance } from "./customer-balance.ts";
import { emit } from "./emit.ts";
import { billingNow } from "./invoice-lines.ts";
import { settleInvoice } from "./invoice-payments.ts";
import { invoiceTotals } from "./invoice-totals.ts";
import { cancelPayments, invoiceOf, matchOpenPayment } from "./invoices.ts";
import { sumOf } from "./line-math.ts";
import { refundable, refundCharge, refundOf } from "./refunds.ts";

const REASONS = ["duplicate", "fraudulent", "order_change", "product_unsatisfactory"];

/** A credit note by its id. */
export function creditNoteOf(world: World, id: string): CreditNoteRow {
  const row = world.tables.credit_note.get(id);
  if (row === undefined) throw resourceMissing("credit_note", id);
  return row;
}

/** A credit note as it would be, and how its part after payment is given back. */
export type Plan = {
  invoice: InvoiceRow;
  note: CreditNoteRow;
  lines: CreditNoteLineRow[];
  refundAmount: number;
  creditAmount: number;
};

/**
 * Works out a credit note: what it takes off an invoice that is not yet paid, and what is left to
 * give back.
 *
 * @throws StripeError 400 for an invoice in another state, for more than the invoice, and when what
 *   is given back does not add up to the part after payment
 */
export function planCreditNote(world: World, params: Params): Plan {
  const invoice = invoiceOf(world, params.required("invoice"));
  if (!["open", "paid", "uncollectible"].includes(invoice.status)) {
    throw invalidRequest("You can only create a credit note on an open or paid invoice.");
  }
  const id = newId("credit_note");
  const lines = creditLinesIn(world, params, { invoice, note: id });
  const amount_shipping = params.has("shipping_cost") ? invoice.amount_shipping : 0;
  const amount = sumOf(lines, creditLineTotal) + amount_shipping;
  checkTotal(world, invoice, amount, params.integer("amount"));
  const left = invoice.status === "paid" ? 0 : invoiceTotals(world, invoice).amountRemaining;
  const pre_payment_amount = Math.min(amount, Math.max(left, 0));
  const refunds = linkedRefunds(world, params);
  const now = billingNow(world, invoice.customer);
  const plan: Plan = {
    invoice,
    lines,
    refundAmount: params.integer("refund_amount") ?? 0,
    creditAmount: params.integer("credit_amount") ?? 0,
    note: {
      id,
      created: now,
      amount,
      currency: invoice.currency,
      customer: invoice.customer,
      invoice: invoice.id,
      number: nextNumber(world, invoice),
      memo: params.text("memo") ?? null,
      reason: params.oneOf("reason", REASONS) ?? null,
      metadata: params.metadata(),
      effective_at: params.integer("effective_at") ?? now,
      status: "issued",
      voided_at: null,
      amount_shipping,
      pre_payment_amount,
      post_payment_amount: amount - pre_payment_amount,
      out_of_band_amount: params.integer("out_of_band_amount") ?? null,
      customer_balance_transaction: null,
      refunds,
    },
  };
  checkGivenBack(plan);
  return plan;
}

function checkTotal(
  world: World,
  invoice: InvoiceRow,
  amount: number,
  asked: number | undefined,
): void {
  if (asked !== undefined && asked !== amount) {
    const message = `The sum of the lines (${amount}) must equal the amount (${asked}).`;
    throw invalidRequest(message, undefined, "amount");
  }
  if (amount < 1) throw invalidRequest("One of amount, lines or shipping_cost must be provided.");
  const notes = world.tables.credit_note.by("invoice", invoice.id);
  const issued = notes.filter((note) => note.status === "issued");
  const most = invoiceTotals(world, invoice).total - sumOf(issued, (note) => note.amount);
  if (amount <= most) return;
  const message = `The credit note amount (${amount}) is above what can be credited (${most}).`;
  throw invalidRequest(message, undefined, "amount");
}

function checkGivenBack({ note, refundAmount, creditAmount }: Plan): void {
  const linked = sumOf(note.refunds, (one) => one.amount_refunded);
  const back = refundAmount + creditAmount + (note.out_of_band_amount ?? 0) + linked;
  if (back === note.post_payment_amount) return;
  const message =
    `The sum of credit amount, refund amount and out of band amount (${back}) must equal the ` +
    `post payment amount (${note.post_payment_amount}).`;
  throw invalidRequest(message);
}

function linkedRefunds(world: World, params: Params): CreditNoteRow["refunds"] {
  return params.nestedList("refunds").map((given) => {
    const refund = refundOf(world, given.required("refund"), given.path("refund"));
    const amount_refunded = given.integer("amount_refunded") ?? refund.amount;
    return { refund: refund.id, amount_refunded };
  });
}

function nextNumber(world: World, invoice: InvoiceRow): string {
  const sequence = world.tables.credit_note.by("invoice", invoice.id).length + 1;
  return `${invoice.number ?? "DRAFT"}-CN-${String(sequence).padStart(2, "0")}`;
}

/** Issues a credit note: the invoice, refunds and the customer's balance follow in one change. */
export function issueCreditNote(world: World, plan: Plan): CreditNoteRow {
  for (const line of plan.lines) world.tables.credit_note_line.put(line);
  const made = refundInvoice(world, plan);
  const customer = world.tables.customer.get(plan.note.customer);
  const credit =
    plan.creditAmount === 0 || customer === undefined
      ? null
      : moveBalance(world, customer, {
          amount: -plan.creditAmount,
          currency: plan.note.currency,
          type: "credit_note",
          credit_note: plan.note.id,
          invoice: plan.invoice.id,
        });
  const note = world.tables.credit_note.put({
    ...plan.note,
    refunds: [...plan.note.refunds, ...made],
    customer_balance_transaction: credit?.id ?? null,
  });
  emit(world, "credit_note.created", formatCreditNote(world, note));
  creditInvoice(world, note, 1);
  return note;
}

/** Refunds of the invoice's charges, the newest first, up to the amount that is asked for. */
function refundInvoice(
  world: World,
  { invoice, note, refundAmount }: Plan,
): CreditNoteRow["refunds"] {
  const made: CreditNoteRow["refunds"] = [];
  let left = refundAmount;
  for (const charge of chargesOf(world, invoice)) {
    const amount = Math.min(left, refundable(world, charge));
    if (amount <= 0) continue;
    const reason = note.reason === "duplicate" || note.reason === "fraudulent" ? note.reason : null;
    const refund = refundCharge(world, charge, { amount, reason, metadata: {} });
    made.push({ refund: refund.id, amount_refunded: amount });
    left -= amount;
  }
  if (left === 0) return made;
  const message = `The refund amount (${refundAmount}) is above what was paid and not refunded.`;
  throw invalidRequest(message, "amount_too_large", "refund_amount");
}

function chargesOf(world: World, invoice: InvoiceRow): ChargeRow[] {
  const payments = world.tables.invoice_payment.by("invoice", invoice.id).toReversed();
  return payments.flatMap((payment) => {
    const intent = world.tables.payment_intent.get(payment.payment_intent);
    return world.tables.charge.get(intent?.latest_charge ?? "") ?? [];
  });
}

/** Puts a credit note's sums on its invoice, or takes them off; one with nothing due is paid. */
function creditInvoice(world: World, note: CreditNoteRow, sign: -1 | 1): void {
  const before = invoiceOf(world, note.invoice);
  const wire = formatInvoice(world, before);
  const invoice = world.tables.invoice.put({
    ...before,
    pre_payment_credit: (before.pre_payment_credit ?? 0) + sign * note.pre_payment_amount,
    post_payment_credit: (before.post_payment_credit ?? 0) + sign * note.post_payment_amount,
  });
  emit(world, "invoice.updated", formatInvoice(world, invoice), wire);
  if (invoice.status === "paid" || note.pre_payment_amount === 0) return;
  if (invoiceTotals(world, invoice).amountRemaining > 0) {
    matchOpenPayment(world, invoice);
    return;
  }
  cancelPayments(world, invoice.id);
  settleInvoice(world, invoice);
}

/**
 * Voids a credit note that took its amount off an invoice which is still open.
 *
 * @throws StripeError 400 for one that has given money back, or was voided before
 */
export function voidCreditNote(world: World, note: CreditNoteRow): CreditNoteRow {
  const { status } = invoiceOf(world, note.invoice);
  if (note.status !== "issued" || note.post_payment_amount > 0 || status !== "open") {
    throw invalidRequest("You can only void an issued credit note on an open invoice.");
  }
  const voided_at = billingNow(world, note.customer);
  const row = world.tables.credit_note.put({ ...note, status: "void", voided_at });
  emit(world, "credit_note.voided", formatCreditNote(world, row));
  creditInvoice(world, row, -1);
  return row;
}
