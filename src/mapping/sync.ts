import type { Sale } from "../canonical/sale.ts";
import type { PairSettings } from "../config/index.ts";

/** What the merchant asks of the hub: wait, leave it alone, or book it in spite of filters. */
export type SyncControl = "hold" | "skip" | "force";

/** Reads `slipway_sync` of the merged metadata; any other word counts as not set. */
export function syncControl(sale: Sale, settings: PairSettings): SyncControl | undefined {
  const word = sale.metadata[settings.metadata.sync]?.trim().toLowerCase();
  return word === "hold" || word === "skip" || word === "force" ? word : undefined;
}

/** Stripe's objects by the beginnings of their ids, as Stripe's dashboard calls them. */
const OBJECT_WORDS: Readonly<Record<string, string>> = {
  ch: "charge",
  py: "charge",
  pi: "PaymentIntent",
  in: "invoice",
  cs: "Checkout session",
  sub: "subscription",
  cus: "customer",
};

/**
 * The objects of a sale whose own metadata have the key, in words: the strongest decides, and when
 * it is taken away there the next one does. Stripe copies a PaymentIntent's metadata to its charge
 * once, so that both have to be mended.
 */
export function metadataPlaces(sale: Sale, key: string): string {
  const places = sale.metadataSources
    .filter(({ metadata }) => Object.hasOwn(metadata, key) && metadata[key]?.trim() !== "")
    .map(({ objectId }) =>
      `${OBJECT_WORDS[objectId.split("_")[0] ?? ""] ?? ""} ${objectId}`.trim(),
    );
  return [...new Set(places)].join(" and of ");
}

/** The SL customer that metadata names, or undefined. */
export function namedCustomerId(sale: Sale, settings: PairSettings): string | undefined {
  const named = sale.metadata[settings.metadata.customerId]?.trim() ?? "";
  return named === "" ? undefined : named;
}
