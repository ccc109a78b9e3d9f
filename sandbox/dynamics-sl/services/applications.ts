import { addBatch, findBatch, SCREENS } from "../rules/batches.ts";
import { linesOf } from "../rules/invoices.ts";
import { applicationLines, savePayment } from "../rules/payments.ts";
import { releaseBatch } from "../rules/release.ts";
import { applyingIn, documentsOf } from "../rules/release-checks.ts";
import type { Reply } from "../soap/answer.ts";
import { Refusal } from "../soap/fault.ts";
import { fold, num, type Reader, type Row, text } from "../tables/store.ts";
import { type DocumentRules, documentScreen, showDocument } from "./document-screen.ts";
import { type Call, type Handlers, matches, showAll } from "./handler.ts";
import {
  batchesOf,
  documentsByBatch,
  editNote,
  filled,
  linesByBatch,
  newBatch,
  newReceivablesScreen,
} from "./invoices.ts";
import {
  about,
  accountXrefs,
  balancesByCustomer,
  olderCustomers,
  ping,
  receivablesSetupValue,
  subaccountXrefs,
} from "./lookups.ts";
import { editBatch, editScreen } from "./screens.ts";

/** Payment Entry keeps its batches under its own screen number; its contract only reads here. */
const PAYMENT_ENTRY = "08050";

const DOCUMENT: DocumentRules = {
  screen: SCREENS.application,
  noteName: "documentNote",
  save: savePayment,
  documents: documentsIn,
  lines: linesIn,
};
const RULES = documentScreen(DOCUMENT);

/** Documents of a payment batch: those it holds, then those it only applies. */
function documentsIn(reader: Reader, batch: Row): readonly Row[] {
  const own = documentsOf(reader, batch);
  const applied = applyingIn(reader, batch).filter(
    (row) => text(row, "BatNbr") !== text(batch, "BatNbr"),
  );
  return [...own, ...applied];
}

/** 08.030 Payment Application. */
export const paymentApplication: Handlers = {
  about,
  ping,
  getARSetupValue: receivablesSetupValue,
  editScreen: (call) => editScreen(call, RULES),
  editBatch: (call) => editBatch(call, SCREENS.application),
  editNote: (call) => editNote(call),
  getNewscreen: (call) => newReceivablesScreen(call, SCREENS.application.number),
  getNewARDoc: (call) => filled(call, "ARDoc", { DocClass: "P", DocType: "PA" }),
  getNewARTran: (call) => filled(call, "ARTran", { DrCr: "U" }),
  getNewBatch: (call) => newBatch(call, SCREENS.application.number),
  getBatchesByBatNbr: (call) => batchesOf(call, [SCREENS.application.number]),
  getScreenByBatNbr: (call) => screenByBatch(call),
  getReleasedARDocsByCustID: (call) => releasedDocuments(call, () => true),
  getReleasedARDocsByCustIDAndDocType: (call) =>
    releasedDocuments(
      call,
      (row) =>
        matches(text(row, "DocType"), call.text("docType")) &&
        matches(text(row, "RefNbr"), call.text("refNbr")),
    ),
  getOpenInvoices: (call) =>
    releasedDocuments(
      call,
      (row) =>
        ["IN", "DM", "FI", "NC"].includes(text(row, "DocType")) &&
        num(row, "OpenDoc") === 1 &&
        matches(text(row, "DocType"), call.text("docType")) &&
        matches(text(row, "RefNbr"), call.text("refNbr")),
    ),
  getARDocsByApplBatNbrAndRefNbr: (call) =>
    showAll(
      call.world,
      "ARDoc",
      call.byBatch
        .find("ARDoc", "byApplBatch", call.text("applBatNbr"))
        .filter((row) => matches(text(row, "RefNbr"), call.text("refNbr"))),
    ),
  getARTransByBatNbrAndRefNbrAndCustID: (call) =>
    linesByBatch(call, (line) => matches(text(line, "CustId"), call.text("custID"))),
  getCustomersByCustID: olderCustomers,
  getAR_BalancesByCustIDAndCpnyID: balancesByCustomer,
  getAcctXrefsByAcct: accountXrefs,
  getSubXrefsBySub: subaccountXrefs,
  applyPayment: (call) => applyPayment(call),
};

/** 08.050 Payment Entry: its reads, which show payments of 08.030 as well. */
export const paymentEntry: Handlers = {
  about,
  ping,
  getARSetupValue: receivablesSetupValue,
  getScreenByBatNbr: (call) => screenByBatch(call),
  getBatchesByBatNbr: (call) => batchesOf(call, [SCREENS.application.number, PAYMENT_ENTRY]),
  getARDocsByBatNbrAndRefNbr: (call) => documentsByBatch(call),
  getARTransByBatNbrAndRefNbrAndCustID: (call) =>
    linesByBatch(call, (line) => matches(text(line, "CustId"), call.text("custID"))),
  getAR_BalancesByCustIDAndCpnyID: balancesByCustomer,
};

function screenByBatch(call: Call): Reply {
  const batch = findBatch(call.byBatch, SCREENS.application, call.text("batNbr"));
  if (batch === undefined) return { errorMessage: "" };
  const [document] = documentsIn(call.byBatch, batch);
  return showDocument(call, DOCUMENT, { reader: call.byBatch, batch, document });
}

/** A document of the batch shows its lines, one that is only applied in it those of the batch. */
function linesIn(reader: Reader, document: Row, batNbr: string): readonly Row[] {
  const isOwn = text(document, "BatNbr") === batNbr;
  return isOwn ? linesOf(reader, document) : applicationLines(reader, document, batNbr);
}

function releasedDocuments(call: Call, also: (row: Row) => boolean): Reply {
  const custId = call.text("custID");
  // An exact reference number is in its own index: a customer may have very many documents.
  const refNbr = call.text("refNbr");
  const narrow =
    refNbr === "" || refNbr.includes("%") ? [] : call.searched.find("ARDoc", "byRefNbr", refNbr);
  const own = narrow.filter((row) => fold(text(row, "CustId")) === fold(custId));
  const rows = own.length > 0 ? own : call.searched.find("ARDoc", "byCustomer", custId);
  return showAll(
    call.world,
    "ARDoc",
    rows.filter((row) => num(row, "Rlsed") === 1 && text(row, "DocType") !== "VT" && also(row)),
  );
}

/** `applyPayment`: one released payment to one invoice, in a batch of its own that is released. */
function applyPayment(call: Call): Reply {
  const { world } = call;
  if (call.text("actionType").toUpperCase() !== "ADD") {
    throw new Refusal(`Action type ${call.text("actionType")} is not supported`);
  }
  const custId = call.text("custID");
  const released = (refNbr: string, types: readonly string[]): Row => {
    const found = world.store
      .find("ARDoc", "byRefNbr", refNbr)
      .filter((row) => fold(text(row, "CustId")) === fold(custId))
      .filter((row) => num(row, "Rlsed") === 1 && types.includes(text(row, "DocType")));
    const only = found[0];
    if (only === undefined || found.length > 1) {
      throw new Refusal(`${found.length} released documents ${refNbr} of customer ${custId}`);
    }
    return only;
  };
  return world.store.commit(() => {
    const payer = released(call.text("paymentRefNbr"), ["PA", "PP", "CM"]);
    const target = released(call.text("invoiceRefNbr"), ["IN", "DM"]);
    const batch = addBatch(world, SCREENS.application, {
      CuryId: text(payer, "CuryId"),
      CuryRate: num(payer, "CuryRate"),
    });
    savePayment(world, batch, {
      document: { ...payer },
      lines: [
        {
          DrCr: "U",
          CostType: text(target, "DocType"),
          SiteId: text(target, "RefNbr"),
          CuryTranAmt: call.number("applyAmount"),
        },
      ],
      note: undefined,
      isByCall: true,
    });
    const outcome = releaseBatch(world, batch);
    if (outcome.problem !== undefined) {
      throw new Refusal(outcome.problem.text, outcome.problem.messageNbr);
    }
    return { errorCode: 0, errorMessage: "" };
  });
}
