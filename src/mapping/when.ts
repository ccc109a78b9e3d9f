import { type Money, toDecimal } from "../base/money.ts";
import type { Metadata, Sale } from "../canonical/sale.ts";
import type { When } from "../config/index.ts";

/**
 * Whether a sale meets every condition that is named; each is met by any one of its values.
 *
 * Values of metadata and descriptions may hold `*` for any characters. Metadata are compared letter
 * by letter, descriptions without regard to case. A `method` is met when every payment was made
 * by one of those named.
 */
export function meets(sale: Sale, when: When): boolean {
  return CONDITIONS.every((holds) => holds(sale, when));
}

type Condition = (sale: Sale, when: When) => boolean;

const CONDITIONS: readonly Condition[] = [
  (sale, { country }) => country === undefined || country.includes(countryOf(sale)),
  (sale, { currency }) => currency === undefined || currency.includes(totalOf(sale).currency),
  (sale, { amountFrom }) =>
    amountFrom === undefined || compareAmount(totalOf(sale), amountFrom) >= 0,
  (sale, { amountBelow }) =>
    amountBelow === undefined || compareAmount(totalOf(sale), amountBelow) < 0,
  (sale, { metadata }) => metadata === undefined || hasMetadata(sale.metadata, metadata),
  (sale, { customerMetadata }) =>
    customerMetadata === undefined || hasMetadata(sale.buyer.metadata, customerMetadata),
  (sale, { method }) => method === undefined || isPaidBy(sale, method),
  (sale, { description }) => description === undefined || isDescribedAs(sale, description),
];

/** Where the buyer sits: by the billing address, else where the goods go. */
function countryOf({ buyer, shipTo }: Sale): string {
  return buyer.address.country || (shipTo?.address.country ?? "");
}

function totalOf({ document }: Sale): Money {
  return document.total;
}

/** Exact: neither side is ever a float, and no digit of the setting is lost. */
function compareAmount(amount: Money, text: string): number {
  const [a, b] = [scaled(toDecimal(amount)), scaled(text)];
  return a === b ? 0 : a < b ? -1 : 1;
}

/** In thousandths, the finest unit that any currency of Stripe has. */
function scaled(text: string): bigint {
  const [whole = "0", fraction = ""] = text.split(".");
  return BigInt(whole + fraction.padEnd(3, "0"));
}

type Wanted = Readonly<Record<string, readonly string[]>>;

function hasMetadata(metadata: Metadata, wanted: Wanted): boolean {
  return Object.entries(wanted).every(([key, values]) => {
    const value = Object.hasOwn(metadata, key) ? (metadata[key] ?? "").trim() : "";
    return value !== "" && values.some((pattern) => fitsPattern(value, pattern));
  });
}

function isPaidBy({ payments }: Sale, methods: readonly string[]): boolean {
  return payments.length > 0 && payments.every(({ methodType }) => methods.includes(methodType));
}

function isDescribedAs({ payments }: Sale, patterns: readonly string[]): boolean {
  const texts = payments.map(({ description }) => description.trim().toLowerCase());
  return texts.some((text) => patterns.some((one) => fitsPattern(text, one.toLowerCase())));
}

/**
 * Whether `text` is `pattern`, in which `*` stands for any characters. Written out, since a regular
 * expression with many of them can take for ever on a text that somebody else chose.
 */
export function fitsPattern(text: string, pattern: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return text === pattern;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
