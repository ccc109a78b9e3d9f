import { HubError } from "../base/errors.ts";
import { base32, chosenNumber, sha256 } from "../base/ids.ts";
import type { Sale } from "../canonical/sale.ts";
import type { PairSettings } from "../config/index.ts";
import type { CustomerDraft, CustomerReading } from "../erp/port.ts";
import { fitAddress, singleLine } from "./address.ts";
import type { Mapped } from "./mapped.ts";
import { composeNote, idLine } from "./note.ts";
import { metadataPlaces } from "./sync.ts";
import { fitText, shortStripeId } from "./text.ts";
import { mapUserFields } from "./user-fields.ts";

const CUSTOMER_ID_WIDTH = 15;

/** What a customer is mapped from beside the sale. */
export type CustomerContext = Readonly<{
  settings: PairSettings;
  /** The intent key of the customer. */
  key: string;
  /** Counts up when SL holds our id under another key. */
  numberTry: number;
}>;

/**
 * The SL customer of a buyer. Its id is the pair's prefix and characters of a hash of the key, so
 * that a second try meets the first one's id instead of making a second customer.
 *
 * @throws HubError `mapping.customer_missing` where there is neither name nor e-mail,
 *   `mapping.text_missing`, `mapping.field_invalid`
 */
export function mapCustomer(sale: Sale, context: CustomerContext): Mapped<CustomerDraft> {
  const { settings, key, numberTry } = context;
  const { buyer } = sale;
  const { prefix, stateCountries } = settings.customer;
  const fullName = buyer.name.trim() === "" ? buyer.email : buyer.name;
  const name = fitText(fullName, 60);
  if (name.text === "") throw noBuyer(sale);
  const address = fitAddress(buyer.address, stateCountries);
  const email = mapEmail(buyer.email);
  const phone = fitText(buyer.phone, 30);
  const fields = mapUserFields("Customer", { sale, payment: undefined }, settings);
  const cut = [
    ...(name.isCut || name.isAltered ? [`Name in full: ${fullName}`] : []),
    ...address.notes,
    ...email.notes,
    ...(phone.isCut || phone.isAltered ? [`Phone in full: ${buyer.phone}`] : []),
    ...fields.notes,
  ];
  const linkTo = buyer.stripeCustomerId ?? sale.document.identity;
  const line = singleLine(buyer.address);
  const fullTexts = line === "" || address.notes.length > 0 ? cut : [`Address: ${line}`, ...cut];
  const draft: CustomerDraft = {
    key,
    stripeId: shortStripeId(linkTo),
    customerId: prefix + chosenNumber(key, numberTry, CUSTOMER_ID_WIDTH - prefix.length),
    name: name.text,
    addressLine1: address.line1,
    addressLine2: address.line2,
    city: address.city,
    state: address.state,
    zip: address.zip,
    country: address.country,
    email: email.text,
    phone: phone.text,
    attention: "",
    classId: settings.customer.class ?? "",
    terms: settings.customer.terms ?? "",
    currency: settings.sl.baseCurrency,
    // What was decided for one sale says nothing of the customer.
    note: composeNote({ ...sale, overrides: [] }, settings, {
      linkTo,
      ids: idsOf(sale),
      fullTexts,
    }),
    userFields: fields.fields,
  };
  return { draft, notes: cut };
}

/**
 * The Stripe object that a buyer's SL customer belongs to: the Stripe customer; for a guest a name
 * made from the e-mail, so that two purchases of one guest meet; else the sale itself.
 */
export function customerObject(sale: Sale): string {
  const { stripeCustomerId, email } = sale.buyer;
  if (stripeCustomerId !== undefined) return stripeCustomerId;
  return guestObject(email) ?? sale.document.identity;
}

/** The name of a guest, made from the e-mail address; undefined where there is none. */
export function guestObject(email: string): string | undefined {
  const normalised = normaliseEmail(email);
  return normalised === "" ? undefined : `guest_${base32(sha256(normalised)).slice(0, 24)}`;
}

/** The form in which e-mail addresses are compared: trimmed, in lower case. */
export function normaliseEmail(email: string): string {
  return email.normalize("NFC").trim().toLowerCase();
}

/** Where the id of an SL customer came from, for the cure: a link of ours, a setting, a person. */
export type NamedBy = "metadata" | "link" | "customer.named" | "customer.fallback" | "edit";

/** An SL customer that somebody has named. */
export type NamedCustomer = Readonly<{
  customerId: string;
  linkedStripeId: string | undefined;
  by: NamedBy;
}>;

/**
 * Checks the SL customer that metadata, a link or a setting names.
 *
 * `linkedStripeId` is the Stripe customer that the hub has linked this SL customer to, if any; a
 * guest may be booked on anybody's account that the merchant names. A buyer with the very e-mail
 * address of the SL customer is no stranger to it: the hub itself finds customers by it, and after
 * a restore the metadata that it wrote back is all that is left of that link.
 *
 * @throws HubError `mapping.customer_unknown`, `mapping.customer_blocked`,
 *   `mapping.customer_currency`, `mapping.customer_foreign`
 */
export function checkNamedCustomer(
  reading: CustomerReading | undefined,
  sale: Sale,
  context: Readonly<{ named: NamedCustomer; settings: PairSettings }>,
): CustomerReading {
  const { named, settings } = context;
  const facts = { customerId: named.customerId };
  if (reading === undefined) {
    throw new HubError("mapping.customer_unknown", `SL has no customer ${named.customerId}`, {
      facts,
      cure: `${mend(sale, context)}, or create the customer in SL, then resume.`,
    });
  }
  const fault = customerFault(reading, settings.sl.baseCurrency);
  if (fault !== undefined) {
    throw new HubError(fault.code, `SL customer ${reading.customerId} ${fault.words}`, {
      facts: { ...facts, currency: reading.currency },
    });
  }
  const owner = ownerOf(reading, named.linkedStripeId);
  const buyer = sale.buyer.stripeCustomerId;
  const isStranger = owner !== undefined && buyer !== undefined && owner !== buyer;
  if (isStranger && !hasEmailOf(reading, sale)) {
    throw new HubError(
      "mapping.customer_foreign",
      `SL customer ${reading.customerId} belongs to ${owner}, not to ${buyer}`,
      {
        facts: { ...facts, linkedTo: owner, buyer },
        cure: `${mend(sale, context)}, then resume.`,
      },
    );
  }
  return reading;
}

/** Why nobody may be booked on this SL customer, in words that follow its id; or undefined. */
export function customerFault(
  { status, currency }: CustomerReading,
  baseCurrency: string,
):
  | Readonly<{ code: "mapping.customer_blocked" | "mapping.customer_currency"; words: string }>
  | undefined {
  if (status === "inactive" || status === "hold") {
    const words = status === "hold" ? "is on hold" : "is inactive";
    return { code: "mapping.customer_blocked", words };
  }
  if (currency === "" || currency === baseCurrency) return undefined;
  return { code: "mapping.customer_currency", words: `trades in ${currency}` };
}

/** What a person changes where the named customer is the wrong one. */
function mend(
  sale: Sale,
  { named, settings }: Readonly<{ named: NamedCustomer; settings: PairSettings }>,
): string {
  const { customerId: key } = settings.metadata;
  if (named.by === "metadata") {
    return `Correct or remove ${key} in the metadata of ${metadataPlaces(sale, key)}`;
  }
  if (named.by === "edit") return "Name another customer with `slipway parked edit`";
  if (named.by === "link") return `Name another customer in metadata ${key}`;
  return `Name another customer in ${named.by} of the pair`;
}

function hasEmailOf(reading: CustomerReading, sale: Sale): boolean {
  const email = normaliseEmail(sale.buyer.email);
  return email !== "" && normaliseEmail(reading.email) === email;
}

/** The hub's own link, else the Stripe customer written in SL. */
function ownerOf(reading: CustomerReading, linked: string | undefined): string | undefined {
  if (linked !== undefined) return linked;
  return reading.stripeId.startsWith("cus_") ? reading.stripeId : undefined;
}

/** A cut or altered address is another address: it is left out instead and noted. */
function mapEmail(full: string): Readonly<{ text: string; notes: readonly string[] }> {
  const trimmed = full.trim();
  const { text } = fitText(trimmed, 80);
  return text === trimmed ? { text, notes: [] } : { text: "", notes: [`E-mail: ${trimmed}`] };
}

function idsOf(sale: Sale): readonly string[] {
  const { stripeCustomerId } = sale.buyer;
  return stripeCustomerId === undefined
    ? [`Stripe guest, first seen with ${sale.document.identity}`]
    : idLine("customer", stripeCustomerId);
}

function noBuyer(sale: Sale): HubError {
  return new HubError(
    "mapping.customer_missing",
    `${sale.document.identity} has neither customer nor e-mail nor name`,
    { facts: { document: sale.document.identity } },
  );
}
