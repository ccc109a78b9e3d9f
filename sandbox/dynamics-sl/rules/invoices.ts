import { Refusal } from "../soap/fault.ts";
import type { Struct } from "../soap/request.ts";
import { num, type Row, text } from "../tables/store.ts";
import type { World } from "../world.ts";
import { decimalsOf, findRate, type Rate, roundTo, toBase, withResidue } from "./amounts.ts";
import { SCREENS } from "./batches.ts";
import { checkAccount, customerForEntry, enteredRow, saveNote, without } from "./entry.ts";
import { nextLineNumber, takeDocumentNumber } from "./numbering.ts";
import { type TaxedLines, type TaxTotals, taxedLines } from "./taxes.ts";

/** The document types of 08.010 and the side their lines stand on. */
const LINE_SIDE: Readonly<Record<string, "C" | "D">> = { IN: "C", DM: "C", CM: "D" };

/** What only SL itself writes into a document. */
const DOCUMENT_OWN_COLUMNS = [
  "ApplAmt",
  "ApplBatNbr",
  "BatNbr",
  "BatSeq",
  "CuryApplAmt",
  "CuryDocBal",
  "DocBal",
  "NoteId",
  "OpenDoc",
  "PerClosed",
  "RGOLAmt",
  "Rlsed",
  "S4Future11",
  "S4Future12",
];

/** What a receivables screen saves of one document. */
export type DocumentScreen = Readonly<{
  /** Sent by `applyPayment`, which a site may allow where its screen takes no such document. */
  isByCall?: boolean;
  document: Struct;
  /** Undefined leaves the lines of a saved document as they are. */
  lines: readonly Struct[] | undefined;
  note: Struct | undefined;
  /** The tax is worked out already, as that of a shipper is; the switches do not touch it. */
  isTaxFinal?: boolean;
  /** For the fault that breaks a save off: how many lines are still written. */
  lineLimit?: number;
}>;

/** Saves an invoice, debit or credit memo into the held batch; a known RefNbr is edited. */
export function saveInvoice(world: World, batch: Row, screen: DocumentScreen): Row {
  const entered = enteredRow(world, "ARDoc", screen.document);
  const type = text(entered, "DocType");
  const side = LINE_SIDE[type];
  if (side === undefined) throw new Refusal(`Document type ${type} is not entered in 08.010`);
  const customer = customerForEntry(world, text(entered, "CustId"));
  const saved = documentInBatch(world, batch, entered);
  const refNbr = saved === undefined ? registerRefNbr(world, entered) : text(saved, "RefNbr");
  const header = {
    ...invoiceHeader(world, batch, customer, { ...saved, ...entered }),
    RefNbr: refNbr,
    BatSeq: saved === undefined ? nextSequence(world, batch) : num(saved, "BatSeq"),
  };
  const lines = enteredLines(world, header, side, screen.lines ?? []);
  const taxed: TaxedLines =
    screen.isTaxFinal === true
      ? { lines, totals: { columns: {}, documentTotal: undefined } }
      : taxedLines(world, header, lines);
  const document = world.store.put("ARDoc", {
    ...header,
    ...amounts(world, header, taxed.totals),
    NoteId: saveNote(world, screen.note, {
      table: "ARDoc",
      level: "INVOICE",
      noteId: num(saved, "NoteId"),
    }),
    LineCntr: screen.lines === undefined ? num(saved, "LineCntr") : lines.length,
  });
  if (screen.lines !== undefined) {
    if (saved !== undefined) removeLines(world, saved);
    writeLines(world, document, taxed.lines.slice(0, screen.lineLimit ?? taxed.lines.length));
  }
  return document;
}

/** The document of this batch that the sent key names, or undefined for a new one. */
export function documentInBatch(world: World, batch: Row, entered: Row): Row | undefined {
  const refNbr = text(entered, "RefNbr");
  if (refNbr === "") return undefined;
  return world.store
    .find("ARDoc", "byIdentity", text(entered, "CustId"), text(entered, "DocType"), refNbr)
    .find((row) => text(row, "BatNbr") === text(batch, "BatNbr"));
}

/** Takes the sent number, when it is free in table RefNbr, or the next one of ARSetup. */
function registerRefNbr(world: World, entered: Row): string {
  const asked = text(entered, "RefNbr");
  if (asked !== "" && world.store.get("RefNbr", asked) !== undefined) {
    throw new Refusal(`Reference number ${asked} has already been used`);
  }
  if (asked === "" && num(world.receivablesSetup, "AutoRef") === 0) {
    throw new Refusal("Reference number is required", 2);
  }
  const refNbr = asked === "" ? takeDocumentNumber(world) : asked;
  world.store.put("RefNbr", { RefNbr: refNbr, ...world.audit(SCREENS.invoice.number) });
  return refNbr;
}

/** The sequence of the next document in the batch. */
export function nextSequence(world: World, batch: Row): number {
  const documents = world.store.find("ARDoc", "byBatch", text(batch, "BatNbr"));
  return documents.reduce((next, row) => Math.max(next, num(row, "BatSeq") + 1), 1);
}

/** The rate of a document: the sent one where it is kept, else SL's of the document's date. */
function documentRate(world: World, batch: Row, entered: Row): Rate & { type: string } {
  const currency = text(batch, "CuryId");
  const type = text(entered, "CuryRateType") || text(batch, "CuryRateType");
  const sent = num(entered, "CuryRate");
  if (currency === world.baseCurrency) {
    return { rate: sent === 0 ? 1 : sent, multDiv: text(entered, "CuryMultDiv") || "M", type };
  }
  if (world.switches.suppliedRateKept && sent > 0) {
    return { rate: sent, multDiv: text(entered, "CuryMultDiv") || "M", type };
  }
  const date = text(entered, "DocDate") || text(batch, "CuryEffDate");
  return { ...findRate(world, currency, type, date), type };
}

/** What every kind of AR document takes from its batch and customer. */
export function documentHeader(world: World, batch: Row, customer: Row, entered: Row): Row {
  const currency = text(entered, "CuryId") || text(batch, "CuryId");
  if (currency !== text(batch, "CuryId")) {
    throw new Refusal(`Document currency ${currency} differs from the batch's`);
  }
  const ofCustomer = text(customer, "CuryId");
  if (!world.switches.foreignCurrencyOfCustomer && ofCustomer !== "" && ofCustomer !== currency) {
    throw new Refusal(`Currency ${currency} differs from the customer's (${ofCustomer})`);
  }
  const rate = documentRate(world, batch, entered);
  const docDate = text(entered, "DocDate") || text(batch, "DateEnt");
  checkAccount(world, text(entered, "BankAcct"), text(entered, "BankSub"));
  return {
    ...without(entered, DOCUMENT_OWN_COLUMNS),
    BatNbr: text(batch, "BatNbr"),
    CpnyID: text(batch, "CpnyID"),
    OrigCpnyID: text(batch, "CpnyID"),
    CustId: text(customer, "CustId"),
    CuryEffDate: text(entered, "CuryEffDate") || docDate,
    CuryId: currency,
    CuryMultDiv: rate.multDiv,
    CuryRate: rate.rate,
    CuryRateType: rate.type,
    DocDate: docDate,
    PerEnt: text(batch, "PerEnt"),
    PerPost: text(batch, "PerPost"),
    Rlsed: 0,
    OpenDoc: 1,
    ...world.audit(text(batch, "EditScrnNbr")),
  };
}

function invoiceHeader(world: World, batch: Row, customer: Row, entered: Row): Row {
  const terms = text(entered, "Terms") || text(customer, "Terms");
  if (terms !== "" && world.store.get("Terms", terms) === undefined) {
    throw new Refusal(`Terms ${terms} not found`, 8013);
  }
  if (num(entered, "CuryOrigDocAmt") < 0) {
    throw new Refusal("Document amount must be greater than zero", 92);
  }
  const header = documentHeader(world, batch, customer, entered);
  return { ...header, Terms: terms, DocClass: text(entered, "DocClass") || "N" };
}

/** Amounts of the document; its total is what was sent, or lines and tax where SL computes tax. */
function amounts(world: World, header: Row, totals: TaxTotals): Row {
  const decimals = decimalsOf(world, text(header, "CuryId"));
  const total = roundTo(totals.documentTotal ?? num(header, "CuryOrigDocAmt"), decimals);
  const isBase = text(header, "CuryId") === world.baseCurrency;
  const rate = { rate: num(header, "CuryRate"), multDiv: text(header, "CuryMultDiv") };
  const base = isBase ? total : toBase(world, total, rate);
  return {
    ...totals.columns,
    CuryOrigDocAmt: total,
    CuryDocBal: total,
    OrigDocAmt: base,
    DocBal: base,
  };
}

function enteredLines(
  world: World,
  header: Row,
  side: "C" | "D",
  sent: readonly Struct[],
): readonly Row[] {
  const decimals = decimalsOf(world, text(header, "CuryId"));
  const rows = sent.map((line, index) => enteredLine(world, header, side, { line, index }));
  if (text(header, "CuryId") === world.baseCurrency) return rows;
  const rate = { rate: num(header, "CuryRate"), multDiv: text(header, "CuryMultDiv") };
  const shares = rows.map((row) => toBase(world, num(row, "CuryTranAmt"), rate));
  const total = rows.reduce((sum, row) => sum + num(row, "CuryTranAmt"), 0);
  const base = withResidue(
    shares,
    toBase(world, roundTo(total, decimals), rate),
    decimalsOf(world, world.baseCurrency),
  );
  return rows.map((row, index) => ({ ...row, TranAmt: base[index] ?? 0 }));
}

function enteredLine(
  world: World,
  header: Row,
  side: "C" | "D",
  { line, index }: Readonly<{ line: Struct; index: number }>,
): Row {
  const entered = enteredRow(world, "ARTran", line);
  const type = text(header, "DocType");
  if ((text(entered, "TranType") || type) !== type) {
    throw new Refusal(`Line ${index + 1}: type ${text(entered, "TranType")} is not the document's`);
  }
  if ((text(entered, "DrCr") || side) !== side) {
    throw new Refusal(`Line ${index + 1}: DrCr of a ${type} line is ${side}`);
  }
  const invtId = text(entered, "InvtId");
  if (invtId !== "" && world.store.get("Inventory", invtId) === undefined) {
    throw new Refusal(`Inventory item ${invtId} not found`, 8013);
  }
  checkAccount(world, text(entered, "Acct"), text(entered, "Sub"));
  const decimals = decimalsOf(world, text(header, "CuryId"));
  return {
    ...without(entered, ["RecordID", "Rlsed", "NoteId"]),
    ...ofDocument(header),
    CuryTranAmt: roundTo(num(entered, "CuryTranAmt"), decimals),
    DrCr: side,
    LineId: index + 1,
    LineRef: String(index + 1).padStart(5, "0"),
    TranClass: text(entered, "TranClass") || "N",
    TranDate: text(entered, "TranDate") || text(header, "DocDate"),
  };
}

/** The columns a line shares with its document. */
export function ofDocument(header: Row): Row {
  return {
    BatNbr: text(header, "BatNbr"),
    CpnyID: text(header, "CpnyID"),
    CuryId: text(header, "CuryId"),
    CuryMultDiv: text(header, "CuryMultDiv"),
    CuryRate: num(header, "CuryRate"),
    CustId: text(header, "CustId"),
    FiscYr: text(header, "PerPost").slice(0, 4),
    JrnlType: "AR",
    PerEnt: text(header, "PerEnt"),
    PerPost: text(header, "PerPost"),
    RefNbr: text(header, "RefNbr"),
    TranType: text(header, "DocType"),
  };
}

/** The lines of a document in this batch, in line order. */
export function linesOf(reader: Pick<World["store"], "find">, document: Row): readonly Row[] {
  return reader
    .find(
      "ARTran",
      "byDocument",
      text(document, "CustId"),
      text(document, "DocType"),
      text(document, "RefNbr"),
    )
    .filter((line) => text(line, "BatNbr") === text(document, "BatNbr"))
    .sort((a, b) => num(a, "LineNbr") - num(b, "LineNbr"));
}

function removeLines(world: World, document: Row): void {
  for (const line of linesOf(world.store, document)) world.store.remove("ARTran", line);
}

/** Writes new lines after those the document already has. */
export function writeLines(world: World, document: Row, lines: readonly Row[]): readonly Row[] {
  let lineNumber = nextLineNumber(linesOf(world.store, document));
  return lines.map((line) => {
    const row = world.store.put("ARTran", {
      ...line,
      LineNbr: lineNumber,
      RecordID: world.store.nextIdentity("ARTran", "RecordID"),
      ...world.audit(text(document, "Crtd_Prog")),
    });
    lineNumber += 1;
    return row;
  });
}
