import { findBatch, noteBatch, SCREENS } from "../rules/batches.ts";
import { journalLines, saveJournalLines } from "../rules/journals.ts";
import type { Reply, ReplyStruct } from "../soap/answer.ts";
import { num, type Reader, type Row, text } from "../tables/store.ts";
import {
  type Call,
  type Handlers,
  listIn,
  matches,
  show,
  showAll,
  showNote,
  structIn,
} from "./handler.ts";
import { batchDefaults, batchesOf, editNote, filled, newBatch } from "./invoices.ts";
import { about, accountXrefs, ping, subaccountXrefs } from "./lookups.ts";
import { editBatch, editScreen, type ScreenRules } from "./screens.ts";

const RULES: ScreenRules = {
  screen: SCREENS.journal,
  save: (call, batch, sent) => {
    const noted = noteBatch(call.world, batch, structIn(sent, "batchNote"));
    const lines = listIn(sent, "myGLTran", "GLTran") ?? [];
    if (lines.length === 0) return false;
    saveJournalLines(call.world, noted, lines, call.limits.lineLimit);
    return true;
  },
  render: (call, batch) => journalScreen(call, call.world.store, batch),
};

/** 01.010 Journal Transactions. */
export const journalTransactions: Handlers = {
  about,
  ping,
  editScreen: (call) => editScreen(call, RULES),
  editBatch: (call) => editBatch(call, SCREENS.journal),
  editNote: (call) => editNote(call),
  getNewGLTran: (call) => filled(call, "GLTran", lineDefaults(call)),
  getNewscreen: (call) => newScreen(call),
  getNewBatch: (call) => newBatch(call, SCREENS.journal.number),
  getBatchesByBatNbr: (call) => batchesOf(call, [SCREENS.journal.number]),
  getScreenByBatNbr: (call) => {
    const batch = findBatch(call.byBatch, SCREENS.journal, call.text("batNbr"));
    return batch === undefined ? { errorMessage: "" } : journalScreen(call, call.byBatch, batch);
  },
  getGLTransByBatNbrAndLineNbr: (call) => {
    const lines = journalLines(call.byBatch, "GL", call.text("batNbr"));
    const pattern = call.text("lineNbr");
    const found = lines.filter(
      (line) => pattern === "" || matches(String(num(line, "LineNbr")), pattern),
    );
    return showAll(call.world, "GLTran", found);
  },
  getAcctXrefsByAcct: accountXrefs,
  getSubXrefsBySub: subaccountXrefs,
};

function journalScreen(call: Call, reader: Reader, batch: Row): ReplyStruct {
  const { world } = call;
  return {
    errorMessage: "",
    myBatch: show(world, "Batch", batch),
    myGLTran: showAll(world, "GLTran", journalLines(reader, "GL", text(batch, "BatNbr"))),
    batchNote: showNote(world, num(batch, "NoteID")),
  };
}

function lineDefaults(call: Call): Row {
  const { world } = call;
  return {
    BalanceType: "A",
    BaseCuryID: world.baseCurrency,
    CpnyID: world.companyId,
    CuryId: world.baseCurrency,
    CuryMultDiv: "M",
    CuryRate: 1,
    JrnlType: SCREENS.journal.journalType,
    LedgerID: text(world.ledgerSetup, "LedgerID"),
    Module: "GL",
    TranDate: world.today(),
    TranType: "GL",
  };
}

function newScreen(call: Call): Reply {
  const sent = structIn(call.struct("inTemplate"), "myBatch") ?? {};
  return {
    errorMessage: "",
    myBatch: {
      ...show(call.world, "Batch", batchDefaults(call, SCREENS.journal.number)),
      ...(sent as ReplyStruct),
    },
    myGLTran: [],
  };
}
