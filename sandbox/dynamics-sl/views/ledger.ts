import { EMPTY_DATE } from "../tables/columns.ts";
import { num, type Reader, type Row, text } from "../tables/store.ts";
import type { World } from "../world.ts";
import { sumLines, sumsOf } from "./ledger-sums.ts";
import {
  amountColumns,
  dateColumns,
  type Equalities,
  intColumns,
  numbersBetween,
  textColumn,
  type View,
} from "./view.ts";

/**
 * Released GL transactions of the actual ledger, by account where the filter names one: an account
 * has lines of years, of which those of other days are left out before anything is made of them.
 */
function* releasedLines(world: World, reader: Reader, equal: Equalities): Iterable<Row> {
  const ledger = text(world.ledgerSetup, "LedgerID");
  const acct = equal.get("ACCT");
  const from = equal.get("TRANDATE >=")?.trim() ?? "";
  const until = equal.get("TRANDATE <=")?.trim();
  const lines =
    acct === undefined ? ofBatches(reader, equal) : reader.find("GLTran", "byAccount", acct);
  for (const line of lines) {
    const date = text(line, "TranDate") || EMPTY_DATE;
    if (date.slice(0, from.length) < from) continue;
    if (until !== undefined && date.slice(0, until.length) > until) continue;
    if (num(line, "Rlsed") === 1 && text(line, "LedgerID") === ledger) yield line;
  }
}

function ofBatches(reader: Reader, equal: Equalities): Iterable<Row> {
  const module = equal.get("MODULE");
  const numbers = numbersBetween(equal, "BATNBR");
  if (module === undefined || numbers === undefined) return reader.all("GLTran");
  return numbers.flatMap((one) => [...reader.find("GLTran", "byBatch", module, one)]);
}

/** Sums of released GL transactions by account, subaccount, currency, period and day. */
export const clearingBalance: View = {
  name: "xslw_ClearingBalance",
  description: "Released GL by account, subaccount, currency, period and day",
  module: "GL",
  columns: [
    textColumn("CpnyID", 10),
    textColumn("LedgerID", 10),
    textColumn("Acct", 10),
    textColumn("Sub", 24),
    textColumn("BaseCuryID", 4),
    textColumn("CuryId", 4),
    textColumn("PerPost", 6),
    ...dateColumns("TranDate"),
    ...amountColumns("CuryDrAmt", "CuryCrAmt", "DrAmt", "CrAmt"),
    ...intColumns("LineCount"),
  ],
  rows: (world, reader, equal) => {
    const ledger = text(world.ledgerSetup, "LedgerID");
    const account = equal.get("ACCT");
    // What lagging reads see is older than the sums that are kept.
    if (reader === world.store && account !== undefined) {
      return sumsOf(world.store, account, ledger);
    }
    return sumLines(releasedLines(world, reader, equal), ledger);
  },
};

/** Released GL transactions with the user fields of the document or journal they come from. */
export const clearingDetail: View = {
  name: "xslw_ClearingDetail",
  description: "Released GL lines with the keys of their documents",
  module: "GL",
  columns: [
    textColumn("CpnyID", 10),
    textColumn("LedgerID", 10),
    textColumn("Acct", 10),
    textColumn("Sub", 24),
    textColumn("Module", 2),
    textColumn("BatNbr", 10),
    ...intColumns("LineNbr"),
    textColumn("TranType", 2),
    textColumn("RefNbr", 10),
    textColumn("CustId", 15),
    ...dateColumns("TranDate"),
    textColumn("PerPost", 6),
    textColumn("Posted", 1),
    textColumn("BaseCuryID", 4),
    textColumn("CuryId", 4),
    ...amountColumns("CuryDrAmt", "CuryCrAmt", "DrAmt", "CrAmt"),
    textColumn("TranDesc", 30),
    textColumn("ExtRefNbr", 15),
    textColumn("User1", 30),
    textColumn("User2", 30),
    textColumn("DocUser1", 30),
    textColumn("DocUser2", 30),
    textColumn("Crtd_User", 10),
  ],
  *rows(world, reader, equal) {
    for (const line of releasedLines(world, reader, equal)) {
      const keyed = keyedRow(reader, line);
      yield {
        ...line,
        CustId: text(line, "Id"),
        DocUser1: text(keyed, "User1"),
        DocUser2: text(keyed, "User2"),
      };
    }
  },
};

/** The row that carries the key of a GL line: its AR document, else its batch. */
function keyedRow(reader: Reader, line: Row): Row | undefined {
  const batch = reader.get("Batch", text(line, "Module"), text(line, "BatNbr"));
  if (text(line, "Module") !== "AR") return batch;
  const documents = reader.find(
    "ARDoc",
    "byIdentity",
    text(line, "Id"),
    text(line, "TranType"),
    text(line, "RefNbr"),
  );
  const own = documents.find((row) => text(row, "BatNbr") === text(line, "BatNbr"));
  return own ?? batch;
}

/** What batches in H, B and S would book: one row for each account they touch. */
export const unreleased: View = {
  name: "xslw_Unreleased",
  description: "Lines of unreleased batches by account",
  module: "GL",
  columns: [
    textColumn("CpnyID", 10),
    textColumn("Acct", 10),
    textColumn("Sub", 24),
    textColumn("Module", 2),
    textColumn("BatNbr", 10),
    ...intColumns("LineNbr"),
    textColumn("Status", 1),
    textColumn("TranType", 2),
    textColumn("RefNbr", 10),
    textColumn("CustId", 15),
    textColumn("BaseCuryID", 4),
    textColumn("CuryId", 4),
    textColumn("PerPost", 6),
    ...amountColumns("CuryDrAmt", "CuryCrAmt", "DrAmt", "CrAmt"),
    textColumn("User1", 30),
    textColumn("User2", 30),
    ...dateColumns("TranDate", "Crtd_DateTime"),
  ],
  *rows(_world, reader) {
    for (const status of ["H", "B", "S"]) {
      for (const batch of reader.find("Batch", "byStatus", status)) {
        const batNbr = text(batch, "BatNbr");
        if (text(batch, "Module") === "GL") {
          for (const line of reader.find("GLTran", "byBatch", "GL", batNbr)) {
            yield journalRow(batch, line);
          }
          continue;
        }
        for (const document of reader.find("ARDoc", "byBatch", batNbr)) {
          yield documentRow(batch, document);
        }
        for (const line of reader.find("ARTran", "byBatch", batNbr)) {
          if (text(line, "DrCr") !== "U") yield lineRow(batch, line);
        }
      }
    }
  },
};

function journalRow(batch: Row, line: Row): Row {
  return {
    ...line,
    Status: text(batch, "Status"),
    User1: text(batch, "User1"),
    User2: text(batch, "User2"),
  };
}

/** The document's own side: the receivable of an invoice, the cash of a payment. */
function documentRow(batch: Row, document: Row): Row {
  const isDebit = text(document, "DocType") !== "CM";
  return {
    ...sides(isDebit, num(document, "CuryOrigDocAmt"), num(document, "OrigDocAmt")),
    Acct: text(document, "BankAcct"),
    Sub: text(document, "BankSub"),
    BaseCuryID: text(batch, "BaseCuryID"),
    BatNbr: text(batch, "BatNbr"),
    CpnyID: text(document, "CpnyID"),
    Crtd_DateTime: text(document, "Crtd_DateTime"),
    CuryId: text(document, "CuryId"),
    CustId: text(document, "CustId"),
    Module: "AR",
    PerPost: text(batch, "PerPost"),
    RefNbr: text(document, "RefNbr"),
    Status: text(batch, "Status"),
    TranDate: text(document, "DocDate"),
    TranType: text(document, "DocType"),
    User1: text(document, "User1"),
    User2: text(document, "User2"),
  };
}

function lineRow(batch: Row, line: Row): Row {
  const isDebit = text(line, "DrCr") === "D";
  return {
    ...line,
    ...sides(isDebit, num(line, "CuryTranAmt"), num(line, "TranAmt")),
    BaseCuryID: text(batch, "BaseCuryID"),
    Module: "AR",
    Status: text(batch, "Status"),
    User1: text(batch, "User1"),
    User2: text(batch, "User2"),
  };
}

function sides(isDebit: boolean, cury: number, base: number): Row {
  return isDebit ? { CuryDrAmt: cury, DrAmt: base } : { CuryCrAmt: cury, CrAmt: base };
}
