/** Anything that JSON can carry. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** An object as it goes over the wire, in Stripe's own field names. */
export type Wire = { [key: string]: Json };

/** Stripe's metadata: strings only. */
export type Metadata = { [key: string]: string };

/** Whether a value is a wire object, not a list and not null. */
export function isWire(value: unknown): value is Wire {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The list object that Stripe wraps rows in. */
export function wireList(url: string, rows: Wire[], hasMore = false): Wire {
  return { object: "list", data: rows, has_more: hasMore, url };
}
