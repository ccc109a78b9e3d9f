import { HubError } from "../base/errors.ts";
import type { MetadataSource, Sale, SalePayment } from "../canonical/sale.ts";
import type { PairSettings } from "../config/index.ts";
import { decidedFor } from "./overrides.ts";

/** What the merchant asks of the hub by metadata, and the Stripe object that says so. */
export type SyncControl = Readonly<{ word: "hold" | "skip" | "force"; objectId: string }>;

type Said = Readonly<{ word: string; objectId: string }>;

const WORDS: readonly string[] = ["hold", "skip", "force"];

/**
 * What `slipway_sync` asks for these payments of a sale: of each, the first word found on its
 * charge, its PaymentIntent, the invoice or session, the customer. One that is to wait makes all
 * wait; a skip must be said of all, since a sale is booked or left alone as one; and one `force` is
 * enough to book past the pair's rules.
 *
 * @param payments those that are still to be booked; empty where the sale has none
 * @throws HubError `mapping.sync_word` for a word that means nothing, and for words that disagree
 */
export function syncControl(
  sale: Sale,
  payments: readonly SalePayment[],
  settings: PairSettings,
): SyncControl | undefined {
  const key = settings.metadata.sync;
  const chains = (payments.length === 0 ? [undefined] : payments).map((payment) =>
    sourcesOf(sale, payment),
  );
  const said = chains.map((chain) => saidBy(chain, key));
  const unknown = said.find((one) => one !== undefined && !WORDS.includes(one.word));
  if (unknown !== undefined) {
    const { word, objectId } = unknown;
    throw syncWord(`${key} of ${objectId} is "${word}", which is no word the hub knows`, unknown);
  }
  const hold = said.find((one) => one?.word === "hold");
  if (hold !== undefined) return { word: "hold", objectId: hold.objectId };
  const skip = said.find((one) => one?.word === "skip");
  if (skip === undefined) {
    const force = said.find((one) => one?.word === "force");
    return force === undefined ? undefined : { word: "force", objectId: force.objectId };
  }
  if (said.every((one) => one?.word === "skip")) return { word: "skip", objectId: skip.objectId };
  throw syncWord(`${key} of ${skip.objectId} is "skip", and other payments are to be booked`, skip);
}

/** What is said of one payment: by its own objects, and by those that all payments share. */
function sourcesOf(sale: Sale, payment: SalePayment | undefined): readonly MetadataSource[] {
  const idsOf = (one: SalePayment) => [one.chargeId, one.paymentIntentId];
  const own = payment === undefined ? [] : idsOf(payment);
  const others = sale.payments.flatMap(idsOf).filter((id) => !own.includes(id));
  return sale.metadataSources.filter(({ objectId }) => !others.includes(objectId));
}

/** An empty word is none: that is how Stripe removes a key. */
function saidBy(chain: readonly MetadataSource[], key: string): Said | undefined {
  return chain
    .map(({ objectId, metadata }) => ({ objectId, word: wordOf(metadata[key]) }))
    .find(({ word }) => word !== "");
}

function wordOf(value: string | undefined): string {
  return value?.trim().toLowerCase() ?? "";
}

function syncWord(message: string, { word, objectId }: Said): HubError {
  return new HubError("mapping.sync_word", message, { facts: { word, objectId } });
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

/** The SL customer that a person or metadata names for this sale, or undefined. */
export function namedCustomerId(sale: Sale, settings: PairSettings): string | undefined {
  const decided = decidedFor(sale, "customer", [""]);
  if (decided !== undefined) return decided.value;
  const named = sale.metadata[settings.metadata.customerId]?.trim() ?? "";
  return named === "" ? undefined : named;
}
