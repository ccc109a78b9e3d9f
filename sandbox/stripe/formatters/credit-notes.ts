import { mergeDiscounts, mergeTaxes } from "../operations/invoice-totals.ts";
import { sumOf } from "../operations/line-math.ts";
import type { CreditNoteLineRow, CreditNoteRow, CustomerBalanceRow } from "../store/credit-rows.ts";
import { type Json, type Wire, wireList } from "../wire.ts";
import type { World } from "../world.ts";
import { formatTax } from "./billing.ts";
import { formatTaxRate } from "./catalog.ts";

const EMBEDDED_LINES_MAX = 10;

/** Credit note on the wire, with the lines that are stored or, for a preview, given. */
export function formatCreditNote(
  world: World,
  row: CreditNoteRow,
  lines: readonly CreditNoteLineRow[] = world.tables.credit_note_line.by("credit_note", row.id),
): Wire {
  const discounts = mergeDiscounts(lines.flatMap((line) => line.discount_amounts));
  const taxes = mergeTaxes(lines.flatMap((line) => line.taxes));
  const inclusive = sumOf(taxes, (tax) => (tax.inclusive ? tax.amount : 0));
  const subtotal = sumOf(lines, (line) => line.amount);
  return {
    id: row.id,
    object: "credit_note",
    amount: row.amount,
    amount_shipping: row.amount_shipping,
    created: row.created,
    currency: row.currency,
    customer: row.customer,
    customer_account: null,
    customer_balance_transaction: row.customer_balance_transaction,
    discount_amount: sumOf(discounts, (discount) => discount.amount),
    discount_amounts: discounts.map(({ amount, discount }) => ({ amount, discount })),
    effective_at: row.effective_at,
    invoice: row.invoice,
    lines: embeddedLines(world, lines, row.id),
    livemode: false,
    memo: row.memo,
    metadata: row.metadata,
    number: row.number,
    out_of_band_amount: row.out_of_band_amount,
    pdf: `https://pay.stripe.com/credit_notes/test_${row.id}/pdf`,
    post_payment_amount: row.post_payment_amount,
    pre_payment_amount: row.pre_payment_amount,
    pretax_credit_amounts: discounts.map(pretaxCredit),
    reason: row.reason,
    refunds: row.refunds.map(({ refund, amount_refunded }) => {
      return { amount_refunded, payment_record_refund: null, refund, type: "refund" };
    }),
    shipping_cost: shippingCost(row.amount_shipping),
    status: row.status,
    subtotal,
    subtotal_excluding_tax: subtotal - inclusive,
    total: row.amount,
    total_excluding_tax: row.amount - sumOf(taxes, (tax) => tax.amount),
    total_taxes: taxes.map(formatTax),
    type: typeOf(row),
    voided_at: row.voided_at,
  };
}

function typeOf({ pre_payment_amount, post_payment_amount }: CreditNoteRow): string {
  if (pre_payment_amount > 0 && post_payment_amount > 0) return "mixed";
  return pre_payment_amount > 0 ? "pre_payment" : "post_payment";
}

function pretaxCredit({ amount, discount }: { amount: number; discount: string }): Wire {
  return { amount, discount, type: "discount" };
}

function shippingCost(amount: number): Json {
  if (amount === 0) return null;
  return { amount_subtotal: amount, amount_tax: 0, amount_total: amount, shipping_rate: null };
}

function embeddedLines(world: World, lines: readonly CreditNoteLineRow[], id: string): Wire {
  const first = lines.slice(0, EMBEDDED_LINES_MAX);
  return wireList(
    `/v1/credit_notes/${id}/lines`,
    first.map((line) => formatCreditNoteLine(world, line)),
    lines.length > EMBEDDED_LINES_MAX,
  );
}

/** One line of a credit note on the wire. */
export function formatCreditNoteLine(world: World, row: CreditNoteLineRow): Wire {
  const discounts = row.discount_amounts.map(({ amount, discount }) => ({ amount, discount }));
  const unit = row.unit_amount_decimal;
  return {
    id: row.id,
    object: "credit_note_line_item",
    amount: row.amount,
    description: row.description,
    discount_amount: sumOf(row.discount_amounts, (part) => part.amount),
    discount_amounts: discounts,
    ...(row.invoice_line_item === null ? {} : { invoice_line_item: row.invoice_line_item }),
    livemode: false,
    metadata: row.metadata,
    pretax_credit_amounts: row.discount_amounts.map(pretaxCredit),
    quantity: row.quantity,
    tax_rates: row.tax_rates.flatMap((id) => {
      const rate = world.tables.tax_rate.get(id);
      return rate === undefined ? [] : [formatTaxRate(world, rate)];
    }),
    taxes: row.taxes.map(formatTax),
    type: row.type,
    unit_amount: unit === null || unit.includes(".") ? null : Number(unit),
    unit_amount_decimal: unit,
  };
}

/** Customer balance transaction on the wire. */
export function formatCustomerBalance(_world: World, row: CustomerBalanceRow): Wire {
  return {
    id: row.id,
    object: "customer_balance_transaction",
    amount: row.amount,
    checkout_session: null,
    created: row.created,
    credit_note: row.credit_note,
    currency: row.currency,
    customer: row.customer,
    customer_account: null,
    description: row.description,
    ending_balance: row.ending_balance,
    invoice: row.invoice,
    livemode: false,
    metadata: row.metadata,
    type: row.type,
  };
}
