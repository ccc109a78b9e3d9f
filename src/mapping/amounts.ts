import { assert } from "../base/assert.ts";
import { currencyExponent, effectiveDecimals } from "../base/currency.ts";
import { HubError } from "../base/errors.ts";
import { type Money, toDecimal } from "../base/money.ts";
import type { PairSettings } from "../config/index.ts";

/** An amount this large is a mistake and no sale; SL's floats would still hold it to the cent. */
const MINOR_MAX = 10n ** 12n;
const PRICE_DECIMALS = 6;

/** @throws HubError `mapping.amount_out_of_range` for zero, less than zero, and 10¹² or more */
export function checkAmount(amount: Money, what: string): void {
  if (amount.minor > 0n && amount.minor < MINOR_MAX) return;
  throw new HubError(
    "mapping.amount_out_of_range",
    `${what} of ${toDecimal(amount)} ${amount.currency} cannot be booked`,
    { facts: { amount: toDecimal(amount), currency: amount.currency } },
  );
}

/**
 * Asserts that SL can hold an amount of the currency to its last unit. `slDecimals` are the
 * decimals SL keeps for it, undefined where SL does not know the currency.
 *
 * @throws HubError `mapping.currency_unsupported`, `money.precision`
 */
export function checkCurrency(
  currency: string,
  settings: PairSettings,
  slDecimals: number | undefined,
): void {
  const base = settings.sl.baseCurrency;
  const facts = { currency, base };
  if (slDecimals === undefined) {
    throw new HubError("mapping.currency_unsupported", `SL does not know currency ${currency}`, {
      facts,
      cure: `Enter ${currency} in SL's currencies (Currncy), then resume.`,
    });
  }
  if (slDecimals < effectiveDecimals(currency)) {
    throw new HubError(
      "money.precision",
      `SL keeps ${slDecimals} decimals of ${currency}, ` +
        `Stripe counts ${effectiveDecimals(currency)}`,
      { facts },
    );
  }
}

/**
 * Quantity and price of one unit as SL wants them: price × quantity, rounded to the currency, is
 * `amount`. Where no such price of six decimals exists (or the quantity is zero), it is one unit
 * at `amount`.
 */
export function priceOf(
  amount: Money,
  quantity: string,
): Readonly<{ quantity: string; unitPrice: string }> {
  const one = { quantity: "1", unitPrice: toDecimal(amount) };
  const parsed = /^(\d{1,9})(?:\.(\d{1,6}))?$/.exec(quantity);
  if (parsed === null) return one;
  const fraction = parsed[2] ?? "";
  const units = BigInt(`${parsed[1]}${fraction}`);
  if (units === 0n) return one;
  const exponent = currencyExponent(amount.currency);
  const scale = 10n ** BigInt(PRICE_DECIMALS - exponent);
  const unitScale = 10n ** BigInt(fraction.length);
  const price = divideHalfUp(amount.minor * scale * unitScale, units);
  const back = divideHalfUp(divideHalfUp(price * units, unitScale), scale);
  return back === amount.minor ? { quantity, unitPrice: decimalText(price, exponent) } : one;
}

/** Rounds half up; both numbers are not negative. */
function divideHalfUp(dividend: bigint, divisor: bigint): bigint {
  assert(dividend >= 0n && divisor > 0n, "A price is divided by nothing or below zero");
  return (2n * dividend + divisor) / (2n * divisor);
}

/** Six decimals as text, without the zeros that the currency does not need. */
function decimalText(price: bigint, exponent: number): string {
  const digits = price.toString().padStart(PRICE_DECIMALS + 1, "0");
  const whole = digits.slice(0, -PRICE_DECIMALS);
  const fraction = digits.slice(-PRICE_DECIMALS).replace(/0+$/, "").padEnd(exponent, "0");
  return fraction === "" ? whole : `${whole}.${fraction}`;
}
