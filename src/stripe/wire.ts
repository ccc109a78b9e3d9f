import { HubError } from "../base/errors.ts";
import type { Money } from "../base/money.ts";
import type { Address, Metadata } from "../canonical/sale.ts";
import type { ToMoney } from "./units.ts";

/**
 * An object as Stripe sends it, of whatever API version. The SDK's types describe the pinned
 * version only, while stored events and old accounts bring older shapes, so the parsers read
 * fields one by one and say which one is wrong.
 */
export type Wire = Readonly<Record<string, unknown>>;

/** @throws HubError `stripe.shape` when the value is no object */
export function asWire(value: unknown, what: string): Wire {
  if (isWire(value)) return value;
  throw shapeError(what, "is no object");
}

export function isWire(value: unknown): value is Wire {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The text of a field, empty where there is none. */
export function textOf(wire: Wire | undefined, field: string): string {
  const value = wire?.[field];
  return typeof value === "string" ? storable(value) : "";
}

/**
 * JSON carries null characters and halves of surrogate pairs, which neither PostgreSQL nor XML can
 * hold. Each becomes the replacement character: left out, one id could turn into another.
 */
function storable(text: string): string {
  return text.replaceAll("\u0000", "\ufffd").toWellFormed();
}

/** The id in a field that holds an id, an expanded object, or nothing. */
export function idOf(wire: Wire | undefined, field: string): string | undefined {
  const value = wire?.[field];
  const id = isWire(value) ? value.id : value;
  return typeof id === "string" && id !== "" ? id : undefined;
}

/** The object in a field, or undefined where it holds an id or nothing. */
export function objectOf(wire: Wire | undefined, field: string): Wire | undefined {
  const value = wire?.[field];
  return isWire(value) ? value : undefined;
}

/** The objects of a field: an array, or the page of an embedded list. */
export function listOf(wire: Wire | undefined, field: string): readonly Wire[] {
  const value = wire?.[field];
  const members: unknown = isWire(value) ? value.data : value;
  return Array.isArray(members) ? members.filter(isWire) : [];
}

/** @throws HubError `stripe.shape` where the field holds no whole number */
export function integerOf(wire: Wire, field: string): number {
  const value = wire[field];
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw shapeError(textOf(wire, "id"), `has no whole number in ${field}`);
}

/** The whole number of a field, 0 where the version of the object does not have it. */
export function integerOrZero(wire: Wire | undefined, field: string): number {
  const value = wire?.[field];
  return value === undefined || value === null || wire === undefined ? 0 : integerOf(wire, field);
}

/** The amount in a field, in the object's own currency. */
export function amountOf(wire: Wire, field: string, toMoney: ToMoney): Money {
  return toMoney(integerOf(wire, field), currencyOf(wire));
}

export function currencyOf(wire: Wire): string {
  const currency = textOf(wire, "currency").toUpperCase();
  if (currency === "") throw shapeError(textOf(wire, "id"), "has no currency");
  return currency;
}

/** An instant in a field of Unix seconds, or undefined. */
export function instantOf(wire: Wire | undefined, field: string): Date | undefined {
  const seconds = wire?.[field];
  return typeof seconds === "number" ? new Date(seconds * 1000) : undefined;
}

/** Metadata as a plain map; what is not text is left out. */
export function metadataOf(wire: Wire | undefined): Metadata {
  const entries = Object.entries(objectOf(wire, "metadata") ?? {});
  return Object.fromEntries(
    entries
      .filter((entry): entry is [string, string] => typeof entry[1] === "string")
      .map(([key, value]) => [storable(key), storable(value)]),
  );
}

export function addressOf(wire: Wire | undefined): Address | undefined {
  const address: Address = {
    line1: textOf(wire, "line1"),
    line2: textOf(wire, "line2"),
    city: textOf(wire, "city"),
    state: textOf(wire, "state"),
    postalCode: textOf(wire, "postal_code"),
    country: textOf(wire, "country").toUpperCase(),
  };
  return Object.values(address).some((part) => part !== "") ? address : undefined;
}

export function shapeError(what: string, problem: string): HubError {
  return new HubError("stripe.shape", `${what} ${problem}`, { facts: { object: what } });
}
