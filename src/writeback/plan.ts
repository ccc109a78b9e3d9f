import { toDecimal } from "../base/money.ts";
import type { Metadata, Sale } from "../canonical/sale.ts";
import type { DocumentReading } from "../erp/port.ts";
import { KEY_LENGTH_MAX, VALUE_LENGTH_MAX } from "./metadata-change.ts";

/** A released document, as a run's receipt names it. */
export type WrittenDocument = Readonly<{
  type: string;
  customerId: string;
  refNbr: string;
  batNbr: string;
  period: string;
  documentDate: string;
}>;

/** The settings that name keys and mapped fields; a pair's settings fit. */
export type WritebackSettings = Readonly<{
  metadata: Readonly<{
    customerId: string;
    invoiceNumber: string;
    paymentNumber: string;
    batchNumber: string;
  }>;
  fields: Readonly<{ toStripe: readonly Readonly<{ from: string; toMetadata: string }>[] }>;
}>;

export type WritebackSources = Readonly<{
  sale: Sale;
  booked: Readonly<{
    customer: Readonly<{ customerId: string }>;
    invoice: WrittenDocument;
    /** In the order of `sale.payments`. */
    payments: readonly WrittenDocument[];
  }>;
  settings: WritebackSettings;
  /** Asked only when a mapped field needs what the receipt does not hold. */
  readReleased: (document: WrittenDocument) => Promise<DocumentReading | undefined>;
}>;

/** What one Stripe object should hold. */
export type PlannedMetadata = Readonly<{ objectId: string; changes: Metadata }>;

/**
 * What Stripe is told of a booked sale: the object people look at (invoice, PaymentIntent or
 * charge) gets customer, invoice, payments, batch and the mapped fields; the Stripe customer gets
 * its SL id. Several payments stand side by side, separated by a comma; the batch is the
 * payments', without a payment the invoice's.
 *
 * Mapped fields cannot overrule the fixed keys. A value that is not known is left out, never
 * written empty, since an empty text removes the key at Stripe.
 */
export async function plannedMetadata(
  sources: WritebackSources,
): Promise<readonly PlannedMetadata[]> {
  const { sale, booked, settings } = sources;
  const { metadata } = settings;
  const ofDocuments = await mappedFields(sources, (from) => !from.startsWith("Customer."));
  const ofCustomer = await mappedFields(sources, (from) => from.startsWith("Customer."));
  const { customerId } = booked.customer;
  const document = metadataOf([
    ...ofDocuments,
    ...ofCustomer,
    [metadata.customerId, customerId],
    [metadata.invoiceNumber, booked.invoice.refNbr],
    [metadata.paymentNumber, joined(booked.payments.map((payment) => payment.refNbr))],
    [metadata.batchNumber, joined(batchesOf(sources))],
  ]);
  const buyer = metadataOf([...ofCustomer, [metadata.customerId, customerId]]);
  const { stripeCustomerId } = sale.buyer;
  return [
    { objectId: sale.document.identity, changes: document },
    ...(stripeCustomerId === undefined ? [] : [{ objectId: stripeCustomerId, changes: buyer }]),
  ];
}

type Entry = readonly [key: string, value: string | undefined];

function batchesOf({ booked }: WritebackSources): readonly string[] {
  return booked.payments.length === 0
    ? [booked.invoice.batNbr]
    : booked.payments.map((payment) => payment.batNbr);
}

function mappedFields(
  sources: WritebackSources,
  isWanted: (from: string) => boolean,
): Promise<readonly Entry[]> {
  const fields = sources.settings.fields.toStripe.filter(({ from }) => isWanted(from));
  return Promise.all(
    fields.map(
      async ({ from, toMetadata }) => [toMetadata, await valueOfField(from, sources)] as const,
    ),
  );
}

async function valueOfField(from: string, sources: WritebackSources): Promise<string | undefined> {
  const { booked } = sources;
  const [table, field = ""] = from.split(".");
  if (table === "Customer") return booked.customer.customerId;
  const documents = table === "Invoice" ? [booked.invoice] : booked.payments;
  const values = await Promise.all(
    documents.map((document) => readField(field, document, sources)),
  );
  return joined(values.filter((value) => value !== undefined));
}

async function readField(
  field: string,
  document: WrittenDocument,
  sources: WritebackSources,
): Promise<string | undefined> {
  switch (field) {
    case "RefNbr":
      return document.refNbr;
    case "BatNbr":
      return document.batNbr;
    case "PerPost":
      return document.period;
    case "DocDate":
      return document.documentDate;
    case "CuryOrigDocAmt": {
      const reading = await sources.readReleased(document);
      return reading === undefined ? undefined : toDecimal(reading.amount);
    }
    default:
      return undefined;
  }
}

/** As many whole values as Stripe's 500 characters hold. */
function joined(values: readonly string[]): string {
  return [...new Set(values)].reduce((so, value) => {
    const longer = so === "" ? value : `${so},${value}`;
    return longer.length <= VALUE_LENGTH_MAX ? longer : so;
  }, "");
}

function metadataOf(entries: readonly Entry[]): Metadata {
  const known = new Map(entries.filter(([, value]) => value !== undefined && value !== ""));
  const checked = [...known].flatMap(([key, value]): [string, string][] => {
    const isKey = key.length > 0 && key.length <= KEY_LENGTH_MAX && !/[[\]]/.test(key);
    return isKey && value !== undefined ? [[key, value.slice(0, VALUE_LENGTH_MAX)]] : [];
  });
  return Object.fromEntries(checked);
}
