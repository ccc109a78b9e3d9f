import { BATCH_STATUS, findBatch, SCREENS } from "../rules/batches.ts";
import { saveNote } from "../rules/entry.ts";
import { linesOf, saveInvoice } from "../rules/invoices.ts";
import { documentsOf } from "../rules/release-checks.ts";
import type { Reply, ReplyStruct } from "../soap/answer.ts";
import { Refusal } from "../soap/fault.ts";
import { day, fold, num, type Row, text } from "../tables/store.ts";
import { type DocumentRules, documentScreen, showDocument } from "./document-screen.ts";
import {
  type Call,
  filtered,
  type Handlers,
  matches,
  show,
  showAll,
  structIn,
  textIn,
} from "./handler.ts";
import {
  about,
  accountXrefs,
  byId,
  olderCustomers,
  ping,
  receivablesSetupValue,
  subaccountXrefs,
} from "./lookups.ts";
import { editBatch, editScreen } from "./screens.ts";

const DOCUMENT: DocumentRules = {
  screen: SCREENS.invoice,
  noteName: "invoiceNote",
  save: saveInvoice,
  documents: documentsOf,
  lines: linesOf,
};
const RULES = documentScreen(DOCUMENT);

/** 08.010 Invoice and Memo. */
export const invoiceAndMemo: Handlers = {
  about,
  ping,
  getARSetupValue: receivablesSetupValue,
  editScreen: (call) => editScreen(call, RULES),
  editBatch: (call) => editBatch(call, SCREENS.invoice),
  editNote: (call) => editNote(call),
  getNewscreen: (call) => newReceivablesScreen(call, SCREENS.invoice.number),
  getNewARDoc: (call) => filled(call, "ARDoc", { Status: "" }),
  getNewARTran: (call) => filled(call, "ARTran", {}),
  getNewBatch: (call) => newBatch(call, SCREENS.invoice.number),
  getBatchesByBatNbr: (call) => batchesOf(call, [SCREENS.invoice.number]),
  getBatchesByBatNbrByExactID: (call) => {
    const batch = findBatch(call.byBatch, SCREENS.invoice, call.text("batNbr"));
    return batch === undefined ? undefined : show(call.world, "Batch", batch);
  },
  getARDocsByBatNbrAndRefNbr: (call) => documentsByBatch(call),
  getARDocsByBatNbrAndRefNbrByExactID: (call) => {
    const found = call.byBatch
      .find("ARDoc", "byBatch", call.text("batNbr"))
      .find((row) => fold(text(row, "RefNbr")) === fold(call.text("refNbr")));
    return found === undefined ? undefined : show(call.world, "ARDoc", found);
  },
  getScreenByBatNbr: (call) => {
    const batch = findBatch(call.byBatch, SCREENS.invoice, call.text("batNbr"));
    if (batch === undefined) return { errorMessage: "" };
    const [document] = documentsOf(call.byBatch, batch);
    return showDocument(call, DOCUMENT, { reader: call.byBatch, batch, document });
  },
  getScreenByBatNbrAndRefNbr: (call) => {
    const batch = findBatch(call.byBatch, SCREENS.invoice, call.text("batNbr"));
    if (batch === undefined) return { errorMessage: "" };
    const document = documentsOf(call.byBatch, batch).find(
      (row) => fold(text(row, "RefNbr")) === fold(call.text("refNbr")),
    );
    return showDocument(call, DOCUMENT, { reader: call.byBatch, batch, document });
  },
  getARTransByBatNbrAndRefNbrAndType: (call) =>
    linesByBatch(call, (line) => matches(text(line, "TranType"), call.text("tranType"))),
  getCustomersByCustID: olderCustomers,
  getTermsByID: byId("Terms", "TermsId", "TermsId"),
  getAcctXrefsByAcct: accountXrefs,
  getSubXrefsBySub: subaccountXrefs,
  searchInvoiceAndMemo: (call) => searchInvoices(call),
};

/** A blank row with SL's defaults, overlaid by the template that was sent. */
export function filled(call: Call, table: string, defaults: Row): Reply {
  return {
    ...show(call.world, table, defaults),
    ...((call.struct("inTemplate") ?? {}) as ReplyStruct),
  };
}

/** `getNewBatch`: a blank batch of the screen, overlaid by the template. */
export function newBatch(call: Call, screenNumber: string): Reply {
  return filled(call, "Batch", batchDefaults(call, screenNumber));
}

/** What a new batch of the screen starts with. */
export function batchDefaults(call: Call, screenNumber: string): Row {
  const { world } = call;
  const isLedger = screenNumber === SCREENS.journal.number;
  const setup = isLedger ? world.ledgerSetup : world.receivablesSetup;
  return {
    BalanceType: "A",
    BaseCuryID: world.baseCurrency,
    BatType: "N",
    CpnyID: world.companyId,
    CuryEffDate: world.today(),
    CuryId: world.baseCurrency,
    CuryMultDiv: "M",
    CuryRate: 1,
    DateEnt: world.today(),
    EditScrnNbr: screenNumber,
    GLPostOpt: text(world.receivablesSetup, "GLPostOpt"),
    JrnlType: isLedger ? "GJ" : "AR",
    LedgerID: text(world.ledgerSetup, "LedgerID"),
    Module: isLedger ? "GL" : "AR",
    PerEnt: text(setup, "PerNbr"),
    PerPost: text(setup, "PerNbr"),
    Status: BATCH_STATUS.hold,
  };
}

/** `getNewscreen` of the receivables screens: a blank batch and document with defaults. */
export function newReceivablesScreen(call: Call, screenNumber: string): Reply {
  const { world } = call;
  const sent = call.struct("inTemplate");
  const isInvoice = screenNumber === SCREENS.invoice.number;
  const document = {
    CpnyID: world.companyId,
    CuryEffDate: world.today(),
    CuryId: world.baseCurrency,
    CuryMultDiv: "M",
    CuryRate: 1,
    DocClass: isInvoice ? "N" : "P",
    DocDate: world.today(),
    DocType: isInvoice ? "IN" : "PA",
    DueDate: world.today(),
    PerPost: text(world.receivablesSetup, "PerNbr"),
    ...(isInvoice
      ? { BankAcct: text(world.receivablesSetup, "ArAcct") }
      : { BankAcct: text(world.receivablesSetup, "ChkAcct") }),
  };
  const overlay = (name: string): ReplyStruct => (structIn(sent, name) ?? {}) as ReplyStruct;
  return {
    batchHandling: "",
    errorMessage: "",
    myBatch: {
      ...show(world, "Batch", batchDefaults(call, screenNumber)),
      ...overlay("myBatch"),
    },
    myARDoc: { ...show(world, "ARDoc", document), ...overlay("myARDoc") },
    myARTran: [],
  };
}

/** Batches of the given screens whose number starts with the argument. */
export function batchesOf(call: Call, screens: readonly string[]): Reply {
  const batNbr = call.text("batNbr");
  const exact = call.byBatch.find("Batch", "byBatNbr", batNbr);
  const rows =
    exact.length > 0
      ? exact
      : [...call.byBatch.all("Batch")].filter((row) => matches(text(row, "BatNbr"), batNbr));
  return showAll(
    call.world,
    "Batch",
    rows.filter((row) => screens.includes(text(row, "EditScrnNbr"))),
  );
}

/** Documents of a batch whose number starts with `refNbr`; blank finds all of the batch. */
export function documentsByBatch(call: Call): Reply {
  const rows = [...call.byBatch.find("ARDoc", "byBatch", call.text("batNbr"))]
    .filter((row) => matches(text(row, "RefNbr"), call.text("refNbr")))
    .sort((a, b) => num(a, "BatSeq") - num(b, "BatSeq"));
  return showAll(call.world, "ARDoc", rows);
}

/** Lines of a batch by reference number and a further condition, in line order. */
export function linesByBatch(call: Call, also: (line: Row) => boolean): Reply {
  const rows = [...call.byBatch.find("ARTran", "byBatch", call.text("batNbr"))]
    .filter((line) => matches(text(line, "RefNbr"), call.text("refNbr")) && also(line))
    .sort((a, b) => num(a, "LineNbr") - num(b, "LineNbr"));
  return showAll(call.world, "ARTran", rows);
}

/** `editNote`: saves the text of a note that a batch or document already points at. */
export function editNote(call: Call): Reply {
  const { world } = call;
  const sent = call.struct("inSnote");
  const nID = Number(sent?.nID ?? 0);
  const level = call.text("noteLevel").toUpperCase();
  if (!["BATCH", "INVOICE", "DOCUMENT", "TRANSACTION"].includes(level)) {
    throw new Refusal(`Note level ${level} is not known`);
  }
  const table = textIn(sent, "sTableName") || (level === "BATCH" ? "Batch" : "ARDoc");
  const saved = world.store.commit(() => saveNote(world, sent, { table, level, noteId: nID }));
  return show(world, "Snote", world.store.get("Snote", saved));
}

function searchInvoices(call: Call): Reply {
  const [from, to] = [call.text("startDocDate").slice(0, 10), call.text("endDocDate").slice(0, 10)];
  const patterns = [
    ["DocType", "docType"],
    ["RefNbr", "refNbr"],
    ["Terms", "terms"],
    ["ProjectID", "projectID"],
    ["OrdNbr", "ordNbr"],
    ["SlsperId", "slsPerID"],
  ] as const;
  const custId = call.text("custID");
  const rows =
    custId === "" || custId.includes("%")
      ? [...call.searched.all("ARDoc")].filter((row) => matches(text(row, "CustId"), custId))
      : call.searched.find("ARDoc", "byCustomer", custId);
  const { searchByUserFields, searchShowsUnreleased } = call.world.switches;
  if (!searchByUserFields && [...call.parms("parms").keys()].some((name) => /^USER/.test(name))) {
    throw new Refusal("Documents cannot be searched by user fields at this site");
  }
  const status = call.text("status").toUpperCase();
  const found = rows.filter((row) => {
    if (!["IN", "CM", "DM"].includes(text(row, "DocType"))) return false;
    if (!searchShowsUnreleased && num(row, "Rlsed") === 0) return false;
    const date = day(row, "DocDate");
    if (date < from || date > to) return false;
    if (status === "O" && num(row, "OpenDoc") === 0) return false;
    if (status === "C" && num(row, "OpenDoc") === 1) return false;
    return patterns.every(([name, argument]) => matches(text(row, name), call.text(argument)));
  });
  return showAll(call.world, "ARDoc", filtered(call.world, "ARDoc", found, call.parms("parms")));
}
