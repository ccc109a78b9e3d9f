import { Refusal } from "../soap/fault.ts";
import { num, type Row, text } from "../tables/store.ts";
import type { World } from "../world.ts";
import { decimalsOf, roundTo, toBase, units } from "./amounts.ts";
import { customerForEntry, enteredRow, saveNote } from "./entry.ts";
import {
  type DocumentScreen,
  documentHeader,
  documentInBatch,
  nextSequence,
  ofDocument,
  writeLines,
} from "./invoices.ts";

/** Documents that money or credit is applied to, and those that are applied. */
const ADJUSTED_TYPES = ["IN", "DM", "FI", "NC"];
const ADJUSTING_TYPES = ["PA", "PP", "CM"];

/**
 * Saves a payment or prepayment with its application lines into the held batch, or the application
 * of a document that is already released (`BatNbr` of its own batch, or `Rlsed` 1, or type CM).
 */
export function savePayment(world: World, batch: Row, screen: DocumentScreen): Row {
  const entered = enteredRow(world, "ARDoc", screen.document);
  const type = text(entered, "DocType");
  if (!ADJUSTING_TYPES.includes(type)) {
    throw new Refusal(`Document type ${type} is not entered in 08.030`);
  }
  const customer = customerForEntry(world, text(entered, "CustId"));
  const document = isExisting(batch, entered)
    ? releasedDocument(world, batch, entered, screen.isByCall === true)
    : newPayment(world, batch, customer, { entered, screen });
  const before = applicationLines(world.store, document, text(batch, "BatNbr"));
  if (screen.lines !== undefined) for (const line of before) world.store.remove("ARTran", line);
  const lines = (screen.lines ?? []).map((line) =>
    applicationLine(world, batch, document, enteredRow(world, "ARTran", line)),
  );
  const limited = lines.slice(0, screen.lineLimit ?? lines.length);
  const kept = screen.lines === undefined ? before : limited;
  checkApplications(world, document, kept);
  if (screen.lines !== undefined) writeLines(world, document, kept);
  return markApplied(world, batch, document, kept);
}

/** A document that stands in another batch is applied, not entered. */
function isExisting(batch: Row, entered: Row): boolean {
  const batNbr = text(entered, "BatNbr");
  const isOfOtherBatch = batNbr !== "" && batNbr !== text(batch, "BatNbr");
  return isOfOtherBatch || num(entered, "Rlsed") === 1 || text(entered, "DocType") === "CM";
}

function releasedDocument(world: World, batch: Row, entered: Row, isByCall: boolean): Row {
  const [custId, type, refNbr] = [
    text(entered, "CustId"),
    text(entered, "DocType"),
    text(entered, "RefNbr"),
  ];
  const document = world.store
    .find("ARDoc", "byIdentity", custId, type, refNbr)
    .find((row) => num(row, "Rlsed") === 1 && text(row, "BatNbr") !== text(batch, "BatNbr"));
  if (document === undefined) {
    throw new Refusal(`No released ${type} ${refNbr} of customer ${custId}`);
  }
  if (!world.switches.applyReleased && !isByCall) {
    throw new Refusal("Released documents cannot be applied in 08.030 at this site");
  }
  if (text(document, "CuryId") !== text(batch, "CuryId")) {
    throw new Refusal(`Document currency ${text(document, "CuryId")} differs from the batch's`);
  }
  const pendingIn = text(document, "ApplBatNbr");
  if (pendingIn !== "" && pendingIn !== text(batch, "BatNbr")) {
    throw new Refusal(`${type} ${refNbr} is being applied in batch ${pendingIn}`);
  }
  return document;
}

function newPayment(
  world: World,
  batch: Row,
  customer: Row,
  { entered, screen }: Readonly<{ entered: Row; screen: DocumentScreen }>,
): Row {
  const type = text(entered, "DocType");
  if (type === "PP" && !world.switches.prepayments) {
    throw new Refusal("Prepayments cannot be entered in 08.030 at this site");
  }
  if ((screen.lines ?? []).length > 0 && !world.switches.paymentsApplyAtEntry) {
    throw new Refusal("A payment is applied after its release at this site");
  }
  const refNbr = text(entered, "RefNbr");
  if (refNbr === "") throw new Refusal("Reference number is required", 2);
  const saved = documentInBatch(world, batch, entered);
  const others = world.store.find("ARDoc", "byIdentity", text(customer, "CustId"), type, refNbr);
  if (saved === undefined && others.length > 0) {
    throw new Refusal(`${type} ${refNbr} already exists for customer ${text(customer, "CustId")}`);
  }
  const header = documentHeader(world, batch, customer, { ...saved, ...entered });
  const decimals = decimalsOf(world, text(header, "CuryId"));
  const amount = roundTo(num(entered, "CuryOrigDocAmt"), decimals);
  if (amount <= 0) throw new Refusal("Payment amount must be greater than zero", 92);
  const isBase = text(header, "CuryId") === world.baseCurrency;
  const rate = { rate: num(header, "CuryRate"), multDiv: text(header, "CuryMultDiv") };
  const base = isBase ? amount : toBase(world, amount, rate);
  return world.store.put("ARDoc", {
    ...header,
    BatSeq: saved === undefined ? nextSequence(world, batch) : num(saved, "BatSeq"),
    CuryOrigDocAmt: amount,
    CuryDocBal: amount,
    OrigDocAmt: base,
    DocBal: base,
    DocClass: text(entered, "DocClass") || "P",
    NoteId: saveNote(world, screen.note, {
      table: "ARDoc",
      level: "DOCUMENT",
      noteId: num(saved, "NoteId"),
    }),
  });
}

/** The pending application lines of a paying document in a batch. */
export function applicationLines(
  reader: Pick<World["store"], "find">,
  document: Row,
  batNbr: string,
): readonly Row[] {
  return reader
    .find(
      "ARTran",
      "byDocument",
      text(document, "CustId"),
      text(document, "DocType"),
      text(document, "RefNbr"),
    )
    .filter((line) => text(line, "DrCr") === "U" && text(line, "BatNbr") === batNbr)
    .sort((a, b) => num(a, "LineNbr") - num(b, "LineNbr"));
}

/** The document that an application line points at, or undefined. */
export function targetOf(reader: Pick<World["store"], "find">, line: Row): Row | undefined {
  return reader
    .find("ARDoc", "byIdentity", text(line, "CustId"), text(line, "CostType"), text(line, "SiteId"))
    .find((row) => text(row, "DocType") !== "VT");
}

/** What other pending application lines already take of a document, in its currency. */
export function pendingOn(reader: Pick<World["store"], "find">, target: Row, except?: Row): number {
  return reader
    .find(
      "ARTran",
      "byTarget",
      text(target, "CustId"),
      text(target, "DocType"),
      text(target, "RefNbr"),
    )
    .filter((line) => text(line, "DrCr") === "U")
    .filter(
      (line) =>
        except === undefined ||
        text(line, "TranType") !== text(except, "DocType") ||
        text(line, "RefNbr") !== text(except, "RefNbr"),
    )
    .reduce((sum, line) => sum + num(line, "CuryTranAmt"), 0);
}

function applicationLine(world: World, batch: Row, document: Row, entered: Row): Row {
  if (text(entered, "DrCr") !== "U") {
    throw new Refusal("An application line has DrCr U; other lines are made by release");
  }
  const wanted = { ...entered, CustId: text(document, "CustId") };
  const name = `${text(entered, "CostType")} ${text(entered, "SiteId")}`;
  const target = targetOf(world.store, wanted);
  if (target === undefined) {
    throw new Refusal(`${name} of customer ${text(document, "CustId")} not found`, 8013);
  }
  checkTarget(world, document, target, name);
  if (num(entered, "CuryUnitPrice") !== 0) {
    throw new Refusal("Terms discounts are not taken by this sandbox");
  }
  const decimals = decimalsOf(world, text(document, "CuryId"));
  const amount = roundTo(num(entered, "CuryTranAmt"), decimals);
  if (amount <= 0) throw new Refusal("Amount applied must be greater than zero", 92);
  const rate = { rate: num(document, "CuryRate"), multDiv: text(document, "CuryMultDiv") };
  return {
    ...ofDocument(document),
    BatNbr: text(batch, "BatNbr"),
    PerPost: text(batch, "PerPost"),
    PerEnt: text(batch, "PerEnt"),
    Acct: text(target, "BankAcct"),
    Sub: text(target, "BankSub"),
    CmmnPct: -amount,
    CostType: text(target, "DocType"),
    CuryTranAmt: amount,
    CuryTxblAmt00: roundTo(num(target, "CuryDocBal") - amount, decimals),
    DrCr: "U",
    SiteId: text(target, "RefNbr"),
    TranAmt: toBase(world, amount, rate),
    TranDate: text(entered, "TranDate") || text(batch, "DateEnt"),
    TranDesc: text(entered, "TranDesc"),
    UnitDesc: text(target, "PerPost"),
    UnitPrice: num(target, "CuryRate"),
    User1: text(entered, "User1"),
    User2: text(entered, "User2"),
  };
}

function checkTarget(world: World, document: Row, target: Row, name: string): void {
  if (!ADJUSTED_TYPES.includes(text(target, "DocType"))) {
    throw new Refusal(`${name} cannot be paid`);
  }
  if (text(target, "CuryId") !== text(document, "CuryId")) {
    throw new Refusal(
      `${name} is in ${text(target, "CuryId")}, the payment in ${text(document, "CuryId")}`,
    );
  }
  const isMemoToDebitMemo = text(document, "DocType") === "CM" && text(target, "DocType") === "DM";
  if (isMemoToDebitMemo && !world.switches.applyMemoToDebitMemo) {
    throw new Refusal("A credit memo cannot be applied to a debit memo at this site");
  }
}

/** Refuses lines above what the paying document or its targets have left. */
function checkApplications(world: World, document: Row, lines: readonly Row[]): void {
  const decimals = decimalsOf(world, text(document, "CuryId"));
  const inUnits = (value: number): number => units(value, decimals);
  const total = lines.reduce((sum, line) => sum + inUnits(num(line, "CuryTranAmt")), 0);
  if (total > inUnits(num(document, "CuryDocBal"))) {
    throw new Refusal(
      `Amount applied exceeds the balance of ${text(document, "DocType")} ` +
        text(document, "RefNbr"),
    );
  }
  const byTarget = Map.groupBy(
    lines,
    (line) => `${text(line, "CostType")} ${text(line, "SiteId")}`,
  );
  for (const [name, own] of byTarget) {
    const target = own[0] === undefined ? undefined : targetOf(world.store, own[0]);
    if (target === undefined) continue;
    const pending = inUnits(pendingOn(world.store, target, document));
    const asked = own.reduce((sum, line) => sum + inUnits(num(line, "CuryTranAmt")), 0);
    if (pending + asked > inUnits(num(target, "CuryDocBal"))) {
      throw overApplied(name);
    }
  }
}

/** SL's own number for it; Microsoft support article 2686067 shows it on the screen. */
export const OVER_APPLIED = 217;

function overApplied(name: string): Refusal {
  return new Refusal(`Amount applied exceeds the open balance of ${name}`, OVER_APPLIED);
}

function markApplied(world: World, batch: Row, document: Row, lines: readonly Row[]): Row {
  const decimals = decimalsOf(world, text(document, "CuryId"));
  const total = roundTo(
    lines.reduce((sum, line) => sum + num(line, "CuryTranAmt"), 0),
    decimals,
  );
  const rate = { rate: num(document, "CuryRate"), multDiv: text(document, "CuryMultDiv") };
  return world.store.patch("ARDoc", document, {
    ApplBatNbr: lines.length === 0 ? "" : text(batch, "BatNbr"),
    ApplBatSeq: lines.length === 0 ? 0 : 1,
    CuryApplAmt: total,
    ApplAmt: toBase(world, total, rate),
    LineCntr: lines.length,
  });
}
