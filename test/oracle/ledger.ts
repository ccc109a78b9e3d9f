import type { Chart } from "./accounts.ts";
import { RECEIVABLE } from "./facts.ts";
import { digitsOf } from "./rates.ts";
import { type Admin, numberOf, type Row, textOf } from "./rows.ts";

/** A released line of SL's ledger. */
export type LedgerLine = Readonly<{
  /** The Stripe object that its document is of, as SL shows it; empty for somebody else's. */
  object: string;
  /** Account and subaccount, or `ar` for the customer's own receivables. */
  account: string;
  day: string;
  period: string;
  minor: number;
  /** The currency that it was entered in, and its amount there. */
  entered: Readonly<{ currency: string; minor: number }>;
  /** Module, batch and number, for a person who looks for it. */
  where: string;
  customerId: string;
}>;

/** A released document of receivables. */
export type OpenDocument = Readonly<{
  object: string;
  name: string;
  customerId: string;
  /** What is open of it: debts above zero. */
  openMinor: number;
}>;

/** SL as an auditor reads it. */
export type SlBooks = Readonly<{
  lines: readonly LedgerLine[];
  documents: readonly OpenDocument[];
  /** E-mail addresses of customers by their id. */
  addresses: ReadonlyMap<string, string>;
  /** The account that each item's sales go to. */
  salesAccounts: ReadonlyMap<string, string>;
}>;

/** Documents of receivables by which customers owe. */
const DEBTS = new Set(["IN", "DM", "FI", "SC"]);

const LEDGER_COLUMNS = [
  ...["Module", "BatNbr", "LineNbr", "Acct", "Sub", "DrAmt", "CrAmt", "CuryId", "CuryDrAmt"],
  ...["CuryCrAmt", "TranDate", "PerPost", "Rlsed", "Id", "RefNbr", "TranType"],
].join(",");

/** Reads all that is released. */
export async function readLedger(sl: Admin, chart: Chart): Promise<SlBooks> {
  const table = (name: string, columns: string) => {
    return sl<Row[]>(`/rows?table=${name}&columns=${columns}`);
  };
  const [ledger, batches, documents, customers, items] = await Promise.all([
    table("GLTran", LEDGER_COLUMNS),
    table("Batch", "Module,BatNbr,User1,User2"),
    table("ARDoc", "BatNbr,RefNbr,DocType,CustId,User1,User2,Rlsed,DocBal"),
    table("Customer", "CustId,ArAcct,ArSub,EMailAddr"),
    table("Inventory", "InvtID,DfltSalesAcct,DfltSalesSub"),
  ]);
  const factor = 10 ** digitsOf(chart.currency);
  const released = documents.filter((row) => row.Rlsed === 1 && textOf(row, "DocType") !== "VT");
  const receivables = new Map(
    customers.map((row) => [textOf(row, "CustId"), accountIn(row, "ArAcct", "ArSub")]),
  );
  const objects = objectsOf(batches, released);
  return {
    lines: ledger
      .filter((row) => row.Rlsed === 1)
      .map((row) => lineOf(row, { objects, receivables, factor, ar: chart.of("ar") })),
    documents: released.map((row) => openOf(row, factor)),
    addresses: new Map(
      customers.map((row) => [textOf(row, "CustId"), textOf(row, "EMailAddr").toLowerCase()]),
    ),
    salesAccounts: new Map(
      items
        .filter((row) => textOf(row, "DfltSalesAcct") !== "")
        .map((row) => [textOf(row, "InvtID"), accountIn(row, "DfltSalesAcct", "DfltSalesSub")]),
    ),
  };
}

function accountIn(row: Row, account: string, sub: string): string {
  const number = textOf(row, account);
  return number === "" ? "" : `${number}/${textOf(row, sub)}`;
}

/** Whose documents and batches are, by what a ledger line says of itself. */
function objectsOf(batches: readonly Row[], documents: readonly Row[]): Map<string, string> {
  const objects = new Map<string, string>();
  for (const row of batches) {
    const isKeyed = textOf(row, "User2") !== "";
    if (isKeyed) objects.set(batchKey(row, textOf(row, "Module")), textOf(row, "User1"));
  }
  for (const row of documents) {
    const isKeyed = textOf(row, "User2") !== "";
    const type = textOf(row, "DocType");
    if (isKeyed) objects.set(documentKey(row, type), textOf(row, "User1"));
  }
  return objects;
}

const batchKey = (row: Row, module: string) => `${module} ${textOf(row, "BatNbr")}`;
const documentKey = (row: Row, type: string) =>
  `${batchKey(row, "AR")} ${type} ${textOf(row, "RefNbr")}`;

type LineContext = Readonly<{
  objects: ReadonlyMap<string, string>;
  receivables: ReadonlyMap<string, string>;
  factor: number;
  ar: string;
}>;

function lineOf(row: Row, { objects, receivables, factor, ar }: LineContext): LedgerLine {
  const module = textOf(row, "Module");
  const customerId = module === "AR" ? textOf(row, "Id") : "";
  const ownObject = module === "AR" ? objects.get(documentKey(row, textOf(row, "TranType"))) : "";
  const account = accountIn(row, "Acct", "Sub");
  const receivable = (receivables.get(customerId) ?? "") || ar;
  const minor = (column: string) => Math.round(numberOf(row, column) * factor);
  const currency = textOf(row, "CuryId");
  const unit = 10 ** digitsOf(currency);
  const inIt = (column: string) => Math.round(numberOf(row, column) * unit);
  return {
    object: ownObject || (objects.get(batchKey(row, module)) ?? ""),
    account: module === "AR" && account === receivable ? RECEIVABLE : account,
    day: textOf(row, "TranDate").slice(0, 10),
    period: textOf(row, "PerPost"),
    minor: minor("DrAmt") - minor("CrAmt"),
    entered: { currency, minor: inIt("CuryDrAmt") - inIt("CuryCrAmt") },
    where: `${module} ${textOf(row, "BatNbr")} line ${numberOf(row, "LineNbr")}`,
    customerId,
  };
}

function openOf(row: Row, factor: number): OpenDocument {
  const type = textOf(row, "DocType");
  const open = Math.round(numberOf(row, "DocBal") * factor);
  return {
    object: textOf(row, "User2") === "" ? "" : textOf(row, "User1"),
    name: `${type} ${textOf(row, "RefNbr")}`,
    customerId: textOf(row, "CustId"),
    openMinor: DEBTS.has(type) ? open : -open,
  };
}
