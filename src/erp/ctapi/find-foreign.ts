import type { KeyedDocument } from "../port.ts";
import type { Site } from "./site.ts";
import {
  equals,
  journalOf,
  KEY,
  keyedDocument,
  LEDGER,
  moduleOf,
  ofCompany,
  queryView,
  ROWS_PER_KEY_MAX,
  VIEW,
} from "./views.ts";
import { isSameId, textOf } from "./wire-values.ts";

/**
 * What stands under a Stripe id and is nobody's of the hub's: no key stands beside it. See
 * `ErpConnector.findForeign`.
 */
export async function findForeign(
  site: Site,
  stripeId: string,
  signal: AbortSignal | undefined,
): Promise<readonly KeyedDocument[]> {
  const filters = [equals(site.idField, stripeId), ofCompany(site)];
  const query = { filters, page: 1, rows: ROWS_PER_KEY_MAX };
  const documents = await queryView(site, VIEW.documents, query, signal);
  const batches = await queryView(site, VIEW.batches, query, signal);
  const foreign = documents
    .filter((row) => textOf(row, "BatStatus") !== "V")
    .map((row) => keyedDocument(site, row));
  const journals = batches
    .filter((row) => moduleOf(row) === LEDGER && textOf(row, "Status") !== "V")
    .map((row) => journalOf(site, row));
  return [...foreign, ...journals].filter(
    (found) => isSameId(found.stripeId, stripeId) && !KEY.test(found.key.trim()),
  );
}
