import type { Address, Buyer, MetadataSource, Sale, ShipTo, TaxId } from "../canonical/sale.ts";
import { addressOf, idOf, listOf, metadataOf, objectOf, textOf, type Wire } from "./wire.ts";

const NO_ADDRESS: Address = {
  line1: "",
  line2: "",
  city: "",
  state: "",
  postalCode: "",
  country: "",
};

/** Where a buyer's fields are looked for; any of them may be missing. */
export type BuyerSources = Readonly<{
  /** The Stripe customer, expanded. */
  customer: Wire | undefined;
  /** The PaymentIntent, session, invoice or charge whose `customer` names it. */
  owner: Wire;
  invoice: Wire | undefined;
  session: Wire | undefined;
  charge: Wire | undefined;
}>;

/**
 * Who paid: field by field from the Stripe customer, the invoice's copy of it, the Checkout
 * session, the billing details of the charge. A deleted customer keeps its id and nothing else.
 */
export function parseBuyer(sources: BuyerSources): Buyer {
  const { customer, owner, invoice, session, charge } = sources;
  const details = objectOf(session, "customer_details");
  const billing = objectOf(charge, "billing_details");
  const first = (...texts: string[]) => texts.find((text) => text.trim() !== "") ?? "";
  const address =
    addressOf(objectOf(customer, "address")) ??
    addressOf(objectOf(invoice, "customer_address")) ??
    addressOf(objectOf(details, "address")) ??
    addressOf(objectOf(billing, "address"));
  return {
    stripeCustomerId: textOf(customer, "id") || idOf(owner, "customer"),
    name: first(
      textOf(customer, "name"),
      textOf(invoice, "customer_name"),
      textOf(details, "name"),
      textOf(billing, "name"),
    ),
    email: first(
      textOf(customer, "email"),
      textOf(invoice, "customer_email"),
      textOf(details, "email"),
      textOf(session, "customer_email"),
      textOf(billing, "email"),
      textOf(charge, "receipt_email"),
    ),
    phone: first(
      textOf(customer, "phone"),
      textOf(invoice, "customer_phone"),
      textOf(details, "phone"),
      textOf(billing, "phone"),
    ),
    address: address ?? NO_ADDRESS,
    taxIds: taxIdsOf(sources),
    metadata: metadataOf(customer),
  };
}

/** The invoice and the session keep those that were given when the sale was made. */
function taxIdsOf({ customer, invoice, session }: BuyerSources): readonly TaxId[] {
  const lists = [
    listOf(customer, "tax_ids"),
    listOf(invoice, "customer_tax_ids"),
    listOf(objectOf(session, "customer_details"), "tax_ids"),
  ];
  const found = lists.find((list) => list.length > 0) ?? [];
  return found
    .map((wire) => ({ type: textOf(wire, "type"), value: textOf(wire, "value").trim() }))
    .filter(({ value }) => value !== "");
}

/**
 * Where the goods go: what the payment says, else the session, the invoice, the customer. An
 * address alone makes a ship-to; a name without one does not.
 */
export function parseShipTo(
  sources: BuyerSources & { intent?: Wire | undefined },
): ShipTo | undefined {
  const { customer, invoice, session, charge, intent } = sources;
  const collected = objectOf(session, "collected_information");
  const places = [
    objectOf(charge, "shipping"),
    objectOf(intent, "shipping"),
    objectOf(collected, "shipping_details"),
    objectOf(session, "shipping_details"),
    objectOf(invoice, "shipping_details"),
    objectOf(invoice, "customer_shipping"),
    objectOf(customer, "shipping"),
  ];
  for (const place of places) {
    const address = addressOf(objectOf(place, "address"));
    if (address === undefined) continue;
    return { name: textOf(place, "name"), phone: textOf(place, "phone"), address };
  }
  return undefined;
}

/** An object's metadata with its id. */
export function metadataSource(wire: Wire | undefined): MetadataSource {
  return { objectId: textOf(wire, "id"), metadata: metadataOf(wire) };
}

/** Merges metadata; of two objects with the same key the one named first wins. */
export function mergeMetadata(
  ...fromStrongest: readonly MetadataSource[]
): Pick<Sale, "metadata" | "metadataSources"> {
  const metadataSources = fromStrongest.filter(({ metadata }) => Object.keys(metadata).length > 0);
  const merged: unknown = Object.assign(
    {},
    ...metadataSources.toReversed().map(({ metadata }) => metadata),
  );
  return { metadata: merged as Sale["metadata"], metadataSources };
}
