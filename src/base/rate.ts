import { assert } from "./assert.ts";
import { currencyExponent } from "./currency.ts";
import { HubError } from "./errors.ts";
import { isSameAmount, type Money, money, toDecimal } from "./money.ts";

/**
 * How an amount is worth something in another currency, exactly. `value` is decimal text, or a
 * quotient of two such as `32.84/5000`: a rate is never a float inside the hub. With `M` one unit
 * is worth `value` units of `base`; with `D` so many units are worth one of `base`.
 */
export type Rate = Readonly<{ value: string; multDiv: "M" | "D"; base: string }>;

type Fraction = Readonly<{ top: bigint; bottom: bigint }>;

const DECIMAL = /^\d{1,20}(?:\.\d{1,20})?$/;
/** A double holds 17 significant digits at most; these are enough to find the nearest one. */
const FLOAT_DIGITS = 25;

/**
 * What `amount` is worth at a rate, rounded half up to the decimals of the rate's base. It values:
 * the amount itself is never changed by it. What is below zero mirrors what is above.
 *
 * @throws HubError `money.rate` for a rate that is no number above zero
 */
export function worthOf(amount: Money, rate: Rate): Money {
  const { top, bottom } = perUnit(rate);
  const [up, down] = [currencyExponent(rate.base), currencyExponent(amount.currency)];
  const size = amount.minor < 0n ? -amount.minor : amount.minor;
  const dividend = size * top * 10n ** BigInt(up);
  const divisor = bottom * 10n ** BigInt(down);
  const worth = (2n * dividend + divisor) / (2n * divisor);
  return money(amount.minor < 0n ? -worth : worth, rate.base);
}

/**
 * The rate at which `amount` is worth exactly `worth`.
 *
 * @throws HubError `money.rate` where either is not above zero
 */
export function rateBetween(amount: Money, worth: Money): Rate {
  if (amount.minor <= 0n || worth.minor <= 0n) {
    const words = `${toDecimal(worth)} ${worth.currency} for ${toDecimal(amount)}`;
    throw noRate(`${words} ${amount.currency} gives no rate`);
  }
  const value = `${toDecimal(worth)}/${toDecimal(amount)}`;
  const rate: Rate = { value, multDiv: "M", base: worth.currency };
  assert(isSameAmount(worthOf(amount, rate), worth), "A derived rate gives another worth");
  return rate;
}

/**
 * Splits what a document is worth over its parts: each at the rate, and what rounding leaves goes
 * to the largest part, so that they add up to the worth of the whole.
 */
export function worthParts(parts: readonly Money[], whole: Money, rate: Rate): readonly Money[] {
  const worths = parts.map((part) => worthOf(part, rate).minor);
  const left = worthOf(whole, rate).minor - worths.reduce((a, b) => a + b, 0n);
  const largest = worths.reduce((best, minor, at) => (minor > (worths[best] ?? 0n) ? at : best), 0);
  return worths.map((minor, at) => money(at === largest ? minor + left : minor, rate.base));
}

/**
 * The double nearest to a rate, for whoever keeps rates in floats: found from its decimal digits,
 * so that no float is ever computed with.
 */
export function rateToDouble({ value, multDiv, base }: Rate): number {
  // Only the wire wants it, and the wire wants the rate as it is, multiplied or divided.
  const { top, bottom } = perUnit({ value, multDiv: "M", base });
  const scale = BigInt(FLOAT_DIGITS + bottom.toString().length);
  const digits = (top * 10n ** scale) / bottom;
  const double = Number(`${digits}e-${scale}`);
  assert(Number.isFinite(double) && double > 0, `A rate of ${multDiv} ${value} is no double`);
  return double;
}

function perUnit({ value, multDiv }: Rate): Fraction {
  const [first = "", second = "1", ...more] = value.split("/");
  const [a, b] = [decimal(first), decimal(second)];
  if (a === undefined || b === undefined || more.length > 0) {
    throw noRate(`"${value}" is no exchange rate above zero`);
  }
  const [top, bottom] = [a.top * b.bottom, a.bottom * b.top];
  return multDiv === "M" ? { top, bottom } : { top: bottom, bottom: top };
}

function decimal(text: string): Fraction | undefined {
  if (!DECIMAL.test(text)) return undefined;
  const [whole = "", fraction = ""] = text.split(".");
  const top = BigInt(whole + fraction);
  return top === 0n ? undefined : { top, bottom: 10n ** BigInt(fraction.length) };
}

function noRate(message: string): HubError {
  return new HubError("money.rate", message);
}
