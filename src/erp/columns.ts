import { readFileSync } from "node:fs";

/** Tables of SL whose columns can be read by name. */
export type ColumnTable = "ARDoc" | "Batch" | "Customer";

/**
 * What a column holds, which decides how its value reads as text. A `number` is no money: a rate, a
 * percentage, a user field; what is counted in whole numbers (a flag, a counter) is `whole`.
 */
export type ColumnKind = "text" | "document-amount" | "base-amount" | "number" | "whole" | "date";

/** What the published contracts call the kinds of their elements. */
type ContractKind = "text" | "decimal" | "whole" | "date";
/** The columns of each table and kind, parted by blanks; generated from the published contracts. */
export type ColumnFile = Readonly<Record<ColumnTable, Readonly<Record<ContractKind, string>>>>;

/** Where the generated columns stand. */
export const COLUMN_FILE = new URL("./columns.json", import.meta.url);

/** Decimals that are no amounts: rates, percentages, and fields that each site uses as it likes. */
const PLAIN_NUMBER = /^(CuryRate|CmmnPct|TradeDisc|ShipPctMax|S4Future\d\d|User\d)$/;
/** Card and bank data of the payer: whoever reads Stripe's metadata must not find them there. */
const PAYERS_SECRET = new Set([
  "AcctNbr",
  "BankID",
  "CardExpDate",
  "CardHldrName",
  "CardNbr",
  "CardType",
]);

/** The documents of a sale by the names that settings give them, and the table of each. */
export const FIELD_RECORDS = {
  ARDoc: "ARDoc",
  Invoice: "ARDoc",
  Payment: "ARDoc",
  Batch: "Batch",
  Customer: "Customer",
} as const satisfies Readonly<Record<string, ColumnTable>>;
export type FieldRecord = keyof typeof FIELD_RECORDS;

/** A column of a sale's document, as a setting names it: `Invoice.DocBal`. */
export type ColumnName = Readonly<{ record: FieldRecord; table: ColumnTable; column: string }>;

/** Splits such a name; undefined where its record is none. The column need not exist. */
export function columnNameOf(text: string): ColumnName | undefined {
  const dot = text.indexOf(".");
  const record = text.slice(0, Math.max(0, dot));
  if (!isFieldRecord(record)) return undefined;
  return { record, table: FIELD_RECORDS[record], column: text.slice(dot + 1) };
}

/** The columns of a table that may leave SL, by SL's own names, with their kinds. */
export function columnsOf(table: ColumnTable): ReadonlyMap<string, ColumnKind> {
  known ??= readColumns();
  return known[table];
}

/** Whether the column is one of SL's that is never read, since it holds card or bank data. */
export function isPayersSecret(column: string): boolean {
  return PAYERS_SECRET.has(column);
}

let known: Readonly<Record<ColumnTable, ReadonlyMap<string, ColumnKind>>> | undefined;

function readColumns(): Readonly<Record<ColumnTable, ReadonlyMap<string, ColumnKind>>> {
  const file = JSON.parse(readFileSync(COLUMN_FILE, "utf8")) as ColumnFile;
  return {
    ARDoc: kindsOf(file.ARDoc),
    Batch: kindsOf(file.Batch),
    Customer: kindsOf(file.Customer),
  };
}

function kindsOf(columns: Readonly<Record<ContractKind, string>>): ReadonlyMap<string, ColumnKind> {
  const entries = (Object.keys(columns) as ContractKind[]).flatMap((kind) =>
    columns[kind].split(" ").map((name) => [name, kindOf(name, kind)] as const),
  );
  return new Map(
    entries.filter(([name]) => !isPayersSecret(name)).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function kindOf(column: string, kind: ContractKind): ColumnKind {
  if (kind !== "decimal") return kind;
  if (PLAIN_NUMBER.test(column)) return "number";
  return column.startsWith("Cury") ? "document-amount" : "base-amount";
}

function isFieldRecord(name: string): name is FieldRecord {
  return Object.hasOwn(FIELD_RECORDS, name);
}
