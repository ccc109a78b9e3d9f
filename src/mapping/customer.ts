import { HubError } from "../base/errors.ts";
import { base32, chosenNumber, sha256 } from "../base/ids.ts";
import type { Buyer, Sale, TaxId } from "../canonical/sale.ts";
import type { PairSettings } from "../config/index.ts";
import type { CustomerDraft, CustomerTexts } from "../erp/port.ts";
import { fitAddress, singleLine } from "./address.ts";
import type { Mapped } from "./mapped.ts";
import { composeNote, idLine } from "./note.ts";
import { fits, fitText, shortStripeId } from "./text.ts";
import { mapUserFields } from "./user-fields.ts";
import { meets } from "./when.ts";

const CUSTOMER_ID_WIDTH = 15;

/** What a customer is mapped from beside the sale. */
export type CustomerContext = Readonly<{
  settings: PairSettings;
  /** The intent key of the customer. */
  key: string;
  /** Counts up when SL holds our id under another key. */
  numberTry: number;
  /** The currency that the customer is to trade in. Default the company's base currency. */
  currency?: string | undefined;
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
  const mapped = customerTexts(buyer, stateCountries);
  if (mapped.texts.name === "") throw noBuyer(sale);
  const tax = mapTaxIds(buyer, settings);
  const fields = mapUserFields("Customer", { sale, payment: undefined }, settings);
  const cut = [...mapped.notes, ...tax.notes, ...fields.notes];
  const linkTo = buyer.stripeCustomerId ?? sale.document.identity;
  const line = singleLine(buyer.address);
  const hasAddress = line === "" || mapped.notes.some((note) => note.startsWith(FULL_ADDRESS));
  const fullTexts = hasAddress ? cut : [`Address: ${line}`, ...cut];
  const { classId, terms } = classOf(sale, settings);
  const draft: CustomerDraft = {
    key,
    stripeId: shortStripeId(linkTo),
    customerId: prefix + chosenNumber(key, numberTry, CUSTOMER_ID_WIDTH - prefix.length),
    ...mapped.texts,
    attention: "",
    classId,
    terms,
    currency: context.currency ?? settings.sl.baseCurrency,
    // What was decided for one sale says nothing of the customer.
    note: composeNote({ ...sale, overrides: [] }, settings, {
      linkTo,
      ids: idsOf(sale),
      fullTexts,
    }),
    userFields: fields.fields,
    taxNumbers: tax.numbers,
  };
  return { draft, notes: cut };
}

const FULL_ADDRESS = "Address in full";

/** What SL keeps of a buyer, cut to its widths, and what did not fit in words. */
export function customerTexts(
  buyer: Buyer,
  stateCountries: readonly string[],
): Readonly<{ texts: CustomerTexts; notes: readonly string[] }> {
  const fullName = buyer.name.trim() === "" ? buyer.email : buyer.name;
  const name = fitText(fullName, 60);
  const address = fitAddress(buyer.address, stateCountries);
  const email = mapEmail(buyer.email);
  const phone = fitText(buyer.phone, 30);
  return {
    texts: {
      name: name.text,
      addressLine1: address.line1,
      addressLine2: address.line2,
      city: address.city,
      state: address.state,
      zip: address.zip,
      country: address.country,
      email: email.text,
      phone: phone.text,
    },
    notes: [
      ...(name.isCut || name.isAltered ? [`Name in full: ${fullName}`] : []),
      ...address.notes,
      ...email.notes,
      ...(phone.isCut || phone.isAltered ? [`Phone in full: ${buyer.phone}`] : []),
    ],
  };
}

/** The customer that stands for all shoppers, or for those of the sale's class. */
export function sharedCustomer(sale: Sale, { customer }: PairSettings): string {
  const rule = customer.classes.find(({ when }) => meets(sale, when));
  return rule?.named ?? customer.named ?? "";
}

/**
 * The class and terms of a new customer: those of the first entry of `customer.classes` whose
 * conditions are all met, else `customer.class` and `customer.terms`. Empty terms are the class's.
 */
function classOf(
  sale: Sale,
  { customer }: PairSettings,
): Readonly<{ classId: string; terms: string }> {
  const rule = customer.classes.find(({ when }) => meets(sale, when));
  if (rule !== undefined) return { classId: rule.class, terms: rule.terms ?? "" };
  return { classId: customer.class ?? "", terms: customer.terms ?? "" };
}

const TAX_NUMBER_WIDTH = 15;

/**
 * The first tax id of the wanted types in its SL column, without blanks. One that does not fit is
 * left out, since a cut number is another number; the note has them all.
 */
function mapTaxIds(
  { taxIds }: Buyer,
  { customer }: PairSettings,
): Readonly<{ numbers: CustomerDraft["taxNumbers"]; notes: readonly string[] }> {
  const notes = taxIds.map(({ type, value }) => `Tax id: ${type} ${value}`);
  const number = taxNumberOf(taxIds, customer.taxId);
  return {
    numbers: customer.taxId === undefined || number === "" ? {} : { [customer.taxId.to]: number },
    notes,
  };
}

/** What of a buyer's tax ids SL is told by the setting; empty where nothing is. */
export function taxNumberOf(
  taxIds: readonly TaxId[],
  setting: PairSettings["customer"]["taxId"],
): string {
  if (setting === undefined) return "";
  const isWanted = ({ type }: TaxId) => setting.types.length === 0 || setting.types.includes(type);
  const number = withoutBlanks(taxIds.find(isWanted)?.value ?? "");
  return fits(number, TAX_NUMBER_WIDTH) ? number : "";
}

/** The form in which SL has a tax id. */
export function withoutBlanks(number: string): string {
  return number.replace(/\s/gu, "");
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

/** A cut or altered address is another address: it is left out instead and noted. */
export function mapEmail(full: string): Readonly<{ text: string; notes: readonly string[] }> {
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
