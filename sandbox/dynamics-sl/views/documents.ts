import { num, type Reader, type Row, text } from "../tables/store.ts";
import {
  amountColumns,
  dateColumns,
  type Equalities,
  intColumns,
  numbersBetween,
  textColumn,
  type View,
} from "./view.ts";

/** Rows of a table by the first equality filter that one of its indexes answers. */
function indexed(
  reader: Reader,
  table: string,
  equal: Equalities,
  indexes: Readonly<Record<string, string>>,
): Iterable<Row> {
  for (const [column, index] of Object.entries(indexes)) {
    const value = equal.get(column);
    if (value !== undefined && value !== "") return reader.find(table, index, value);
    const numbers = numbersBetween(equal, column);
    if (numbers !== undefined) return numbers.flatMap((one) => [...reader.find(table, index, one)]);
  }
  return reader.all(table);
}

/** The user fields that mapping may fill. */
const USER_COLUMNS = [
  ...amountColumns("User3", "User4"),
  textColumn("User5", 10),
  textColumn("User6", 10),
  ...dateColumns("User7", "User8"),
];

/** ARDoc by key, released or not. */
export const arDocByKey: View = {
  name: "xslw_ArDocByKey",
  description: "AR documents with the keys in their user fields, released or not",
  module: "AR",
  columns: [
    textColumn("User1", 30),
    textColumn("User2", 30),
    textColumn("CustId", 15),
    textColumn("DocType", 2),
    textColumn("RefNbr", 10),
    textColumn("BatNbr", 10),
    textColumn("CpnyID", 10),
    textColumn("BatStatus", 1),
    textColumn("EditScrnNbr", 5),
    ...intColumns("Rlsed", "OpenDoc"),
    textColumn("CuryId", 4),
    ...amountColumns("CuryOrigDocAmt", "OrigDocAmt", "CuryDocBal", "DocBal"),
    textColumn("PerPost", 6),
    textColumn("PerClosed", 6),
    ...dateColumns("DocDate", "Crtd_DateTime"),
    textColumn("ApplBatNbr", 10),
    textColumn("OrdNbr", 15),
    textColumn("CustOrdNbr", 25),
    textColumn("S4Future11", 10),
    textColumn("S4Future12", 10),
    textColumn("BankAcct", 10),
    textColumn("BankSub", 24),
    ...USER_COLUMNS,
  ],
  *rows(_world, reader, equal) {
    const documents = indexed(reader, "ARDoc", equal, {
      USER2: "byUser2",
      USER1: "byUser1",
      BATNBR: "byBatch",
      REFNBR: "byRefNbr",
      CUSTID: "byCustomer",
    });
    for (const document of documents) {
      const batch = reader.get("Batch", "AR", text(document, "BatNbr"));
      yield {
        ...document,
        BatStatus: text(batch, "Status"),
        EditScrnNbr: text(batch, "EditScrnNbr"),
      };
    }
  },
};

/** Batch by key, in every module and status. */
export const batchByKey: View = {
  name: "xslw_BatchByKey",
  description: "Batches with the keys in their user fields",
  module: "GL",
  columns: [
    textColumn("Module", 2),
    textColumn("BatNbr", 10),
    textColumn("Status", 1),
    ...intColumns("Rlsed"),
    textColumn("EditScrnNbr", 5),
    textColumn("JrnlType", 3),
    textColumn("CpnyID", 10),
    textColumn("PerPost", 6),
    textColumn("CuryId", 4),
    ...amountColumns("CuryCtrlTot", "CuryCrTot", "CuryDrTot", "CtrlTot", "CrTot", "DrTot"),
    textColumn("User1", 30),
    textColumn("User2", 30),
    textColumn("Crtd_User", 10),
    ...dateColumns("DateEnt", "Crtd_DateTime", "LUpd_DateTime"),
    ...USER_COLUMNS,
  ],
  rows: (_world, reader, equal) =>
    indexed(reader, "Batch", equal, {
      USER2: "byUser2",
      USER1: "byUser1",
      BATNBR: "byBatNbr",
      STATUS: "byStatus",
    }),
};

/** Customer by key or e-mail. */
export const customerByKey: View = {
  name: "xslw_CustomerByKey",
  description: "Customers with the keys in their user fields",
  module: "AR",
  columns: [
    textColumn("User1", 30),
    textColumn("User2", 30),
    textColumn("CustId", 15),
    textColumn("Name", 60),
    textColumn("EMailAddr", 80),
    textColumn("Status", 1),
    textColumn("ClassId", 6),
    textColumn("CuryId", 4),
    textColumn("Terms", 2),
    ...intColumns("AutoApply"),
    textColumn("ArAcct", 10),
    textColumn("ArSub", 24),
    ...dateColumns("Crtd_DateTime"),
  ],
  rows: (_world, reader, equal) =>
    indexed(reader, "Customer", equal, {
      USER2: "byUser2",
      USER1: "byUser1",
      EMAILADDR: "byEmail",
      NAME: "byName",
    }),
};

/** ARAdjust rows, and pending application lines with `Pending` 1. */
export const applications: View = {
  name: "xslw_Applications",
  description: "Applications per document: ARAdjust rows and pending application lines",
  module: "AR",
  columns: [
    textColumn("CustId", 15),
    textColumn("AdjdDocType", 2),
    textColumn("AdjdRefNbr", 10),
    textColumn("AdjgDocType", 2),
    textColumn("AdjgRefNbr", 10),
    textColumn("AdjBatNbr", 10),
    ...amountColumns("CuryAdjdAmt", "CuryAdjgAmt", "AdjAmt", "CuryRGOLAmt"),
    textColumn("CuryAdjdCuryId", 4),
    ...dateColumns("DateAppl", "AdjgDocDate"),
    textColumn("PerAppl", 6),
    ...intColumns("Pending"),
    textColumn("S4Future11", 10),
    textColumn("S4Future12", 10),
  ],
  *rows(_world, reader, equal) {
    const batNbr = equal.get("ADJBATNBR");
    const custId = equal.get("CUSTID");
    const adjustments = indexed(reader, "ARAdjust", equal, {
      ADJBATNBR: "byBatch",
      CUSTID: "byCustomer",
    });
    for (const row of adjustments) yield row;
    const lines =
      batNbr === undefined
        ? pendingLines(reader, custId)
        : reader.find("ARTran", "byBatch", batNbr);
    for (const line of lines) {
      if (text(line, "DrCr") !== "U") continue;
      yield {
        CustId: text(line, "CustId"),
        AdjdDocType: text(line, "CostType"),
        AdjdRefNbr: text(line, "SiteId"),
        AdjgDocType: text(line, "TranType"),
        AdjgRefNbr: text(line, "RefNbr"),
        AdjBatNbr: text(line, "BatNbr"),
        CuryAdjdAmt: num(line, "CuryTranAmt"),
        CuryAdjgAmt: num(line, "CuryTranAmt"),
        AdjAmt: num(line, "TranAmt"),
        CuryAdjdCuryId: text(line, "CuryId"),
        DateAppl: text(line, "TranDate"),
        PerAppl: text(line, "PerPost"),
        Pending: 1,
      };
    }
  },
};

/** Pending application lines stand only in unreleased batches, of which there are few. */
function* pendingLines(reader: Reader, custId: string | undefined): Iterable<Row> {
  for (const status of ["H", "B", "S"]) {
    for (const batch of reader.find("Batch", "byStatus", status)) {
      if (text(batch, "Module") !== "AR") continue;
      for (const line of reader.find("ARTran", "byBatch", text(batch, "BatNbr"))) {
        if (custId === undefined || text(line, "CustId").toUpperCase() === custId) yield line;
      }
    }
  }
}
