import { type Admin, numberOf, type Row, textOf } from "./rows.ts";

/** SL's rows as the oracle needs them, without voided documents. */
export type Books = Readonly<{
  released: readonly Row[];
  unreleased: readonly Row[];
  batches: readonly Row[];
  ledger: readonly Row[];
  adjustments: readonly Row[];
  /** Customers that the hub made: those with a key. */
  made: readonly Row[];
  customers: ReadonlyMap<string, Row>;
}>;

const VOIDED = "VT";

/** Reads the sandbox Dynamics SL as its database administrator would. */
export async function readBooks(sl: Admin): Promise<Books> {
  const table = (name: string) => sl<Row[]>(`/rows?table=${name}`);
  const [documents, batches, ledger, adjustments, customers] = await Promise.all([
    table("ARDoc"),
    table("Batch"),
    table("GLTran"),
    table("ARAdjust"),
    table("Customer"),
  ]);
  const living = documents.filter((row) => textOf(row, "DocType") !== VOIDED);
  return {
    released: living.filter((row) => row.Rlsed === 1),
    unreleased: living.filter((row) => row.Rlsed !== 1),
    batches: batches.filter((row) => textOf(row, "Module") === "AR"),
    ledger: ledger.filter((row) => row.Rlsed === 1 && textOf(row, "Module") === "AR"),
    adjustments,
    made: customers.filter((row) => textOf(row, "User2") !== ""),
    customers: new Map(customers.map((row) => [textOf(row, "CustId"), row])),
  };
}

/** An amount of SL's in minor units; SL keeps doubles. */
export function minorOf(row: Row | undefined, column: string): number {
  return Math.round(numberOf(row, column) * 100);
}

/** Debits less credits of a batch by account, without those that are zero. */
export function entriesOf(books: Books, batNbr: string): Record<string, number> {
  const sums = new Map<string, number>();
  for (const line of books.ledger) {
    if (textOf(line, "BatNbr") !== batNbr) continue;
    const account = textOf(line, "Acct");
    const minor = minorOf(line, "DrAmt") - minorOf(line, "CrAmt");
    sums.set(account, (sums.get(account) ?? 0) + minor);
  }
  return Object.fromEntries([...sums].filter(([, minor]) => minor !== 0).toSorted());
}

/** An account of the document's customer. */
export function accountOf(books: Books, document: Row, column: "ArAcct" | "PrePayAcct"): string {
  return textOf(books.customers.get(textOf(document, "CustId")), column);
}

/** Batches on hold that hold no document: reservations that nobody used. */
export function emptyBatches(books: Books): number {
  const filled = new Set(books.unreleased.map((row) => textOf(row, "BatNbr")));
  return books.batches.filter(
    (row) => textOf(row, "Status") === "H" && !filled.has(textOf(row, "BatNbr")),
  ).length;
}
