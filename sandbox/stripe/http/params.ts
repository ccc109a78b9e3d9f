import { invalidRequest, parameterMissing } from "../errors.ts";
import type { Json, Metadata, Wire } from "../wire.ts";
import { type Form, membersOf } from "./form.ts";

/** A range on `created` and its like, in seconds, as in `created[gte]=…`; both ends within. */
export type TimeRange = { lowest: number; highest: number };

/** Whether a value lies in a range; in none that was asked for, always. */
export function isWithin(range: TimeRange | undefined, value: number): boolean {
  return range === undefined || (value >= range.lowest && value <= range.highest);
}

/** Typed reading of one level of a form; errors name the parameter by its full path. */
export class Params {
  readonly #form: Form;
  readonly #prefix: string;

  constructor(form: Form, prefix = "") {
    this.#form = form;
    this.#prefix = prefix;
  }

  names(): string[] {
    return Object.keys(this.#form);
  }

  has(name: string): boolean {
    return this.#form[name] !== undefined;
  }

  /** The full path of a parameter of this level, for messages. */
  path(name: string): string {
    return this.#prefix === "" ? name : `${this.#prefix}[${name}]`;
  }

  /** The text of a parameter, undefined when absent; an empty one stays empty. */
  text(name: string): string | undefined {
    const value = this.#form[name];
    if (value === undefined || typeof value === "string") return value;
    throw invalidRequest(`Invalid string: ${name}`, "parameter_invalid_string", this.path(name));
  }

  /** Text that an empty string clears: undefined = not sent, null = cleared. */
  clearable(name: string): string | null | undefined {
    const value = this.text(name);
    return value === "" ? null : value;
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw parameterMissing(this.path(name));
    if (value !== "") return value;
    const message = `You passed an empty string for '${this.path(name)}'.`;
    throw invalidRequest(message, "parameter_invalid_empty", this.path(name));
  }

  integer(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined || value === "") return undefined;
    if (/^-?\d{1,15}$/.test(value)) return Number(value);
    const message = `Invalid integer: ${value}`;
    throw invalidRequest(message, "parameter_invalid_integer", this.path(name));
  }

  boolean(name: string): boolean | undefined {
    const value = this.text(name);
    if (value === undefined || value === "") return undefined;
    if (value === "true" || value === "1") return true;
    if (value === "false" || value === "0") return false;
    throw invalidRequest(`Invalid boolean: ${value}`, undefined, this.path(name));
  }

  oneOf<T extends string>(name: string, allowed: readonly T[]): T | undefined {
    const value = this.text(name);
    if (value === undefined || value === "") return undefined;
    const found = allowed.find((candidate) => candidate === value);
    if (found !== undefined) return found;
    const message = `Invalid ${name}: must be one of ${allowed.join(", ")}`;
    throw invalidRequest(message, undefined, this.path(name));
  }

  nested(name: string): Params | undefined {
    const value = this.#form[name];
    if (value === undefined || typeof value === "string") return undefined;
    return new Params(value, this.path(name));
  }

  texts(name: string): string[] | undefined {
    const value = this.#form[name];
    if (value === undefined) return undefined;
    return membersOf(value).filter((member) => typeof member === "string");
  }

  nestedList(name: string): Params[] {
    const value = this.#form[name];
    if (value === undefined || typeof value === "string") return [];
    const path = this.path(name);
    return membersOf(value).flatMap((member, index) =>
      typeof member === "string" ? [] : [new Params(member, `${path}[${index}]`)],
    );
  }

  /** A sub-object passed through as it came, such as an address; null when cleared. */
  wire(name: string): Wire | null | undefined {
    const value = this.#form[name];
    if (value === undefined) return undefined;
    return typeof value === "string" ? null : (plain(value) as Wire);
  }

  /**
   * `before` with the sent keys merged in: an empty value removes its key, `metadata=""` all.
   *
   * @throws StripeError 400 beyond 50 keys, 40 characters a key, 500 a value
   */
  metadata(before: Metadata = {}, name = "metadata"): Metadata {
    const value = this.#form[name];
    if (value === undefined) return before;
    if (typeof value === "string") return {};
    const merged: Metadata = { ...before };
    for (const [key, text] of Object.entries(value)) {
      if (typeof text !== "string") throw this.#badMetadata(name, "values must be strings");
      if (key.length > 40) throw this.#badMetadata(name, "keys have at most 40 characters");
      if (text.length > 500) throw this.#badMetadata(name, "values have at most 500 characters");
      if (text === "") delete merged[key];
      else merged[key] = text;
    }
    if (Object.keys(merged).length > 50) throw this.#badMetadata(name, "at most 50 keys");
    return merged;
  }

  /** Reads `created=…` or `created[gt|gte|lt|lte]=…`; undefined when not sent. */
  timeRange(name: string): TimeRange | undefined {
    if (!this.has(name)) return undefined;
    const range = this.nested(name);
    if (range === undefined) {
      const exact = this.integer(name) ?? Number.NaN;
      return { lowest: exact, highest: exact };
    }
    const lowest = Math.max(range.integer("gte") ?? -Infinity, (range.integer("gt") ?? -1e15) + 1);
    const highest = Math.min(range.integer("lte") ?? Infinity, (range.integer("lt") ?? 1e15) - 1);
    return { lowest, highest };
  }

  #badMetadata(name: string, rule: string): Error {
    return invalidRequest(`Invalid metadata: ${rule}`, undefined, this.path(name));
  }
}

function plain(form: Form): Json {
  const keys = Object.keys(form);
  const entries = Object.entries(form).map(
    ([key, value]) => [key, typeof value === "string" ? value : plain(value)] as const,
  );
  const isList = keys.length > 0 && keys.every((key, index) => key === String(index));
  return isList ? entries.map(([, value]) => value) : Object.fromEntries(entries);
}
