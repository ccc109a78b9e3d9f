import { num, type Row, text } from "../tables/store.ts";
import type { World } from "../world.ts";
import { amountColumns, dateColumns, intColumns, textColumn, type View } from "./view.ts";

const PERIOD_ENDS = Array.from(
  { length: 13 },
  (_, index) => `FiscalPerEnd${String(index).padStart(2, "0")}`,
);

function setupRow(world: World): Row {
  const ledger = world.ledgerSetup;
  const receivables = world.receivablesSetup;
  const cash = world.store.get("CASetup", "CA");
  return {
    ...Object.fromEntries(PERIOD_ENDS.map((name) => [name, text(ledger, name)])),
    CpnyId: text(ledger, "CpnyId"),
    CpnyName: text(ledger, "CpnyName"),
    BaseCuryId: text(ledger, "BaseCuryId"),
    LedgerID: text(ledger, "LedgerID"),
    NbrPer: num(ledger, "NbrPer"),
    BegFiscalYr: num(ledger, "BegFiscalYr"),
    MCActive: num(ledger, "MCActive"),
    GLPerNbr: text(ledger, "PerNbr"),
    GLLastClosePerNbr: text(ledger, "LastClosePerNbr"),
    GLModPriorPost: num(ledger, "ModPriorPost"),
    GLUpdateCA: num(ledger, "UpdateCA"),
    GLLastBatNbr: text(ledger, "LastBatNbr"),
    ARPerNbr: text(receivables, "PerNbr"),
    ARCurrPerNbr: text(receivables, "CurrPerNbr"),
    ARGLPostOpt: text(receivables, "GLPostOpt"),
    ARAutoRef: num(receivables, "AutoRef"),
    ARLastRefNbr: text(receivables, "LastRefNbr"),
    ARLastBatNbr: text(receivables, "LastBatNbr"),
    ARAutoApplyWO: num(receivables, "AutoApplyWO"),
    ARSBLimit: num(receivables, "SBLimit"),
    CAPerNbr: text(cash, "PerNbr"),
  };
}

/** Calendar, periods and switches of GLSetup, ARSetup and CASetup in one row. */
export const setup: View = {
  name: "xslw_Setup",
  description: "Fiscal calendar, periods and set-up switches",
  module: "GL",
  columns: [
    textColumn("CpnyId", 10),
    textColumn("CpnyName", 30),
    textColumn("BaseCuryId", 4),
    textColumn("LedgerID", 10),
    ...intColumns("NbrPer", "BegFiscalYr", "MCActive"),
    ...PERIOD_ENDS.map((name) => textColumn(name, 4)),
    textColumn("GLPerNbr", 6),
    textColumn("GLLastClosePerNbr", 6),
    ...intColumns("GLModPriorPost", "GLUpdateCA"),
    textColumn("GLLastBatNbr", 10),
    textColumn("ARPerNbr", 6),
    textColumn("ARCurrPerNbr", 6),
    textColumn("ARGLPostOpt", 1),
    ...intColumns("ARAutoRef"),
    textColumn("ARLastRefNbr", 10),
    textColumn("ARLastBatNbr", 10),
    ...intColumns("ARAutoApplyWO"),
    ...amountColumns("ARSBLimit"),
    textColumn("CAPerNbr", 6),
  ],
  rows: (world) => [setupRow(world)],
};

/** Cash accounts and whether they take GL entries. */
export const cashAccounts: View = {
  name: "xslw_CashAcct",
  description: "Cash accounts and their switches",
  module: "CA",
  columns: [
    textColumn("CpnyID", 10),
    textColumn("BankAcct", 10),
    textColumn("BankSub", 24),
    textColumn("CashAcctName", 30),
    textColumn("CuryID", 4),
    ...intColumns("AcceptGLUpdates", "Active"),
  ],
  rows: (_world, reader) => reader.all("CashAcct"),
};

/** Exchange rates. */
export const rates: View = {
  name: "xslw_Rates",
  description: "Currency rates",
  module: "CM",
  columns: [
    textColumn("FromCuryId", 4),
    textColumn("ToCuryId", 4),
    textColumn("RateType", 6),
    ...dateColumns("EffDate"),
    textColumn("MultDiv", 1),
    ...amountColumns("Rate", "RateReciprocal"),
  ],
  rows: (_world, reader) => reader.all("CuryRate"),
};
