import { isIntentKey, isProbeKey } from "../../base/ids.ts";
import type { FieldUse } from "../port.ts";
import type { Site } from "./site.ts";
import { lastBatchNumber, ofCompany, PAGE_ROWS, queryView, VIEW } from "./views.ts";
import { textOf } from "./wire-values.ts";

/** So many batches back are recent. */
const BATCHES_BACK = 200;

/** Others' values in the fields that are ours; see `ErpConnector.listFieldUse`. */
export async function listFieldUse(
  site: Site,
  signal: AbortSignal | undefined,
): Promise<readonly FieldUse[]> {
  const last = await lastBatchNumber(site, signal);
  const from = String(Math.max(0, Number(last) - BATCHES_BACK)).padStart(last.length, "0");
  const filters = [ofCompany(site), { name: "BatNbr", value: from, comparisonType: ">" }];
  // A page tells enough: one document is as good a reason to ask as a thousand are.
  const rows = await queryView(site, VIEW.documents, { filters, page: 1, rows: PAGE_ROWS }, signal);
  const others = rows.filter((row) => {
    const key = textOf(row, site.keyField).trim();
    return !isIntentKey(key) && !isProbeKey(key);
  });
  return [site.keyField, site.idField].flatMap((field) => {
    const filled = others.filter((row) => textOf(row, field).trim() !== "");
    const [first] = filled;
    if (first === undefined) return [];
    const batNbr = textOf(first, "BatNbr").trim();
    return [{ field, count: filled.length, batNbr, value: textOf(first, field).trim() }];
  });
}
