import {
  type DocumentDraft,
  type DocumentReading,
  type EntryDraft,
  type KeyedDocument,
  screenOf,
} from "../port.ts";
import { asRows, type WireRow } from "./envelope.ts";
import { findReleasedJournal } from "./journals.ts";
import { documentReading } from "./read-batch.ts";
import type { Site } from "./site.ts";
import { dateFromWire, dateToWire, flagOf, isSameId, textOf } from "./wire-values.ts";

/** What the service takes for any value. */
const ANY = "%";
/** Read without its batch, a document shows neither lines nor what it is worth. */
const ALONE = { lines: [], base: undefined };

/** A document by what identifies it in SL. */
export type DocumentId = Readonly<{ type: string; customerId: string; refNbr: string }>;

/** The document alone, without its lines; see `ErpConnector.readReleased`. */
export async function readReleased(
  site: Site,
  wanted: DocumentId,
  signal: AbortSignal | undefined,
): Promise<DocumentReading | undefined> {
  const row = await releasedRow(site, wanted, signal);
  return row === undefined ? undefined : documentReading(site, row, ALONE);
}

/** Released documents under a number, of whatever type; see `ErpConnector.listReleased`. */
export async function listReleased(
  site: Site,
  wanted: Omit<DocumentId, "type">,
  signal: AbortSignal | undefined,
): Promise<readonly DocumentReading[]> {
  const rows = await releasedRows(site, { ...wanted, type: ANY }, signal);
  return rows.map((row) => documentReading(site, row, ALONE));
}

/** Documents of a customer that can pay; see `ErpConnector.listOpenCredits`. */
export async function listOpenCredits(
  site: Site,
  customerId: string,
  signal: AbortSignal | undefined,
): Promise<readonly DocumentReading[]> {
  const found: DocumentReading[] = [];
  for (const type of ["CM", "PA", "PP"]) {
    const rows = await releasedRows(site, { type, customerId, refNbr: ANY }, signal);
    found.push(...rows.map((row) => documentReading(site, row, ALONE)));
  }
  return found.filter(({ balance, applyingBatNbr }) => balance.minor > 0n && applyingBatNbr === "");
}

/**
 * The released document of a draft's key; see `ErpConnector.findReleased`. An invoice is searched
 * by customer and date, since SL numbers it; a payment is asked for by the number that we chose.
 */
export async function findReleased(
  site: Site,
  draft: DocumentDraft,
  signal: AbortSignal | undefined,
): Promise<KeyedDocument | undefined> {
  if (draft.kind === "journal") return findReleasedJournal(site, draft, signal);
  const { customerId, key } = draft;
  // An application leaves no document of its own behind; whoever reads first sees its balances.
  if (draft.kind === "application") return undefined;
  const rows =
    draft.kind !== "payment"
      ? await searchInvoices(site, draft, signal)
      : [await releasedRow(site, { type: draft.type, customerId, refNbr: draft.refNbr }, signal)];
  const row = rows.find(
    (candidate) => isSameId(textOf(candidate, site.keyField), key) && flagOf(candidate, "Rlsed"),
  );
  if (row === undefined) return undefined;
  return {
    key,
    stripeId: textOf(row, site.idField),
    screen: screenOf(draft),
    type: textOf(row, "DocType").toUpperCase(),
    customerId,
    refNbr: textOf(row, "RefNbr"),
    batNbr: textOf(row, "BatNbr").trim(),
    period: textOf(row, "PerPost").trim(),
    documentDate: dateFromWire(textOf(row, "DocDate")),
    isReleased: true,
  };
}

async function searchInvoices(
  site: Site,
  draft: Exclude<EntryDraft, { kind: "payment" }>,
  signal: AbortSignal | undefined,
): Promise<readonly WireRow[]> {
  const date = dateToWire(draft.documentDate);
  const docType = draft.kind === "memo" ? draft.type : "IN";
  const query = { docType, custID: draft.customerId, startDocDate: date, endDocDate: date };
  const options = { kind: "read", signal } as const;
  return asRows(await site.client.call("invoiceAndMemo", "searchInvoiceAndMemo", query, options));
}

/** The released document's row as SL sends it. */
export async function releasedRow(
  site: Site,
  wanted: DocumentId,
  signal: AbortSignal | undefined,
): Promise<WireRow | undefined> {
  const rows = await releasedRows(site, wanted, signal);
  return rows.find((candidate) => isSameId(textOf(candidate, "DocType"), wanted.type));
}

async function releasedRows(
  site: Site,
  { type, customerId, refNbr }: DocumentId,
  signal: AbortSignal | undefined,
): Promise<readonly WireRow[]> {
  const rows = await site.client.call(
    "paymentApplication",
    "getReleasedARDocsByCustIDAndDocType",
    { custID: customerId, docType: type, refNbr },
    { kind: "read", signal },
  );
  return asRows(rows).filter(
    (candidate) =>
      isSameId(textOf(candidate, "CustId"), customerId) &&
      (refNbr === ANY || isSameId(textOf(candidate, "RefNbr"), refNbr)),
  );
}
