import { base32, sha256 } from "./ids.ts";

/**
 * JSON text with sorted keys, so that equal values give equal text; a bigint becomes its digits.
 * Only amounts hold bigints, under the key `minor`, and `fromJson` turns those back.
 */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner === "bigint") return inner.toString();
    if (inner === null || typeof inner !== "object" || Array.isArray(inner)) return inner;
    return Object.fromEntries(
      Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
    );
  });
}

/** Reads `toJson`'s text back; the caller knows the type that was written. */
export function fromJson<T>(text: string): T {
  return JSON.parse(text, (key, inner: unknown) =>
    key === "minor" && typeof inner === "string" ? BigInt(inner) : inner,
  ) as T;
}

/** A short fingerprint of a value: equal values, equal fingerprints. */
export function fingerprint(value: unknown): string {
  return base32(sha256(toJson(value))).slice(0, 26);
}
