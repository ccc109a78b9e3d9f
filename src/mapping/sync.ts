import type { Sale } from "../canonical/sale.ts";
import type { PairSettings } from "../config/index.ts";

/** What the merchant asks of the hub: wait, leave it alone, or book it in spite of filters. */
export type SyncControl = "hold" | "skip" | "force";

/** Reads `slipway_sync` of the merged metadata; any other word counts as not set. */
export function syncControl(sale: Sale, settings: PairSettings): SyncControl | undefined {
  const word = sale.metadata[settings.metadata.sync]?.trim().toLowerCase();
  return word === "hold" || word === "skip" || word === "force" ? word : undefined;
}

/** The SL customer that metadata names, or undefined. */
export function namedCustomerId(sale: Sale, settings: PairSettings): string | undefined {
  const named = sale.metadata[settings.metadata.customerId]?.trim() ?? "";
  return named === "" ? undefined : named;
}
