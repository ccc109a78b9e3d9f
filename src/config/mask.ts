import { MASK, Secret } from "./secret.ts";

/** A plain copy for people and for the API: every secret is a mask, nothing else changes. */
export function maskSettings(value: unknown): unknown {
  if (value instanceof Secret) return MASK;
  if (value instanceof Map) {
    return Object.fromEntries(
      [...value.entries()].map(([key, inner]) => [String(key), maskSettings(inner)]),
    );
  }
  if (Array.isArray(value)) return value.map(maskSettings);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, maskSettings(inner)]),
  );
}
