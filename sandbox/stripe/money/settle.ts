import { invalidRequest } from "../errors.ts";
import type { Settings } from "../store/settings.ts";
import type { Wire } from "../wire.ts";
import { exponentOf } from "./currencies.ts";
import { fraction, timesRounded } from "./rounding.ts";

/** An amount in the currency the account settles it in, in minor units. */
export type Settled = { amount: number; currency: string; exchangeRate: number | null };

/**
 * Converts a presentment amount as Stripe would: unchanged when the account settles in that
 * currency, else by the rates table, halves up.
 *
 * @throws StripeError 400 when the table has no rate for the currency
 */
export function settle(amount: number, currency: string, settings: Settings): Settled {
  if (settings.settlementCurrencies.includes(currency)) {
    return { amount, currency, exchangeRate: null };
  }
  const target = settings.settlementCurrencies[0] ?? "usd";
  const rate = settings.rates[currency];
  const base = settings.rates[target];
  if (rate === undefined || base === undefined) {
    throw invalidRequest(`The sandbox has no rate for ${currency}; set it at /_sandbox/rates.`);
  }
  const cross = { top: fraction(rate).top, bottom: fraction(rate).bottom };
  const over = fraction(base);
  const shift = (exponentOf(target) ?? 2) - (exponentOf(currency) ?? 2);
  const scale = 10n ** BigInt(Math.abs(shift));
  const by = {
    top: cross.top * over.bottom * (shift > 0 ? scale : 1n),
    bottom: cross.bottom * over.top * (shift < 0 ? scale : 1n),
  };
  // The rate is told in major units; between currencies of equal decimals that is the same.
  const exchangeRate = Number(rate) / Number(base);
  return { amount: timesRounded(amount, by), currency: target, exchangeRate };
}

/** Stripe's fee on a settled amount: a percentage and a fixed part; none unless positive. */
export function stripeFee(
  settledAmount: number,
  currency: string,
  settings: Settings,
): { fee: number; details: Wire[] } {
  if (settledAmount <= 0) return { fee: 0, details: [] };
  const percent = fraction(settings.feePercent);
  const share = timesRounded(settledAmount, { top: percent.top, bottom: percent.bottom * 100n });
  const fee = share + settings.feeFixed;
  if (fee === 0) return { fee: 0, details: [] };
  const description = "Stripe processing fees";
  const detail = { amount: fee, application: null, currency, description, type: "stripe_fee" };
  return { fee, details: [detail] };
}
