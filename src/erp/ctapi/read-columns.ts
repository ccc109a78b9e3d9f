import { HubError } from "../../base/errors.ts";
import { toDecimal } from "../../base/money.ts";
import { type ColumnKind, type ColumnTable, columnsOf } from "../columns.ts";
import type { ColumnRecord, ColumnsWanted } from "../port.ts";
import { customerRowOf } from "./customers.ts";
import { asRow, type WireRow } from "./envelope.ts";
import { readScreen } from "./read-batch.ts";
import type { Site } from "./site.ts";
import { dateFromWire, fromWire, isSameId, numberFromWire, textOf } from "./wire-values.ts";

/** Where the contracts show a table's row; the services that show ARDoc and Batch agree on them. */
const SHOWN = {
  ARDoc: { service: "invoiceAndMemo", type: "ARDoc" },
  Batch: { service: "invoiceAndMemo", type: "Batch" },
  Customer: { service: "customerMaintenance", type: "CustomerV2" },
} as const;

/** Reads columns of one record as text; see `ErpConnector.readColumns`. */
export async function readColumns(
  site: Site,
  record: ColumnRecord,
  wanted: ColumnsWanted & Readonly<{ signal: AbortSignal | undefined }>,
): Promise<Readonly<Record<string, string>> | undefined> {
  const missing = await missingColumns(site, record.table, wanted.columns);
  if (missing.length > 0) throw lacking(record.table, missing);
  const row = await rowOf(site, record, wanted.signal);
  if (row === undefined) return undefined;
  const currencies = {
    document: textOf(row, "CuryId").trim().toUpperCase(),
    base: wanted.baseCurrency,
  };
  const kinds = columnsOf(record.table);
  return Object.fromEntries(
    wanted.columns.map((column) => {
      const value = row[column];
      const text = typeof value === "string" ? value.trim() : "";
      return [column, text === "" ? "" : asText(text, kinds.get(column) ?? "text", currencies)];
    }),
  );
}

/** See `ErpConnector.missingColumns`. */
export async function missingColumns(
  site: Site,
  table: ColumnTable,
  wanted: readonly string[],
): Promise<readonly string[]> {
  const { service, type } = SHOWN[table];
  const shown = await site.client.elementsOf(service, type);
  const known = columnsOf(table);
  return wanted.filter((column) => !known.has(column) || !shown.has(column));
}

/**
 * The batch's screen shows the batch and its one document, and the hub has seen it released there:
 * unlike a search it does not lag behind.
 */
async function rowOf(
  site: Site,
  record: ColumnRecord,
  signal: AbortSignal | undefined,
): Promise<WireRow | undefined> {
  if (record.table === "Customer") return customerRowOf(site, record.customerId, signal);
  const screen = await readScreen(site, record.screen, record.batNbr, signal);
  if (record.table === "Batch") return asRow(screen?.myBatch);
  const document = asRow(screen?.myARDoc);
  return isSameId(textOf(document, "RefNbr"), record.refNbr) ? document : undefined;
}

function asText(
  text: string,
  kind: ColumnKind,
  currencies: Readonly<{ document: string; base: string }>,
): string {
  switch (kind) {
    case "text":
    case "whole":
      return text;
    case "date":
      return dateFromWire(text);
    case "number":
      return numberFromWire(text);
    case "document-amount":
      return toDecimal(fromWire(text, currencies.document));
    case "base-amount":
      return toDecimal(fromWire(text, currencies.base));
  }
}

function lacking(table: ColumnTable, columns: readonly string[]): HubError {
  const names = columns.map((column) => `${table}.${column}`).join(", ");
  return new HubError("erp.contract", `The site's contract does not show ${names}`, {
    facts: { table, columns: columns.join(" ") },
    cure: "Take the column out of fields.to-stripe, or update the ctAPI server, then resume.",
  });
}
