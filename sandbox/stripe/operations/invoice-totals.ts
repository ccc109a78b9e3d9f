import type { InvoiceLineRow, InvoiceRow } from "../store/billing-rows.ts";
import type { DiscountAmount, TaxAmount } from "../store/catalog-rows.ts";
import type { World } from "../world.ts";
import { type AppliedCoupon, discountLines, sumOf, taxLine } from "./line-math.ts";

/** The sums of an invoice, all in minor units of its currency. */
export type InvoiceTotals = {
  lines: InvoiceLineRow[];
  subtotal: number;
  subtotalExcludingTax: number;
  discounts: DiscountAmount[];
  taxes: TaxAmount[];
  total: number;
  totalExcludingTax: number;
  amountDue: number;
  amountRemaining: number;
};

/** Adds up the lines as they stand; nothing is stored twice. */
export function invoiceTotals(world: World, invoice: InvoiceRow): InvoiceTotals {
  const lines = world.tables.invoice_line.by("invoice", invoice.id);
  const discounts = mergeDiscounts(lines.flatMap((line) => line.discount_amounts));
  const taxes = mergeTaxes(lines.flatMap((line) => line.taxes));
  const subtotal = sumOf(lines, (line) => line.amount);
  const inclusive = sumOf(taxes, (tax) => (tax.inclusive ? tax.amount : 0));
  const exclusive = sumOf(taxes, (tax) => (tax.inclusive ? 0 : tax.amount));
  const discounted = subtotal - sumOf(discounts, (discount) => discount.amount);
  const total = discounted + exclusive + invoice.amount_shipping;
  const balanceUsed =
    invoice.ending_balance === null ? 0 : invoice.ending_balance - invoice.starting_balance;
  const amountDue = total - balanceUsed - (invoice.pre_payment_credit ?? 0);
  return {
    lines,
    subtotal,
    subtotalExcludingTax: subtotal - inclusive,
    discounts,
    taxes,
    total,
    totalExcludingTax: total - inclusive - exclusive,
    amountDue,
    amountRemaining: amountDue - invoice.amount_paid,
  };
}

/** Works out discounts and taxes of every line of a draft anew. */
export function recalculateInvoice(world: World, invoice: InvoiceRow): void {
  const lines = world.tables.invoice_line.by("invoice", invoice.id);
  const exempt = world.tables.customer.get(invoice.customer)?.tax_exempt ?? "none";
  const ofInvoice = appliedCoupons(world, invoice.discounts);
  const own = lines.map((line) => {
    const coupons = appliedCoupons(world, line.discounts);
    return discountLines([line.discountable ? line.amount : 0], coupons)[0] ?? [];
  });
  const bases = lines.map((line, index) =>
    line.discountable ? line.amount - sumOf(own[index] ?? [], (part) => part.amount) : 0,
  );
  const shared = discountLines(bases, ofInvoice);
  for (const [index, line] of lines.entries()) {
    const discount_amounts = [...(own[index] ?? []), ...(shared[index] ?? [])];
    const taxed = line.amount - sumOf(discount_amounts, (part) => part.amount);
    const rateIds = line.tax_rates.length > 0 ? line.tax_rates : invoice.default_tax_rates;
    const rates = rateIds.flatMap((id) => world.tables.tax_rate.get(id) ?? []);
    const taxes = (line.manual_taxes ?? taxLine(taxed, rates)).map(withExemption(exempt));
    world.tables.invoice_line.put({ ...line, discount_amounts, taxes });
  }
}

/** A customer who is exempt, or owes the tax himself, is asked for none; the rate still shows. */
function withExemption(exempt: string): (tax: TaxAmount) => TaxAmount {
  if (exempt === "none") return (tax) => tax;
  const reason = exempt === "reverse" ? "reverse_charge" : "customer_exempt";
  return (tax) => ({ ...tax, amount: 0, reason });
}

function appliedCoupons(world: World, discounts: readonly string[]): AppliedCoupon[] {
  return discounts.flatMap((discount) => {
    const row = world.tables.discount.get(discount);
    const coupon = row === undefined ? undefined : world.tables.coupon.get(row.coupon);
    return coupon === undefined ? [] : [{ discount, coupon }];
  });
}

/** Discounts of several lines, one entry each. */
export function mergeDiscounts(parts: readonly DiscountAmount[]): DiscountAmount[] {
  const merged = new Map<string, DiscountAmount>();
  for (const { amount, discount } of parts) {
    merged.set(discount, { discount, amount: amount + (merged.get(discount)?.amount ?? 0) });
  }
  return [...merged.values()];
}

/** Taxes of several lines, one entry a rate. */
export function mergeTaxes(parts: readonly TaxAmount[]): TaxAmount[] {
  const merged = new Map<string, TaxAmount>();
  for (const part of parts) {
    const so = merged.get(part.tax_rate);
    merged.set(part.tax_rate, {
      ...part,
      amount: part.amount + (so?.amount ?? 0),
      taxable_amount: part.taxable_amount + (so?.taxable_amount ?? 0),
    });
  }
  return [...merged.values()];
}
