import type { ServiceContract } from "../contract/contract.ts";
import { typeOf } from "../contract/contract.ts";
import { type Column, column, columnsOf } from "./columns.ts";
import { ORDER_PLANS } from "./order-plans.ts";
import type { Plan, Source } from "./plan.ts";
import type { TableDefinition } from "./store.ts";

const receivables = (type: string): Source => ({ service: "invoiceAndMemo", type });
const customers = (type: string): Source => ({ service: "customerMaintenance", type });
const lookups = (type: string): Source => ({ service: "common", type });

const AUDIT =
  "Crtd_DateTime:dateTime Crtd_Prog Crtd_User LUpd_DateTime:dateTime LUpd_Prog LUpd_User";
const USER = "User1 User2 User3:double User4:double User5 User6 User7:dateTime User8:dateTime";

const PLANS: readonly Plan[] = [
  {
    name: "Batch",
    source: receivables("Batch"),
    key: ["Module", "BatNbr"],
    indexes: { byBatNbr: ["BatNbr"], byStatus: ["Status"], byUser1: ["User1"], byUser2: ["User2"] },
  },
  {
    name: "ARDoc",
    source: receivables("ARDoc"),
    key: ["CustId", "DocType", "RefNbr", "BatNbr", "BatSeq"],
    indexes: {
      byBatch: ["BatNbr"],
      byApplBatch: ["ApplBatNbr"],
      byCustomer: ["CustId"],
      byIdentity: ["CustId", "DocType", "RefNbr"],
      byRefNbr: ["RefNbr"],
      byUser1: ["User1"],
      byUser2: ["User2"],
    },
  },
  {
    name: "ARTran",
    source: receivables("ARTran"),
    key: ["CustId", "TranType", "RefNbr", "LineNbr", "RecordID"],
    indexes: {
      byBatch: ["BatNbr"],
      byDocument: ["CustId", "TranType", "RefNbr"],
      byTarget: ["CustId", "CostType", "SiteId"],
    },
  },
  {
    name: "ARAdjust",
    own:
      "AdjAmt:double AdjBatNbr AdjdDocType AdjDiscAmt:double AdjdRefNbr AdjgDocDate:dateTime " +
      `AdjgDocType AdjgPerPost AdjgRefNbr ${AUDIT} CuryAdjdAmt:double CuryAdjdCuryId ` +
      "CuryAdjdDiscAmt:double CuryAdjdMultDiv CuryAdjdRate:double CuryAdjgAmt:double " +
      "CuryAdjgDiscAmt:double CuryRGOLAmt:double CustId DateAppl:dateTime PC_Status PerAppl " +
      `ProjectID RecordID:int S4Future11 S4Future12 ${USER}`,
    key: ["AdjdRefNbr", "RecordID"],
    indexes: {
      byAdjusted: ["CustId", "AdjdDocType", "AdjdRefNbr"],
      byAdjusting: ["CustId", "AdjgDocType", "AdjgRefNbr"],
      byBatch: ["AdjBatNbr"],
      byCustomer: ["CustId"],
    },
  },
  {
    name: "GLTran",
    source: { service: "journalTransactions", type: "GLTran" },
    key: ["Module", "BatNbr", "LineNbr"],
    indexes: { byBatch: ["Module", "BatNbr"], byAccount: ["Acct"] },
  },
  {
    name: "Customer",
    source: customers("CustomerV2"),
    key: ["CustId"],
    indexes: {
      byEmail: ["EMailAddr"],
      byName: ["Name"],
      byUser1: ["User1"],
      byUser2: ["User2"],
    },
  },
  {
    name: "SOAddress",
    source: customers("SOAddress"),
    key: ["CustId", "ShipToId"],
    indexes: { byCustomer: ["CustId"] },
  },
  { name: "CustomerEDI", source: customers("CustomerEDIV2"), key: ["CustID"] },
  { name: "AR_Balances", source: customers("AR_Balances"), key: ["CustID", "CpnyID"] },
  { name: "CustClass", source: customers("CustClass"), key: ["ClassId"] },
  { name: "Terms", source: customers("Terms"), key: ["TermsId"] },
  { name: "Currncy", source: customers("Currncy"), key: ["CuryId"] },
  { name: "State", source: customers("State"), key: ["StateProvId"] },
  { name: "Country", source: customers("Country"), key: ["CountryID"] },
  { name: "Company", source: lookups("company"), key: ["CpnyID"] },
  { name: "Account", source: lookups("Account"), key: ["Acct"] },
  { name: "SubAcct", source: lookups("SubAcct"), key: ["Sub"] },
  { name: "AcctXref", source: lookups("AcctXref"), key: ["CpnyID", "Acct"] },
  { name: "SubXref", source: lookups("SubXref"), key: ["CpnyID", "Sub"] },
  { name: "SalesTax", source: lookups("SalesTax"), key: ["TaxType", "TaxId"] },
  {
    name: "Inventory",
    source: { service: "inventoryItems", type: "Inventory" },
    key: ["InvtID"],
  },
  { name: "Snote", source: receivables("Snote"), key: ["nID"] },
  { name: "RefNbr", own: `RefNbr ${AUDIT}`, key: ["RefNbr"] },
  {
    name: "CuryRate",
    own: "EffDate:dateTime FromCuryId MultDiv Rate:double RateReciprocal:double RateType ToCuryId",
    key: ["FromCuryId", "ToCuryId", "RateType", "EffDate"],
    indexes: { byPair: ["FromCuryId", "ToCuryId", "RateType"] },
  },
  {
    name: "CashAcct",
    own:
      "AcceptGLUpdates:short AcctNbr AcctType Active:short BankAcct BankSub CashAcctName " +
      "CpnyID CuryID CurrentBal:double transitnbr",
    key: ["CpnyID", "BankAcct", "BankSub"],
  },
  {
    name: "ARSetup",
    own:
      "ArAcct ArSub AutoApplyWO:short AutoNSF:short AutoRef:short ChkAcct ChkSub CurrPerNbr " +
      "DecPlPrcCst:short DecPlQty:short DfltAutoApply:short DfltClass GLPostOpt LastBatNbr " +
      "LastCrMemoNbr LastDrMemoNbr LastRefNbr NSFChrg:double PerNbr PrePayAcct PrePaySub " +
      "SBLimit:double SetupId TranDescDflt",
    key: ["SetupId"],
  },
  {
    name: "GLSetup",
    own:
      "AutoPost AutoRef:short BaseCuryId BegFiscalYr:short CpnyId CpnyName FiscalPerEnd00 " +
      "FiscalPerEnd01 FiscalPerEnd02 FiscalPerEnd03 FiscalPerEnd04 FiscalPerEnd05 FiscalPerEnd06 " +
      "FiscalPerEnd07 FiscalPerEnd08 FiscalPerEnd09 FiscalPerEnd10 FiscalPerEnd11 FiscalPerEnd12 " +
      "LastBatNbr LastClosePerNbr LedgerID MCActive:short ModPriorPost:short Mult_Cpny_Db:short " +
      "NbrPer:short PerNbr PriorYearPost:short RetEarnAcct SetupId UpdateCA:short " +
      "ValidateAcctSub:short YtdNetIncAcct",
    key: ["SetupId"],
  },
  {
    name: "CASetup",
    own:
      "AcceptTransDate:dateTime ARHoldingAcct ARHoldingSub ClearAcct ClearSub CurrPerNbr " +
      "GlPostOpt lastbatnbr PerNbr SetupId",
    key: ["SetupId"],
  },
  { name: "xct_tblDSLCounter", own: "counterName lastValue:int", key: ["counterName"] },
  { name: "SandboxSwitch", own: "name value", key: ["name"] },
  ...ORDER_PLANS,
];

function ownColumns(table: string, tokens: string | undefined): readonly Column[] {
  if (tokens === undefined) return [];
  return tokens.split(" ").map((token) => {
    const [name = "", type = "string"] = token.split(":");
    return column(table, name, type);
  });
}

/** Every table of the sandbox; columns that a contract shows are taken from the contract. */
export function tableDefinitions(
  contracts: ReadonlyMap<string, ServiceContract>,
): readonly TableDefinition[] {
  return PLANS.map((plan) => {
    const service = plan.source === undefined ? undefined : contracts.get(plan.source.service);
    const fromContract =
      plan.source === undefined || service === undefined
        ? []
        : columnsOf(plan.name, typeOf(service, plan.source.type).fields);
    const columns = [...fromContract, ...ownColumns(plan.name, plan.own)];
    return {
      name: plan.name,
      columns: new Map(columns.map((one) => [one.name, one])),
      key: plan.key,
      indexes: plan.indexes ?? {},
    };
  });
}
