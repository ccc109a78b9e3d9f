import { allocate, fraction, timesRounded } from "../money/rounding.ts";
import type { CouponRow, DiscountAmount, TaxAmount, TaxRateRow } from "../store/catalog-rows.ts";

/** A coupon under the id of the discount it hangs on a document by. */
export type AppliedCoupon = { discount: string; coupon: CouponRow };

/**
 * What each coupon takes off each line, in the order given, each from what the ones before left.
 *
 * A percentage is rounded by line, halves up; an amount is spread by largest remainder and stops at
 * the lines' sum.
 */
export function discountLines(
  amounts: readonly number[],
  coupons: readonly AppliedCoupon[],
): DiscountAmount[][] {
  const left = [...amounts];
  const taken: DiscountAmount[][] = amounts.map(() => []);
  for (const { coupon, discount } of coupons) {
    for (const [index, part] of partsOf(left, coupon).entries()) {
      left[index] = (left[index] ?? 0) - part;
      if (part !== 0) taken[index]?.push({ amount: part, discount });
    }
  }
  return taken;
}

function partsOf(left: readonly number[], coupon: CouponRow): number[] {
  if (coupon.percent_off !== null) {
    const percent = fraction(String(coupon.percent_off));
    const by = { top: percent.top, bottom: percent.bottom * 100n };
    return left.map((amount) => Math.min(Math.max(amount, 0), timesRounded(amount, by)));
  }
  const weights = left.map((amount) => Math.max(amount, 0));
  const sum = weights.reduce((so, weight) => so + weight, 0);
  return allocate(Math.min(coupon.amount_off ?? 0, sum), weights);
}

/** The tax of one line after its discounts; inclusive rates share the amount, others add to it. */
export function taxLine(base: number, rates: readonly TaxRateRow[]): TaxAmount[] {
  const inclusive = rates.filter((rate) => rate.inclusive);
  const sharePercent = inclusive
    .map((rate) => fraction(rate.percentage))
    .reduce((so, next) => add(so, next), { top: 0n, bottom: 1n });
  const whole = add(sharePercent, { top: 100n, bottom: 1n });
  const netBase = timesRounded(base, {
    top: 100n * whole.bottom,
    bottom: whole.top,
  });
  return rates.map((rate) => {
    const percent = fraction(rate.percentage);
    const by = rate.inclusive
      ? { top: percent.top * whole.bottom, bottom: percent.bottom * whole.top }
      : { top: percent.top, bottom: percent.bottom * 100n };
    return {
      amount: timesRounded(base, by),
      inclusive: rate.inclusive,
      tax_rate: rate.id,
      taxable_amount: rate.inclusive ? netBase : base,
    };
  });
}

function add(
  a: { top: bigint; bottom: bigint },
  b: { top: bigint; bottom: bigint },
): { top: bigint; bottom: bigint } {
  return { top: a.top * b.bottom + b.top * a.bottom, bottom: a.bottom * b.bottom };
}

/** The sum of one number of each row. */
export function sumOf<T>(rows: readonly T[], amountOf: (row: T) => number): number {
  return rows.reduce((so, row) => so + amountOf(row), 0);
}
