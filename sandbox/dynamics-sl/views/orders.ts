import type { Reader, Row } from "../tables/store.ts";
import {
  amountColumns,
  dateColumns,
  type Equalities,
  intColumns,
  textColumn,
  type View,
} from "./view.ts";

/** Column of an equality filter → the index of SOHeader that answers it. */
const INDEXES = [
  ["USER2", "byUser2"],
  ["USER1", "byUser1"],
  ["CUSTORDNBR", "byCustOrdNbr"],
  ["CUSTID", "byCustomer"],
] as const;

function candidates(reader: Reader, equal: Equalities): Iterable<Row> {
  const [cpnyId, ordNbr] = [equal.get("CPNYID"), equal.get("ORDNBR")];
  if (cpnyId !== undefined && ordNbr !== undefined) {
    const order = reader.get("SOHeader", cpnyId, ordNbr);
    return order === undefined ? [] : [order];
  }
  for (const [column, index] of INDEXES) {
    const value = equal.get(column);
    if (value !== undefined && value !== "") return reader.find("SOHeader", index, value);
  }
  return reader.all("SOHeader");
}

/** Sales orders with the keys in their user fields, in every state. */
export const orderByKey: View = {
  name: "xslw_OrderByKey",
  description: "Sales orders with the keys in their user fields",
  module: "OM",
  columns: [
    textColumn("OrdNbr", 15),
    textColumn("CpnyID", 10),
    textColumn("SOTypeID", 4),
    textColumn("Status", 1),
    ...intColumns("AdminHold", "CreditHold", "Cancelled"),
    textColumn("CustID", 15),
    textColumn("CustOrdNbr", 25),
    textColumn("User1", 30),
    textColumn("User2", 30),
    textColumn("CuryID", 4),
    ...amountColumns("CuryTotOrd", "CuryTotPmt", "CuryUnshippedBalance"),
    ...dateColumns("OrdDate", "Crtd_DateTime"),
  ],
  rows: (_world, reader, equal) => candidates(reader, equal),
};
