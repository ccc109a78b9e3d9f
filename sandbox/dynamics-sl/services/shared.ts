import { nextNumber } from "../rules/numbering.ts";
import { DataSet, type Reply } from "../soap/answer.ts";
import { num, type Row, text } from "../tables/store.ts";
import { type Call, filtered, type Handlers, pageOf, searchBy, showAll } from "./handler.ts";
import { about, listOf, ping } from "./lookups.ts";

/** `common`: look-ups over all modules, and custom counters. */
export const common: Handlers = {
  about,
  ping,
  getCompanies: (call) => {
    const rows = searchBy(call.world.store, "Company", "CpnyID", "");
    const page = pageOf(rows, call.number("currentPageNumber"), call.number("pageSize"));
    return showAll(call.world, "Company", page);
  },
  getNextCounter: (call) => nextCounter(call),
  getSalesTaxes: listOf("SalesTax", "TaxId"),
  getStates: listOf("State", "StateProvId"),
  getCountries: listOf("Country", "CountryID"),
  getAccounts: listOf("Account", "Acct"),
  getSubAccts: listOf("SubAcct", "Sub"),
  getBatches: (call) => batches(call),
  getTerms: listOf("Terms", "TermsId"),
  getAcctXrefs: listOf("AcctXref", "Acct"),
  getSubXrefs: listOf("SubXref", "Sub"),
};

/** Batches of all modules; an exact `User2` or `BatNbr` is found by index. */
function batches(call: Call): Reply {
  const parms = call.parms("parms");
  const indexed = (
    [
      ["USER2", "byUser2"],
      ["BATNBR", "byBatNbr"],
    ] as const
  ).find(([name]) => (parms.get(name) ?? "%").includes("%") === false && parms.get(name) !== "");
  const rows =
    indexed === undefined
      ? [...call.searched.all("Batch")]
      : call.searched.find("Batch", indexed[1], parms.get(indexed[0]) ?? "");
  const { heldBatchesListed } = call.world.switches;
  const found = filtered(call.world, "Batch", rows, parms)
    .filter((row) => heldBatchesListed || num(row, "Rlsed") === 1)
    .sort(byModuleAndNumber);
  const page = pageOf(found, call.number("currentPageNumber"), call.number("pageSize"));
  return showAll(call.world, "Batch", page);
}

function byModuleAndNumber(a: Row, b: Row): number {
  return (
    text(a, "Module").localeCompare(text(b, "Module")) ||
    text(a, "BatNbr").localeCompare(text(b, "BatNbr"))
  );
}

/** Counts up a row of xct_tblDSLCounter; an unknown counter starts at 1. */
function nextCounter(call: Call): Reply {
  const { store } = call.world;
  const counterName = call.text("counterName");
  const value = store.commit(() => {
    const row = store.get("xct_tblDSLCounter", counterName);
    const next = Number(nextNumber(String(num(row, "lastValue"))));
    store.put("xct_tblDSLCounter", { counterName, lastValue: next });
    return next;
  });
  return new DataSet(
    [
      { name: "counterName", type: "string" },
      { name: "nextCounter", type: "int" },
    ],
    [{ counterName, nextCounter: value }],
  );
}
