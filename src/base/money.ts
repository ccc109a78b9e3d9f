import { assert } from "./assert.ts";
import { currencyExponent, isCurrency, leastUnit } from "./currency.ts";
import { HubError } from "./errors.ts";

/**
 * An amount: `minor` units of `currency` (upper-case ISO code). The exponent comes from
 * `base/currency.ts` and from nowhere else, so 500 JPY and 5.00 USD both have `minor` 500, and an
 * amount that is stored never changes its meaning.
 */
export type Money = Readonly<{ minor: bigint; currency: string }>;

/** Makes an amount; an unknown currency throws `money.currency_unknown`. */
export function money(minor: bigint | number, currency: string): Money {
  const code = currency.toUpperCase();
  currencyExponent(code);
  if (typeof minor === "number") assert(Number.isSafeInteger(minor), "minor units are no integer");
  return { minor: BigInt(minor), currency: code };
}

/**
 * An amount that is counted with `exponent` decimals, where somebody counts otherwise than the
 * table: 500 with none is 500 shillings, so `minor` is 50000. Nothing is ever rounded.
 *
 * @throws HubError `money.precision` for a part of a minor unit, `money.currency_unknown`
 */
export function countedIn(exponent: number, units: number, currency: string): Money {
  const whole = money(units, currency);
  const finer = exponent - currencyExponent(whole.currency);
  if (finer <= 0) return money(whole.minor * 10n ** BigInt(-finer), currency);
  const scale = 10n ** BigInt(finer);
  if (whole.minor % scale === 0n) return money(whole.minor / scale, currency);
  throw new HubError(
    "money.precision",
    `${units} counted with ${exponent} decimals is no amount of ${whole.currency}`,
    {
      facts: { units, exponent, currency: whole.currency },
      cure: `Correct currency-exponents.${whole.currency} of the pair, then resume.`,
    },
  );
}

/** Nothing, in the given currency. */
export function zero(currency: string): Money {
  return money(0n, currency);
}

/** The sum of amounts of one currency; two currencies throw `money.currency_mismatch`. */
export function sum(amounts: readonly Money[], currency: string): Money {
  const total = amounts.reduce((minor, amount) => minor + minorIn(amount, currency), 0n);
  return money(total, currency);
}

export function add(a: Money, b: Money): Money {
  return money(a.minor + minorIn(b, a.currency), a.currency);
}

export function subtract(a: Money, b: Money): Money {
  return money(a.minor - minorIn(b, a.currency), a.currency);
}

export function negate(a: Money): Money {
  return money(-a.minor, a.currency);
}

export function isSameAmount(a: Money, b: Money): boolean {
  return a.currency === b.currency && a.minor === b.minor;
}

/** The least of these minor units, and never less than nothing. */
export function leastMinor(...amounts: readonly bigint[]): bigint {
  const [smallest = 0n] = [...amounts].sort((a, b) => (a < b ? -1 : 1));
  return smallest < 0n ? 0n : smallest;
}

/**
 * The unit in which amounts of a currency are split: the least that it really has, since an ERP may
 * keep kronur without a fraction. Where one of them is finer, it is a minor unit.
 */
export function splitUnit(currency: string, minors: readonly bigint[]): bigint {
  const least = leastUnit(currency);
  return minors.every((minor) => minor % least === 0n) ? least : 1n;
}

/**
 * Splits `total` over `weights` so that the parts add up to `total` exactly (largest remainder;
 * ties go to the first), in `splitUnit`s. 100 over three equal weights is 34, 33, 33.
 *
 * @throws HubError `money.weights_empty` when there is no weight above zero
 */
export function allocate(total: Money, weights: readonly bigint[]): Money[] {
  const whole = weights.reduce((a, b) => a + b, 0n);
  if (whole <= 0n || weights.some((weight) => weight < 0n)) {
    throw new HubError("money.weights_empty", "An amount needs weights above zero to be split");
  }
  const unit = splitUnit(total.currency, [total.minor, ...weights]);
  const sign = total.minor < 0n ? -1n : 1n;
  const size = (total.minor * sign) / unit;
  const parts = weights.map((weight, index) => ({
    index,
    minor: (size * weight) / whole,
    rest: (size * weight) % whole,
  }));
  let left = size - parts.reduce((a, part) => a + part.minor, 0n);
  const byRest = [...parts].sort((a, b) => (b.rest > a.rest ? 1 : b.rest < a.rest ? -1 : 0));
  for (const part of byRest) {
    if (left === 0n) break;
    part.minor += 1n;
    left -= 1n;
  }
  return parts.map((part) => money(part.minor * unit * sign, total.currency));
}

/** The amount as people write it: `1234.50`, with the currency's decimals and no separator. */
export function toDecimal(amount: Money): string {
  const exponent = currencyExponent(amount.currency);
  const digits = (amount.minor < 0n ? -amount.minor : amount.minor)
    .toString()
    .padStart(exponent + 1, "0");
  const sign = amount.minor < 0n ? "-" : "";
  if (exponent === 0) return sign + digits;
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

/** The same to be shown; of a currency outside of Stripe's table its smallest units. */
export function toShown(amount: Money): string {
  return isCurrency(amount.currency) ? toDecimal(amount) : amount.minor.toString();
}

/**
 * Reads `toDecimal`'s form back. Digits beyond the currency's exponent must be zeros.
 *
 * @throws HubError `money.precision` for anything that is not such an amount
 */
export function fromDecimal(text: string, currency: string): Money {
  const exponent = currencyExponent(currency.toUpperCase());
  const match = /^(-?)(\d+)(?:\.(\d*))?$/.exec(text.trim());
  const fraction = match?.[3] ?? "";
  const beyond = fraction.slice(exponent);
  if (match === null || /[^0]/.test(beyond)) {
    throw new HubError("money.precision", `"${text}" is no amount of ${currency}`);
  }
  const minor = BigInt(`${match[2]}${fraction.slice(0, exponent).padEnd(exponent, "0")}`);
  return money(match[1] === "-" ? -minor : minor, currency);
}

function minorIn(amount: Money, currency: string): bigint {
  if (amount.currency !== currency.toUpperCase()) {
    throw new HubError("money.currency_mismatch", `${amount.currency} met ${currency}`);
  }
  return amount.minor;
}
