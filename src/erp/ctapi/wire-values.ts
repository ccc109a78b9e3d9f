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
  const match = DECIMAL.exec(text.trim());
  const whole = match?.[2] ?? "";
  const fraction = match?.[3] ?? "";
  const digits = whole + fraction;
  if (match === null || digits === "") {
    throw new HubError("money.precision", `"${text}" is no amount of ${currency}`);
  }
  // The value is digits × 10^scale minor units.
  const scale = exponent - fraction.length + Number(match[4] ?? "0");
  const size = scale >= 0 ? BigInt(digits) * 10n ** BigInt(scale) : rounded(digits, -scale);
  return money(match[1] === "-" ? -size : size, currency);
}

function rounded(digits: string, dropped: number): bigint {
  const divisor = 10n ** BigInt(dropped);
  const value = BigInt(digits);
  return (value + divisor / 2n) / divisor;
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
