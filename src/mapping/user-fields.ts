import { isCalendarDate } from "../base/calendar-date.ts";
import { HubError } from "../base/errors.ts";
import type { Metadata, Sale, SalePayment } from "../canonical/sale.ts";
import type { FieldToSl, PairSettings } from "../config/index.ts";
import { USER_FIELDS, type UserFieldName, type UserFields } from "../erp/port.ts";
import { singleLine } from "./address.ts";
import { fitText } from "./text.ts";

/** What the fields of a document are filled from. */
export type FieldSource = Readonly<{ sale: Sale; payment: SalePayment | undefined }>;
export type MappedFields = Readonly<{ fields: UserFields; notes: readonly string[] }>;

type Table = "Invoice" | "Payment" | "Customer";

/**
 * The user fields of a document, as `fields.to-sl` of the pair asks for: User1 and User2 text of
 * 30, User3 and User4 numbers, User5 and User6 text of 10, User7 and User8 dates (`YYYY-MM-DD`).
 * A text that is too long is cut and noted with its full value.
 *
 * @throws HubError `mapping.text_missing` for a required value that is not there,
 *   `mapping.field_invalid` for one of the wrong kind
 */
export function mapUserFields(
  table: Table,
  source: FieldSource,
  settings: PairSettings,
): MappedFields {
  const fields: Partial<Record<UserFieldName, string>> = {};
  const notes: string[] = [];
  for (const entry of settings.fields.toSl) {
    const field = fieldOf(entry, table);
    if (field === undefined) continue;
    const value = givenValue(entry, source);
    if (value === undefined) continue;
    const fitted = fitUserField(field, value, entry);
    fields[field] = fitted.value;
    notes.push(...fitted.notes);
  }
  return { fields, notes };
}

function fieldOf(entry: FieldToSl, table: Table): UserFieldName | undefined {
  const [target, field] = entry.to.split(".");
  const isMeant = target === table || (target === "ARDoc" && table !== "Customer");
  return isMeant ? USER_FIELDS.find((name) => name === field) : undefined;
}

function givenValue(entry: FieldToSl, source: FieldSource): string | undefined {
  const found = readSource(entry.from, source)?.trim() ?? "";
  if (found !== "") return found;
  if (entry.default !== undefined) return entry.default;
  if (entry.required) {
    throw new HubError("mapping.text_missing", `${entry.from} is required for ${entry.to}`, {
      facts: { from: entry.from, to: entry.to },
    });
  }
  return undefined;
}

function readSource(from: string, { sale, payment }: FieldSource): string | undefined {
  if (from.startsWith("metadata.")) return own(sale.metadata, from.slice("metadata.".length));
  if (from.startsWith("customer.metadata.")) {
    return own(sale.buyer.metadata, from.slice("customer.metadata.".length));
  }
  const charge = payment ?? sale.payments[0];
  const known: Readonly<Record<string, string | undefined>> = {
    "invoice.id": sale.invoiceId,
    "invoice.number": sale.document.number,
    "payment-intent.id": charge?.paymentIntentId ?? sale.paymentIntentId,
    "charge.id": charge?.chargeId,
    "charge.method": charge?.method,
    "charge.description": charge?.description,
    "customer.id": sale.buyer.stripeCustomerId,
    "customer.email": sale.buyer.email,
    "customer.name": sale.buyer.name,
    "customer.phone": sale.buyer.phone,
    "customer.address": singleLine(sale.buyer.address),
    "ship-to.name": sale.shipTo?.name,
    "ship-to.address": sale.shipTo === undefined ? undefined : singleLine(sale.shipTo.address),
  };
  return known[from];
}

/** Metadata keys are free text: `constructor` must not find anything by accident. */
function own(metadata: Metadata, key: string): string | undefined {
  return Object.hasOwn(metadata, key) ? metadata[key] : undefined;
}

/** Where a value comes from and goes to, in the words of the settings. */
type Named = Readonly<{ from: string; to: string }>;

/**
 * A value as its user field takes it, and in full where a text was cut.
 *
 * @throws HubError `mapping.field_invalid` for one of the wrong kind
 */
export function fitUserField(
  field: UserFieldName,
  value: string,
  entry: Named,
): Readonly<{ value: string; notes: readonly string[] }> {
  const fitted = fitField(field, value, entry);
  const isCut = isTextField(field) && fitted !== value;
  return { value: fitted, notes: isCut ? [`${entry.from} in full: ${value}`] : [] };
}

function fitField(field: UserFieldName, value: string, entry: Named): string {
  switch (field) {
    case "User1":
    case "User2":
      return fitText(value, 30).text;
    case "User5":
    case "User6":
      return fitText(value, 10).text;
    case "User3":
    case "User4":
      if (/^-?\d{1,15}(\.\d{1,6})?$/.test(value)) return value;
      throw invalid(entry, value, "a number");
    case "User7":
    case "User8":
      if (isSlDate(value)) return value;
      throw invalid(entry, value, "a date from 1900-01-02 to 2079-06-06, YYYY-MM-DD");
  }
}

function isTextField(field: UserFieldName): boolean {
  return ["User1", "User2", "User5", "User6"].includes(field);
}

/** What a `smalldatetime` holds; 1900-01-01 itself means "no date" in SL. */
function isSlDate(value: string): boolean {
  return isCalendarDate(value) && value > "1900-01-01" && value <= "2079-06-06";
}

function invalid(entry: Named, value: string, expected: string): HubError {
  return new HubError(
    "mapping.field_invalid",
    `${entry.from} is "${value.slice(0, 60)}", but ${entry.to} takes ${expected}`,
    { facts: { from: entry.from, to: entry.to } },
  );
}
