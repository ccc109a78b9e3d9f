import { currencyExponent } from "../../base/currency.ts";
import { HubError } from "../../base/errors.ts";
import { type Money, money, toDecimal } from "../../base/money.ts";
import type { UsedColumn } from "./contract-usage.ts";
import type { WireRow } from "./envelope.ts";

/** SL has no nulls: this date is the empty one. .NET's own empty date is the year 1. */
const EMPTY_DATES = new Set(["1900-01-01", "0001-01-01"]);

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;

/** An amount as the wire wants it: decimal text with the currency's decimals. */
export function toWire(amount: Money): string {
  return toDecimal(amount);
}

/**
 * An amount from the wire. SL keeps amounts as floats, so that `0.299999999999999989` may come for
 * 0.30: the decimal text is read as it stands, without another float, and rounded half away from
 * zero to the currency's decimals.
 *
 * @throws HubError `money.precision` for text that is no number
 */
export function fromWire(text: string, currency: string): Money {
  const exponent = currencyExponent(currency.toUpperCase());
  const decimal = parseDecimal(text);
  if (decimal === undefined) {
    throw new HubError("money.precision", `"${text}" is no amount of ${currency}`);
  }
  // The value is digits × 10^scale minor units.
  const scale = exponent + decimal.scale;
  const size = scale >= 0 ? decimal.digits * 10n ** BigInt(scale) : rounded(decimal.digits, -scale);
  return money(decimal.isNegative ? -size : size, currency);
}

/**
 * A number that is no amount (a rate, a percentage), as people write it: without exponent, without
 * zeros at its end, and without the noise behind the 15 digits that a float holds:
 * `1.0999999999999999` is `1.1`.
 *
 * @throws HubError `erp.contract` for text that is no number
 */
export function numberFromWire(text: string): string {
  const decimal = parseDecimal(text);
  if (decimal === undefined) {
    throw new HubError("erp.contract", `SL sent "${text}" where a number belongs`);
  }
  const beyond = Math.max(0, decimal.digits.toString().length - FLOAT_DIGITS);
  const digits = rounded(decimal.digits, beyond);
  const scale = decimal.scale + beyond;
  if (digits === 0n) return "0";
  const size = digits.toString().padStart(1 - scale, "0");
  const whole = scale >= 0 ? size + "0".repeat(scale) : size.slice(0, scale);
  const fraction = scale >= 0 ? "" : size.slice(scale).replace(/0+$/, "");
  return `${decimal.isNegative ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

/** What a double holds of a decimal number without loss. */
const FLOAT_DIGITS = 15;

/** A decimal number as `digits` × 10^`scale`, without a float in between. */
type Decimal = Readonly<{ isNegative: boolean; digits: bigint; scale: number }>;

function parseDecimal(text: string): Decimal | undefined {
  const match = DECIMAL.exec(text.trim());
  const fraction = match?.[3] ?? "";
  const digits = (match?.[2] ?? "") + fraction;
  if (match === null || digits === "") return undefined;
  const scale = Number(match[4] ?? "0") - fraction.length;
  return { isNegative: match[1] === "-", digits: BigInt(digits), scale };
}

function rounded(digits: bigint, dropped: number): bigint {
  const divisor = 10n ** BigInt(dropped);
  return (digits + divisor / 2n) / divisor;
}

/** `YYYY-MM-DD`, or empty, as a date of the wire. */
export function dateToWire(date: string): string {
  return `${date === "" ? "1900-01-01" : date}T00:00:00`;
}

/** The calendar date of a wire date; SL's empty dates are empty. */
export function dateFromWire(text: string): string {
  const date = text.trim().slice(0, 10);
  return EMPTY_DATES.has(date) ? "" : date;
}

/** A column's text without the blanks that pad it; leading ones are significant. */
export function textOf(row: WireRow | undefined, column: UsedColumn): string {
  const value = row?.[column];
  return typeof value === "string" ? value.trimEnd() : "";
}

/** A flag: 1, -1 and `true` are set. */
export function flagOf(row: WireRow | undefined, column: UsedColumn): boolean {
  const text = textOf(row, column).trim().toLowerCase();
  return text === "true" || (text !== "" && Number(text) !== 0 && !Number.isNaN(Number(text)));
}

/** A whole number; 0 where the column is blank. */
export function integerOf(row: WireRow | undefined, column: UsedColumn): number {
  const value = Number(textOf(row, column).trim());
  return Number.isFinite(value) ? Math.trunc(value) : 0;
}

/** Two ids of SL are one: letter case and trailing blanks do not tell them apart. */
export function isSameId(a: string, b: string): boolean {
  return a.trimEnd().toUpperCase() === b.trimEnd().toUpperCase();
}
