import type { Metadata } from "../canonical/sale.ts";

/** Stripe's limits for metadata ("Metadata" in its documentation). */
export const KEY_LENGTH_MAX = 40;
export const VALUE_LENGTH_MAX = 500;
const KEY_COUNT_MAX = 50;

/** What must be written so that Stripe holds what was planned, and what there is no room for. */
export type MetadataChange = Readonly<{ changes: Metadata; leftOut: readonly string[] }>;

/**
 * Compares present and planned metadata: equal values are not written again, so a value of ours
 * that comes back as an update ends there. Stripe keeps 50 keys: new ones beyond that are left
 * out, those that are there already never are.
 */
export function compareMetadata(present: Metadata, planned: Metadata): MetadataChange {
  const changes: Record<string, string> = {};
  const leftOut: string[] = [];
  let room = KEY_COUNT_MAX - Object.keys(present).length;
  for (const [key, value] of Object.entries(planned)) {
    const isThere = Object.hasOwn(present, key);
    if (isThere && present[key] === value) continue;
    if (!isThere && room <= 0) {
      leftOut.push(key);
      continue;
    }
    changes[key] = value;
    if (!isThere) room -= 1;
  }
  return { changes, leftOut };
}

/** The changes of `compareMetadata` alone. */
export function changedMetadata(present: Metadata, planned: Metadata): Metadata {
  return compareMetadata(present, planned).changes;
}
