import type { KeyedDocument } from "../port.ts";
import type { Site } from "./site.ts";
import {
  equals,
  journalOf,
  keyedDocument,
  LEDGER,
  moduleOf,
  ofCompany,
  queryView,
  ROWS_PER_KEY_MAX,
  VIEW,
} from "./views.ts";
import { isSameId, textOf } from "./wire-values.ts";

/** What stands under a Stripe id, whoever wrote it. See `ErpConnector.findOfStripeId`. */
export async function findOfStripeId(
  site: Site,
  stripeId: string,
  signal: AbortSignal | undefined,
): Promise<readonly KeyedDocument[]> {
  const filters = [equals(site.idField, stripeId), ofCompany(site)];
  const query = { filters, page: 1, rows: ROWS_PER_KEY_MAX };
  const documentRows = await queryView(site, VIEW.documents, query, signal);
  const batchRows = await queryView(site, VIEW.batches, query, signal);
  const documents = documentRows
    .filter((row) => textOf(row, "BatStatus") !== "V")
    .map((row) => keyedDocument(site, row));
  const journals = batchRows
    .filter((row) => moduleOf(row) === LEDGER && textOf(row, "Status") !== "V")
    .map((row) => journalOf(site, row));
  return [...documents, ...journals].filter((found) => isSameId(found.stripeId, stripeId));
}
