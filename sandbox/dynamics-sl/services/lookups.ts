import type { Reply } from "../soap/answer.ts";
import { DataSet } from "../soap/answer.ts";
import { fold, num, text } from "../tables/store.ts";
import {
  type Call,
  filtered,
  type Handler,
  matches,
  pageOf,
  searchBy,
  show,
  showAll,
} from "./handler.ts";

/** A search by starting characters in one column, as the operations ending in `ByID` do. */
export function byId(table: string, columnName: string, argument: string): Handler {
  return (call) =>
    showAll(call.world, table, searchBy(call.world.store, table, columnName, call.text(argument)));
}

/** A paged list filtered by `parms`, as the operations of `common` do. */
export function listOf(table: string, keyColumn: string): Handler {
  return (call) => {
    const rows = searchBy(call.searched, table, keyColumn, "");
    const found = filtered(call.world, table, rows, call.parms("parms"));
    const page = pageOf(found, call.number("currentPageNumber"), call.number("pageSize"));
    return showAll(call.world, table, page);
  };
}

/** Accounts of a company; without a `cpnyID` argument the company of the call. */
export const accountXrefs: Handler = (call) => xrefs(call, "AcctXref", "Acct", call.text("acct"));
/** Subaccounts of a company, likewise. */
export const subaccountXrefs: Handler = (call) => xrefs(call, "SubXref", "Sub", call.text("sub"));

function xrefs(call: Call, table: string, columnName: string, pattern: string): Reply {
  const company = call.text("cpnyID") || call.world.companyId;
  const rows = searchBy(call.world.store, table, columnName, pattern);
  return showAll(
    call.world,
    table,
    rows.filter((row) => fold(text(row, "CpnyID")) === fold(company)),
  );
}

/** One column of ARSetup as text; blank when there is no such column. */
export const receivablesSetupValue: Handler = (call) => {
  const wanted = fold(call.text("fieldName"));
  const { columns } = call.world.store.definition("ARSetup");
  const column = [...columns.values()].find(({ name }) => fold(name) === wanted);
  if (column === undefined) return "";
  const setup = call.world.receivablesSetup;
  return column.kind === "text" ? text(setup, column.name) : String(num(setup, column.name));
};

/** Balance rows of customers whose id starts with the argument, in the company of the call. */
export const balancesByCustomer: Handler = (call) => {
  const row = call.world.store.get("AR_Balances", call.text("custID"), call.world.companyId);
  if (row !== undefined) return showAll(call.world, "AR_Balances", [row]);
  const rows = [...call.world.store.all("AR_Balances")].filter((balance) =>
    matches(text(balance, "CustID"), call.text("custID")),
  );
  return showAll(call.world, "AR_Balances", rows);
};

/**
 * Customers in the older shape of the receivables services, where flags are booleans and the id is
 * `CustID`; found by exact id, else by its starting characters.
 */
export const olderCustomers: Handler = (call) => {
  const { world } = call;
  const exact = world.store.get("Customer", call.text("custID"));
  const rows =
    exact === undefined
      ? searchBy(call.searched, "Customer", "CustId", call.text("custID"))
      : [exact];
  return rows.map((row) => {
    const shown = show(world, "Customer", row);
    return {
      ...shown,
      errorString: "",
      errorCode: "",
      CustID: shown.CustId,
      SlsPerID: shown.SlsperId,
      StmtCycleID: shown.StmtCycleId,
      PrcLvlID: shown.PrcLvlId,
      TaxId00: shown.TaxID00,
      TaxId01: shown.TaxID01,
      TaxId02: shown.TaxID02,
      TaxId03: shown.TaxID03,
      TaxLocID: shown.TaxLocId,
      ApplFinChrg: num(row, "ApplFinChrg") === 1,
      AutoApply: num(row, "AutoApply") === 1,
      DunMsg: num(row, "DunMsg") === 1,
      PrtStmt: num(row, "PrtStmt") === 1,
      Notes: "",
      BuyerReqd: false,
      CustItemReqd: false,
      GracePer: 0,
      MinOrder: 0,
      MinWt: 0,
      POReqd: false,
      SubstOK: false,
    };
  });
};

/** `ping`: type WEBSERVICE, SQL or ALL; answers one row for each part that was tried. */
export const ping: Handler = (call) => {
  const asked = call.text("pingType").toUpperCase() || "ALL";
  const parts = asked === "ALL" ? ["WEBSERVICE", "SQL"] : [asked];
  return new DataSet(
    [
      { name: "pingType", type: "string" },
      { name: "status", type: "string" },
    ],
    parts.map((pingType) => ({ pingType, status: "OK" })),
  );
};

/** `about`: what answers here. */
export const about: Handler = () => "Slipway sandbox of the ctDynamicsSL services, version 1.0";
