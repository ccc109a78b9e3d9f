import type { CheckoutSessionRow } from "../store/billing-rows.ts";
import type { World } from "../world.ts";
import { discountLines, sumOf, taxLine } from "./line-math.ts";

/** The sums of a session, all in minor units of its currency; `tax` counts inclusive tax too. */
export type SessionTotals = { subtotal: number; discount: number; tax: number; total: number };

/** Adds up the session's lines and its shipping as they stand. */
export function sessionTotals(world: World, session: CheckoutSessionRow): SessionTotals {
  const lines = world.tables.checkout_line.by("session", session.id);
  const subtotal = sumOf(lines, (line) => line.amount_subtotal);
  const discount = sumOf(lines, (line) => line.amount_discount);
  const lineTax = sumOf(lines, (line) => line.amount_tax);
  const added = sumOf(
    lines.flatMap((line) => line.taxes),
    (tax) => (tax.inclusive ? 0 : tax.amount),
  );
  const shipping = session.shipping_amount ?? 0;
  return {
    subtotal,
    discount,
    tax: lineTax + session.shipping_tax,
    total: subtotal - discount + added + shipping + session.shipping_tax,
  };
}

/** Works out discounts and taxes of every line of an open session anew. */
export function recalculateSession(world: World, session: CheckoutSessionRow): void {
  const lines = world.tables.checkout_line.by("session", session.id);
  const coupons = session.coupons.flatMap((id) => {
    const coupon = world.tables.coupon.get(id);
    return coupon === undefined ? [] : [{ discount: id, coupon }];
  });
  const discounts = discountLines(
    lines.map((line) => line.amount_subtotal),
    coupons,
  );
  for (const [index, line] of lines.entries()) {
    const amount_discount = sumOf(discounts[index] ?? [], (part) => part.amount);
    const rates = line.tax_rates.flatMap((id) => world.tables.tax_rate.get(id) ?? []);
    const taxes = taxLine(line.amount_subtotal - amount_discount, rates);
    const amount_tax = sumOf(taxes, (tax) => tax.amount);
    world.tables.checkout_line.put({ ...line, amount_discount, taxes, amount_tax });
  }
}
