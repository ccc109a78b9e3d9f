import type { Metadata } from "../canonical/sale.ts";

/** Stripe's limits for metadata ("Metadata" in its documentation). */
const KEY_LENGTH_MAX = 40;
const VALUE_LENGTH_MAX = 500;
const KEY_COUNT_MAX = 50;

/** What SL holds for a document: the facts that Stripe is told. */
export type WrittenDocument = Readonly<{
  customerId: string;
  refNbr: string;
  batNbr: string;
  period: string;
  documentDate: string;
}>;

/** The documents that exist so far; a run writes back once they are released. */
export type WrittenDocuments = Readonly<{
  customerId: string;
  /** The sales order, in the mode that has one. */
  orderNumber?: string | undefined;
  /** Oldest first; only an order has several. */
  invoices: readonly WrittenDocument[];
  payment: WrittenDocument | undefined;
  /** Where several payments are one charge's: the numbers of all. */
  paymentNumbers?: readonly string[] | undefined;
  /** What SL's columns hold, by the names of the mapped fields: `Invoice.DocBal`. */
  columns: Readonly<Record<string, string>>;
}>;

/** The settings that name keys and mapped fields; a pair's settings fit. */
export type WritebackSettings = Readonly<{
  metadata: Readonly<{
    customerId: string;
    orderNumber: string;
    invoiceNumber: string;
    paymentNumber: string;
    batchNumber: string;
  }>;
  fields: Readonly<{ toStripe: readonly Readonly<{ from: string; toMetadata: string }>[] }>;
}>;

/**
 * The metadata that Stripe should hold for what was booked; several invoices are parted by commas,
 * and mapped columns are the newest one's. The batch is the payment's, where
 * there is one. Mapped fields cannot overrule the fixed keys; a value that is not known yet is
 * left out, never written empty, since an empty text removes the key at Stripe.
 */
export function plannedMetadata(
  documents: WrittenDocuments,
  settings: WritebackSettings,
): Metadata {
  const { metadata, fields } = settings;
  const { customerId, orderNumber, invoices, payment, paymentNumbers } = documents;
  const mapped = fields.toStripe.map(
    ({ from, toMetadata }) =>
      [toMetadata, receiptFact(from, documents) ?? documents.columns[from]] as const,
  );
  const planned = new Map<string, string | undefined>([
    ...mapped,
    [metadata.customerId, customerId],
    [metadata.orderNumber, orderNumber],
    [metadata.invoiceNumber, numbersOf(invoices)],
    [metadata.paymentNumber, paymentNumbers ? fittingNumbers(paymentNumbers) : payment?.refNbr],
    [metadata.batchNumber, payment?.batNbr ?? invoices.at(-1)?.batNbr],
  ]);
  return Object.fromEntries([...planned].flatMap(([key, value]) => entryOf(key, value)));
}

/** The metadata that a refund should hold: the memos that it became, and the batch of its money. */
export function plannedRefundMetadata(
  memos: Readonly<{ cash: RefundMemo; cause: RefundMemo | undefined }>,
  { metadata }: RefundSettings,
): Metadata {
  const { cash, cause } = memos;
  return Object.fromEntries([
    ...entryOf(metadata.customerId, cash.customerId.trim()),
    ...entryOf(metadata.debitMemo, cash.refNbr),
    ...entryOf(metadata.creditMemo, cause?.refNbr),
    ...entryOf(metadata.batchNumber, cash.batNbr),
  ]);
}

/** The metadata of a dispute, or of a refund in parts: the batches of its documents. */
export function plannedBatches(
  batches: readonly string[],
  { metadata }: Readonly<{ metadata: Readonly<{ batchNumber: string }> }>,
): Metadata {
  return Object.fromEntries(entryOf(metadata.batchNumber, fittingNumbers(batches)));
}

type RefundSettings = Readonly<{
  metadata: Readonly<Record<"customerId" | "batchNumber" | "debitMemo" | "creditMemo", string>>;
}>;
type RefundMemo = Pick<WrittenDocument, "customerId" | "refNbr" | "batNbr">;

/** What must be written so that Stripe holds `planned`, and what could not be. */
export type MetadataChange = Readonly<{ changes: Metadata; notes: readonly string[] }>;

/**
 * Compares present and planned metadata: equal values are not written again, so a value of ours
 * that comes back as an update ends there. Keys beyond Stripe's 50 are left out and noted; keys
 * that are there already never are.
 */
export function metadataChange(present: Metadata, planned: Metadata): MetadataChange {
  const changes: Record<string, string> = {};
  const notes: string[] = [];
  let room = KEY_COUNT_MAX - Object.keys(present).length;
  for (const [key, value] of Object.entries(planned)) {
    const isThere = Object.hasOwn(present, key);
    if (isThere && present[key] === value) continue;
    if (!isThere && room <= 0) {
      notes.push(`Metadata ${key} was not written: Stripe keeps ${KEY_COUNT_MAX} keys at most.`);
      continue;
    }
    changes[key] = value;
    if (!isThere) room -= 1;
  }
  return { changes, notes };
}

function entryOf(key: string, value: string | undefined): [string, string][] {
  const isKey = key.length > 0 && key.length <= KEY_LENGTH_MAX && !/[[\]]/.test(key);
  if (!isKey || value === undefined || value === "") return [];
  return [[key, value.slice(0, VALUE_LENGTH_MAX)]];
}

function numbersOf(invoices: readonly WrittenDocument[]): string {
  return fittingNumbers(invoices.map(({ refNbr }) => refNbr));
}

/** As many whole numbers as a value of Stripe's holds. */
function fittingNumbers(all: readonly string[]): string {
  const numbers = [...all];
  while (numbers.join(", ").length > VALUE_LENGTH_MAX) numbers.pop();
  return numbers.join(", ");
}

/** The value of a mapped field that a receipt holds already, so that SL need not be asked. */
export function receiptFact(
  from: string,
  documents: Omit<WrittenDocuments, "columns">,
): string | undefined {
  const { customerId, payment } = documents;
  const invoice = documents.invoices.at(-1);
  const known: Readonly<Record<string, string | undefined>> = {
    "Invoice.RefNbr": invoice?.refNbr,
    "Invoice.BatNbr": invoice?.batNbr,
    "Invoice.PerPost": invoice?.period,
    "Invoice.DocDate": invoice?.documentDate,
    "Payment.RefNbr": payment?.refNbr,
    "Payment.BatNbr": payment?.batNbr,
    "Payment.PerPost": payment?.period,
    "Payment.DocDate": payment?.documentDate,
    "Batch.BatNbr": (payment ?? invoice)?.batNbr,
    "Customer.CustId": customerId,
  };
  // What a rebuild has taken over knows neither period nor date.
  return known[from.replace(/^ARDoc\./, "Invoice.")] || undefined;
}
