import type { DocumentReading } from "../port.ts";
import { asRows, type WireRow } from "./envelope.ts";
import { documentReading } from "./read-batch.ts";
import type { Site } from "./site.ts";
import { isSameId, textOf } from "./wire-values.ts";

/** A document by what identifies it in SL. */
export type DocumentId = Readonly<{ type: string; customerId: string; refNbr: string }>;

/** The document alone, without its lines; see `ErpConnector.readReleased`. */
export async function readReleased(
  site: Site,
  wanted: DocumentId,
  signal: AbortSignal | undefined,
): Promise<DocumentReading | undefined> {
  const row = await releasedRow(site, wanted, signal);
  return row === undefined ? undefined : documentReading(site, row, []);
}

/** The released document's row as SL sends it. */
export async function releasedRow(
  site: Site,
  wanted: DocumentId,
  signal: AbortSignal | undefined,
): Promise<WireRow | undefined> {
  const { type, customerId, refNbr } = wanted;
  const rows = asRows(
    await site.client.call(
      "paymentApplication",
      "getReleasedARDocsByCustIDAndDocType",
      { custID: customerId, docType: type, refNbr },
      { kind: "read", signal },
    ),
  );
  return rows.find(
    (candidate) =>
      isSameId(textOf(candidate, "DocType"), type) &&
      isSameId(textOf(candidate, "CustId"), customerId) &&
      isSameId(textOf(candidate, "RefNbr"), refNbr),
  );
}
