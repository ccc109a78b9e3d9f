import { invoiceTotals } from "../operations/invoice-totals.ts";
import type {
  InvoiceItemRow,
  InvoiceLineRow,
  InvoicePaymentRow,
  InvoiceRow,
} from "../store/billing-rows.ts";
import type { TaxAmount } from "../store/catalog-rows.ts";
import { type Json, type Wire, wireList } from "../wire.ts";
import type { World } from "../world.ts";
import { formatTaxRate } from "./catalog.ts";

/** Lines that an invoice carries within itself; the rest is at its `lines` endpoint. */
const EMBEDDED_LINES_MAX = 10;

/** Invoice on the wire, as version 2026-10-28 has it; a deleted one is only its id. */
export function formatInvoice(world: World, row: InvoiceRow): Wire {
  if (row.deleted) return { id: row.id, object: "invoice", deleted: true };
  const totals = invoiceTotals(world, row);
  const customer = row.customer_snapshot ?? customerPart(world, row.customer);
  return {
    id: row.id,
    object: "invoice",
    ...FIXED,
    ...customer,
    amount_due: totals.amountDue,
    amount_overpaid: 0,
    amount_paid: row.amount_paid,
    amount_paid_off_stripe: row.amount_paid_off_stripe,
    amount_remaining: totals.amountRemaining,
    amount_shipping: row.amount_shipping,
    attempt_count: row.attempt_count,
    attempted: row.attempt_count > 0,
    auto_advance: row.auto_advance,
    billing_reason: row.billing_reason,
    collection_method: row.collection_method,
    created: row.created,
    currency: row.currency,
    custom_fields: row.custom_fields,
    customer: row.customer,
    default_payment_method: row.default_payment_method,
    default_tax_rates: row.default_tax_rates.flatMap((id) => taxRate(world, id)),
    description: row.description,
    discounts: row.discounts,
    due_date: row.due_date,
    effective_at: row.effective_at,
    ending_balance: row.ending_balance,
    footer: row.footer,
    hosted_invoice_url: hostedUrl(row),
    invoice_pdf: row.finalized_at === null ? null : `${hostedUrl(row) ?? ""}/pdf`,
    lines: embeddedLines(totals.lines, row.id),
    metadata: row.metadata,
    number: row.number,
    period_end: row.created,
    period_start: row.created,
    post_payment_credit_notes_amount: row.post_payment_credit ?? 0,
    pre_payment_credit_notes_amount: row.pre_payment_credit ?? 0,
    shipping_cost: shippingCost(row),
    shipping_details: row.shipping_details,
    starting_balance: row.starting_balance,
    statement_descriptor: row.statement_descriptor,
    status: row.status,
    status_transitions: {
      finalized_at: row.finalized_at,
      marked_uncollectible_at: row.marked_uncollectible_at,
      paid_at: row.paid_at,
      voided_at: row.voided_at,
    },
    subtotal: totals.subtotal,
    subtotal_excluding_tax: totals.subtotalExcludingTax,
    test_clock: row.test_clock,
    total: totals.total,
    total_discount_amounts: totals.discounts.map(({ amount, discount }) => ({ amount, discount })),
    total_excluding_tax: totals.totalExcludingTax,
    total_pretax_credit_amounts: totals.discounts.map(({ amount, discount }) => ({
      amount,
      discount,
      type: "discount",
    })),
    total_taxes: totals.taxes.map(formatTax),
    webhooks_delivered_at: row.finalized_at,
  };
}

const FIXED: Wire = {
  account_country: "US",
  account_name: "Sandbox Shop",
  account_tax_ids: null,
  application: null,
  automatic_tax: {
    disabled_reason: null,
    enabled: false,
    liability: null,
    provider: null,
    status: null,
  },
  automatically_finalizes_at: null,
  customer_account: null,
  default_source: null,
  from_invoice: null,
  issuer: { type: "self" },
  last_finalization_error: null,
  latest_revision: null,
  livemode: false,
  next_payment_attempt: null,
  on_behalf_of: null,
  parent: null,
  payment_settings: {
    default_mandate: null,
    payment_method_options: null,
    payment_method_types: null,
  },
  receipt_number: null,
  rendering: null,
};

/** The customer fields of an invoice, as the customer stands now. */
export function customerPart(world: World, id: string): Wire {
  const customer = world.tables.customer.get(id);
  return {
    customer_address: customer?.address ?? null,
    customer_email: customer?.email ?? null,
    customer_name: customer?.name ?? null,
    customer_phone: customer?.phone ?? null,
    customer_shipping: customer?.shipping ?? null,
    customer_tax_exempt: customer?.tax_exempt ?? "none",
    customer_tax_ids: (customer?.tax_ids ?? []).map(({ type, value }) => ({ type, value })),
  };
}

function hostedUrl(row: InvoiceRow): string | null {
  return row.finalized_at === null ? null : `https://invoice.stripe.com/i/test_${row.id}`;
}

function shippingCost(row: InvoiceRow): Json {
  if (row.amount_shipping === 0) return null;
  const amount = row.amount_shipping;
  return { amount_subtotal: amount, amount_tax: 0, amount_total: amount, shipping_rate: null };
}

function taxRate(world: World, id: string): Wire[] {
  const rate = world.tables.tax_rate.get(id);
  return rate === undefined ? [] : [formatTaxRate(world, rate)];
}

function embeddedLines(lines: readonly InvoiceLineRow[], invoice: string): Wire {
  const first = lines.slice(0, EMBEDDED_LINES_MAX).map(formatInvoiceLine);
  const url = `/v1/invoices/${invoice}/lines`;
  return { ...wireList(url, first, lines.length > EMBEDDED_LINES_MAX), total_count: lines.length };
}

/** One tax entry of `taxes` and `total_taxes`. */
export function formatTax(tax: TaxAmount): Wire {
  return {
    amount: tax.amount,
    tax_behavior: tax.inclusive ? "inclusive" : "exclusive",
    tax_rate_details: { tax_rate: tax.tax_rate },
    taxability_reason: tax.reason ?? "standard_rated",
    taxable_amount: tax.taxable_amount,
    type: "tax_rate_details",
  };
}

function pricing(row: InvoiceItemRow | InvoiceLineRow): Json {
  const details =
    row.price === null || row.product === null
      ? {}
      : { price_details: { price: row.price, product: row.product } };
  return { ...details, type: "price_details", unit_amount_decimal: row.unit_amount_decimal };
}

/** Invoice line on the wire (`object` is "line_item"). */
export function formatInvoiceLine(row: InvoiceLineRow): Wire {
  const itemDetails = {
    invoice_item: row.invoice_item ?? "",
    proration: false,
    proration_details: null,
    subscription: null,
  };
  return {
    id: row.id,
    object: "line_item",
    amount: row.amount,
    currency: row.currency,
    description: row.description,
    discount_amounts: row.discount_amounts.map(({ amount, discount }) => ({ amount, discount })),
    discountable: row.discountable,
    discounts: row.discounts,
    invoice: row.invoice,
    livemode: false,
    metadata: row.metadata,
    parent: {
      invoice_item_details: itemDetails,
      subscription_item_details: null,
      type: "invoice_item_details",
    },
    period: { end: row.period_end, start: row.period_start },
    pretax_credit_amounts: row.discount_amounts.map(({ amount, discount }) => ({
      amount,
      discount,
      type: "discount",
    })),
    pricing: pricing(row),
    quantity: row.quantity,
    quantity_decimal: String(row.quantity),
    subscription: null,
    subtotal: row.amount,
    taxes: row.taxes.map(formatTax),
  };
}

/** InvoiceItem on the wire. */
export function formatInvoiceItem(world: World, row: InvoiceItemRow): Wire {
  return {
    id: row.id,
    object: "invoiceitem",
    amount: row.amount,
    currency: row.currency,
    customer: row.customer,
    customer_account: null,
    date: row.created,
    description: row.description,
    discountable: row.discountable,
    discounts: row.discounts,
    invoice: row.invoice,
    livemode: false,
    metadata: row.metadata,
    net_amount: row.amount,
    parent: null,
    period: { end: row.period_end, start: row.period_start },
    pricing: pricing(row),
    proration: false,
    quantity: row.quantity,
    quantity_decimal: String(row.quantity),
    tax_rates: row.tax_rates.flatMap((id) => taxRate(world, id)),
    test_clock: row.test_clock,
  };
}

/** InvoicePayment on the wire: what joins an invoice and a PaymentIntent. */
export function formatInvoicePayment(_world: World, row: InvoicePaymentRow): Wire {
  return {
    id: row.id,
    object: "invoice_payment",
    amount_paid: row.amount_paid,
    amount_requested: row.amount_requested,
    created: row.created,
    currency: row.currency,
    invoice: row.invoice,
    is_default: row.is_default,
    livemode: false,
    payment: { payment_intent: row.payment_intent, type: "payment_intent" },
    status: row.status,
    status_transitions: { canceled_at: row.canceled_at, paid_at: row.paid_at },
  };
}
