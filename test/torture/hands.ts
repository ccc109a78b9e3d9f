import { type Admin, numberOf, type Row, textOf } from "../oracle/rows.ts";
import type { HandMode } from "./faults.ts";

type Held = Readonly<{ sl: Admin; batch: Row; document: Row; lines: readonly Row[] }>;
type Values = Readonly<Record<string, string | number>>;

/** A customer and accounts of SL's demo data that no draft of a run names by itself. */
const OTHER_CUSTOMER = "C300";
const OTHER_SALES = "4020";
const OTHER_CASH = "1090";
const OWN_NUMBER = "CLERK1";

const BATCH_TOTALS = ["CuryCtrlTot", "CtrlTot", "CuryCrTot", "CrTot"];
const DOCUMENT_AMOUNTS = ["CuryOrigDocAmt", "OrigDocAmt", "CuryDocBal", "DocBal"];
const LINE_AMOUNTS = ["CuryTranAmt", "TranAmt"];

/**
 * Deeds after which the batch no longer is what was drafted: it may never be released, a person has
 * to void it. After the others the run goes on by itself.
 */
export const SPOILS: ReadonlySet<string> = new Set<HandMode>([
  "hand-amount",
  "hand-account",
  "hand-customer",
  "hand-date",
  "hand-adds",
]);

/** A clerk opens the held batch that holds the document of an intent key, and does `deed`. */
export async function touchHeld(sl: Admin, key: string, deed: HandMode): Promise<void> {
  const [document] = await sl<Row[]>(`/rows?table=ARDoc&User2=${key}&Rlsed=0`);
  if (document === undefined) throw new Error(`no document of ${key} stands on hold`);
  const batNbr = textOf(document, "BatNbr");
  const [batch] = await sl<Row[]>(`/rows?table=Batch&Module=AR&BatNbr=${batNbr}`);
  const lines = await sl<Row[]>(`/rows?table=ARTran&BatNbr=${batNbr}`);
  if (batch === undefined) throw new Error(`document of ${key} without its batch`);
  // Lines of side U apply a payment; they are nothing that is entered on an account.
  const entered = lines.filter((line) => textOf(line, "DrCr") !== "U");
  await DEEDS[deed]({ sl, batch, document, lines: entered });
}

const DEEDS: Readonly<Record<HandMode, (held: Held) => Promise<void>>> = {
  "hand-amount": raiseAmount,
  "hand-account": (held) =>
    held.lines.length > 0
      ? edit(held, "ARTran", held.lines[0], { Acct: OTHER_SALES })
      : edit(held, "ARDoc", held.document, { BankAcct: OTHER_CASH }),
  "hand-customer": async (held) => {
    for (const line of held.lines) await edit(held, "ARTran", line, { CustId: OTHER_CUSTOMER });
    await edit(held, "ARDoc", held.document, { CustId: OTHER_CUSTOMER });
  },
  "hand-date": (held) => edit(held, "ARDoc", held.document, { DocDate: "2026-01-02T00:00:00" }),
  "hand-text": (held) => edit(held, "ARDoc", held.document, { DocDesc: "Seen by A/R" }),
  "hand-adds": addOwn,
  "hand-voids": (held) => step(held, "void"),
  "hand-releases": (held) => step(held, "release"),
};

/** One more unit of the currency on the document, its first line and the batch: all agree. */
async function raiseAmount(held: Held): Promise<void> {
  const raised = (row: Row | undefined, columns: readonly string[]) =>
    Object.fromEntries(columns.map((name) => [name, numberOf(row, name) + 1]));
  const [line] = held.lines;
  if (line !== undefined) await edit(held, "ARTran", line, raised(line, LINE_AMOUNTS));
  await edit(held, "ARDoc", held.document, raised(held.document, DOCUMENT_AMOUNTS));
  await edit(held, "Batch", held.batch, raised(held.batch, BATCH_TOTALS));
}

/** The clerk types a document of her own into the batch that happens to be open on her screen. */
async function addOwn(held: Held): Promise<void> {
  const own = { CustId: OTHER_CUSTOMER, RefNbr: OWN_NUMBER };
  const document = { ...held.document, ...own, BatSeq: 99, User1: "", User2: "", NoteId: 0 };
  await create(held, "ARDoc", document);
  for (const line of held.lines) await create(held, "ARTran", { ...line, ...own });
  const total = numberOf(held.document, "CuryOrigDocAmt");
  const sums = BATCH_TOTALS.map((name) => [name, numberOf(held.batch, name) + total] as const);
  await edit(held, "Batch", held.batch, Object.fromEntries(sums));
}

const KEY_COLUMNS = {
  Batch: ["Module", "BatNbr"],
  ARDoc: ["CustId", "DocType", "RefNbr", "BatNbr"],
  ARTran: ["CustId", "TranType", "RefNbr", "LineNbr"],
} as const;
type Table = keyof typeof KEY_COLUMNS;

async function edit(held: Held, table: Table, row: Row | undefined, set: Values): Promise<void> {
  const done = await held.sl<{ rows: number }>("/rows", { table, where: keyOf(table, row), set });
  if (done.rows !== 1) throw new Error(`${done.rows} rows of ${table} were edited`);
}

async function create({ sl }: Held, table: Table, row: Row): Promise<void> {
  await sl("/rows", { table, where: keyOf(table, row), set: row, create: true });
}

function keyOf(table: Table, row: Row | undefined): Record<string, unknown> {
  return Object.fromEntries(KEY_COLUMNS[table].map((name) => [name, row?.[name]]));
}

async function step({ sl, document }: Held, name: "void" | "release"): Promise<void> {
  const batNbr = textOf(document, "BatNbr");
  type Done = Readonly<{ problem?: string }>;
  const { problem } = await sl<Done>(`/batches/AR/${batNbr}/${name}`, {});
  if (problem !== undefined && problem !== "") throw new Error(`${name} ${batNbr}: ${problem}`);
}
