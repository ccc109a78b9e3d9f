import type { KeyedDocument } from "../port.ts";
import { allRows } from "./all-rows.ts";
import type { Site } from "./site.ts";
import { equals, journalOf, keyedDocument, LEDGER, moduleOf, ofCompany, VIEW } from "./views.ts";
import { isSameId, textOf } from "./wire-values.ts";

/** What stands under a Stripe id, whoever wrote it. See `ErpConnector.findOfStripeId`. */
export async function findOfStripeId(
  site: Site,
  stripeId: string,
  signal: AbortSignal | undefined,
): Promise<readonly KeyedDocument[]> {
  const filters = [equals(site.idField, stripeId), ofCompany(site)];
  // A day that is summed up has documents for each set of accounts, and a batch for each of them.
  const documentRows = await allRows(site, VIEW.documents, filters, signal);
  const batchRows = await allRows(site, VIEW.batches, filters, signal);
  const documents = documentRows
    .filter((row) => textOf(row, "BatStatus") !== "V")
    .map((row) => keyedDocument(site, row));
  const journals = batchRows
    .filter((row) => moduleOf(row) === LEDGER && textOf(row, "Status") !== "V")
    .map((row) => journalOf(site, row));
  return [...documents, ...journals].filter((found) => isSameId(found.stripeId, stripeId));
}
