import type { LOOKUP_OPERATIONS, LookupColumn } from "./lookup-columns.ts";

/**
 * Everything of the published contracts that this connector sends or reads, in one table: the
 * operations of each service, and of each type the elements that matter to us. `contract-lock.json`
 * is generated from it and the published contracts; a server that lacks one is refused by name.
 * The connector's code can only name what stands here: its rows are typed by this table.
 */
const BATCH = [
  "errorMessage",
  "resultCode",
  "BaseCuryID",
  "BatNbr",
  "CpnyID",
  "CrTot",
  "CtrlTot",
  "CuryCrTot",
  "CuryCtrlTot",
  "CuryEffDate",
  "CuryId",
  "CuryMultDiv",
  "CuryRate",
  "DateEnt",
  "EditScrnNbr",
  "GLPostOpt",
  "JrnlType",
  "Module",
  "PerPost",
  "Rlsed",
  "Status",
  "User1",
  "User2",
] as const;

const USER_FIELDS = [
  "User1",
  "User2",
  "User3",
  "User4",
  "User5",
  "User6",
  "User7",
  "User8",
] as const;

const TAX_IDS = ["TaxId00", "TaxId01", "TaxId02", "TaxId03"] as const;

const DOC_TAXES = [
  ...TAX_IDS,
  "CuryTaxTot00",
  "CuryTaxTot01",
  "CuryTaxTot02",
  "CuryTaxTot03",
  "CuryTxblTot00",
  "CuryTxblTot01",
  "CuryTxblTot02",
  "CuryTxblTot03",
  "TaxTot00",
  "TaxTot01",
  "TaxTot02",
  "TaxTot03",
  "TxblTot00",
  "TxblTot01",
  "TxblTot02",
  "TxblTot03",
] as const;

const LINE_TAXES = [
  ...TAX_IDS,
  "CuryTaxAmt00",
  "CuryTaxAmt01",
  "CuryTaxAmt02",
  "CuryTaxAmt03",
  "CuryTxblAmt00",
  "CuryTxblAmt01",
  "CuryTxblAmt02",
  "CuryTxblAmt03",
  "TaxAmt00",
  "TaxAmt01",
  "TaxAmt02",
  "TaxAmt03",
  "TaxCalced",
  "TxblAmt00",
  "TxblAmt01",
  "TxblAmt02",
  "TxblAmt03",
] as const;

const AR_DOC = [
  "errorMessage",
  "resultCode",
  "ApplAmt",
  "ApplBatNbr",
  "BankAcct",
  "BankSub",
  "BatNbr",
  "CpnyID",
  "CuryApplAmt",
  "CuryDocBal",
  "CuryEffDate",
  "CuryId",
  "CuryMultDiv",
  "CuryOrigDocAmt",
  "CuryRate",
  "CustId",
  "CustOrdNbr",
  "DiscDate",
  "DocBal",
  "DocClass",
  "DocDate",
  "DocDesc",
  "DocType",
  "DueDate",
  "LineCntr",
  "OpenDoc",
  "OrigDocAmt",
  "OrigDocNbr",
  "PerPost",
  "RefNbr",
  "Rlsed",
  "Terms",
  ...USER_FIELDS,
  ...DOC_TAXES,
] as const;

const AR_TRAN = [
  "errorMessage",
  "resultCode",
  "Acct",
  "BatNbr",
  "CmmnPct",
  "CnvFact",
  "CostType",
  "CpnyID",
  "CuryId",
  "CuryMultDiv",
  "CuryRate",
  "CuryTranAmt",
  "CuryUnitPrice",
  "CustId",
  "DrCr",
  "FiscYr",
  "InvtId",
  "JrnlType",
  "LineId",
  "LineNbr",
  "LineRef",
  "PerPost",
  "Qty",
  "RefNbr",
  "Rlsed",
  "SiteId",
  "Sub",
  "TranAmt",
  "TranClass",
  "TranDate",
  "TranDesc",
  "TranType",
  "UnitPrice",
  ...LINE_TAXES,
] as const;

const GL_TRAN = [
  "errorMessage",
  "resultCode",
  "Acct",
  "CpnyID",
  "CrAmt",
  "CuryCrAmt",
  "CuryDrAmt",
  "CuryId",
  "DrAmt",
  "LineId",
  "LineNbr",
  "Module",
  "PerPost",
  "Sub",
  "TranDate",
  "TranDesc",
  "User1",
  "User2",
] as const;

const CUSTOMER = [
  "errorMessage",
  "resultCode",
  "Addr1",
  "Addr2",
  "ArAcct",
  "ArSub",
  "Attn",
  "AutoApply",
  "BillAddr1",
  "BillAddr2",
  "BillAttn",
  "BillCity",
  "BillCountry",
  "BillName",
  "BillPhone",
  "BillState",
  "BillZip",
  "City",
  "ClassId",
  "Country",
  "CuryId",
  "CustId",
  "EMailAddr",
  "Name",
  "Phone",
  "State",
  "Status",
  "Terms",
  ...USER_FIELDS,
  "Zip",
] as const;

const ORDER = [
  "errorString",
  "AdminHold",
  "billEmail",
  "BillName",
  "Cancelled",
  "CpnyID",
  "CreditHold",
  "CuryID",
  "CuryMultDiv",
  "CuryRate",
  "CuryTotFrt",
  "CuryTotMerch",
  "CuryTotMisc",
  "CuryTotOrd",
  "CuryTotTax",
  "CustID",
  "CustOrdNbr",
  "explodeKits",
  "miscCharges",
  "notes",
  "OrdDate",
  "OrdNbr",
  "orderItems",
  "ShipAddr1",
  "ShipAddr2",
  "ShipAttn",
  "ShipCity",
  "ShipCountry",
  "shipEmail",
  "ShipName",
  "ShipPhone",
  "ShipState",
  "ShiptoID",
  "ShipViaID",
  "ShipZip",
  "SOTypeID",
  "Status",
  "User1",
  "User2",
  "User3",
  "User4",
  "User5",
  "User6",
  "User7",
  "User8",
] as const;

const ORDER_ITEM = [
  "CuryCost",
  "CurySlsPrice",
  "Descr",
  "InvtID",
  "ManualPrice",
  "QtyOrd",
  "Taxable",
] as const;

const SHIP_HEADER = [
  "errorMessage",
  "resultCode",
  "ARBatNbr",
  "ARDocType",
  "Cancelled",
  "CuryID",
  "CuryTotInvc",
  "InvcNbr",
  "OrdNbr",
  "ShipperID",
] as const;

const SNOTE = ["errorMessage", "resultCode", "sLevelName", "sNoteText", "sTableName"] as const;

export const CONTRACT_USAGE = {
  invoiceAndMemo: {
    operations: [
      "editBatch",
      "editScreen",
      "getARDocsByBatNbrAndRefNbr",
      "getARSetupValue",
      "getAcctXrefsByAcct",
      "getNewscreen",
      "getScreenByBatNbr",
      "getSubXrefsBySub",
      "searchInvoiceAndMemo",
    ],
    types: {
      screen: ["errorMessage", "myBatch", "myARDoc", "myARTran", "invoiceNote"],
      Batch: BATCH,
      ARDoc: AR_DOC,
      ARTran: AR_TRAN,
      Snote: SNOTE,
      AcctXref: ["errorMessage", "Acct", "Active", "CpnyID"],
      SubXref: ["errorMessage", "Active", "CpnyID", "Sub"],
    },
  },
  paymentApplication: {
    operations: [
      "editScreen",
      "getARDocsByApplBatNbrAndRefNbr",
      "getNewscreen",
      "getReleasedARDocsByCustIDAndDocType",
      "getScreenByBatNbr",
    ],
    types: {
      screen: ["errorMessage", "myBatch", "myARDoc", "myARTran", "documentNote"],
      Batch: BATCH,
      ARDoc: AR_DOC,
      ARTran: AR_TRAN,
      Snote: SNOTE,
    },
  },
  paymentEntry: {
    operations: ["getARDocsByBatNbrAndRefNbr"],
    types: { ARDoc: AR_DOC },
  },
  // Asked by probes alone so far: a site without it works.
  journalTransactions: {
    operations: ["editBatch", "editScreen", "getNewscreen", "getScreenByBatNbr"],
    types: {
      screen: ["errorMessage", "myBatch", "myGLTran", "batchNote"],
      Batch: BATCH,
      GLTran: GL_TRAN,
      Snote: SNOTE,
    },
  },
  customerMaintenance: {
    operations: [
      "about",
      "editScreen",
      "getCurrencyByID",
      "getCustomerByExactID",
      "getCustomers",
      "getNewscreen",
      "getTermsByID",
    ],
    types: {
      screen: ["myCustomer", "customerNote", "errorMessage"],
      CustomerV2: CUSTOMER,
      Snote: SNOTE,
      Currncy: ["errorMessage", "CuryId", "DecPl"],
      Terms: ["errorMessage", "DueIntrv", "DueType", "TermsId", "TermsType"],
      nameValuePairs: ["name", "value"],
    },
  },
  inventoryItems: {
    operations: ["getScreenByInvtID"],
    types: {
      screen: ["myInventory", "errorMessage"],
      Inventory: [
        "errorMessage",
        "Descr",
        "DfltSalesAcct",
        "DfltSalesSub",
        "InvtID",
        "StkItem",
        "TranStatusCode",
      ],
    },
  },
  // Used in mode `sales-order` alone: a site without them works in the others.
  orders: {
    operations: [
      "adminHoldFlag",
      "calculateOrderTotals",
      "getOrder",
      "getOrderPayments",
      "getOrders",
      "getShipHead",
      "placeOrder",
    ],
    types: { order: ORDER, orderItem: ORDER_ITEM },
  },
  shippers: {
    operations: ["getScreenByShipperID"],
    types: { screen: ["errorMessage", "mySOShipHeader"], SOShipHeader: SHIP_HEADER },
  },
  quickQuery: {
    operations: ["getQueryViewsByExactID", "getScreen"],
    types: {
      screen: ["myQueryResults", "errorMessage"],
      vs_qvcatalog: ["errorMessage", "QueryViewName"],
      queryFilter: ["name", "value", "comparisonType"],
    },
  },
  common: {
    operations: ["getCompanies"],
    types: { company: ["errorMessage", "BaseCuryID", "CpnyID"] },
  },
} as const;

/**
 * Operations that only probes and the doctor ask for, and `applyPayment`, which some sites need in
 * place of 08.030. They are not locked: a server without one is
 * a server that cannot be asked, and works all the same.
 */
export const PROBED_OPERATIONS = {
  invoiceAndMemo: ["searchInvoiceAndMemo"],
  paymentApplication: ["applyPayment"],
  common: ["getBatches", "getSalesTaxes"],
  customerMaintenance: ["getCustClassesByID"],
} as const;

/** Columns of the shipped views that are read; all but those of the set-up view are SL's names. */
type ViewColumn =
  | "AdjBatNbr"
  | "AdjdDocType"
  | "AdjdRefNbr"
  | "AdjgDocType"
  | "AdjgRefNbr"
  | "CuryAdjdCuryId"
  | "CuryAdjgAmt"
  | "Pending"
  | "ARPerNbr"
  | "BegFiscalYr"
  | `FiscalPerEnd${string}`
  | "GLPerNbr"
  | "MCActive"
  | "Module"
  | "NbrPer";

export type ServiceName = keyof typeof CONTRACT_USAGE;
type Types = { [S in ServiceName]: (typeof CONTRACT_USAGE)[S]["types"] }[ServiceName];
type ElementsOf<T> =
  T extends Readonly<Record<string, readonly string[]>> ? T[keyof T][number] : never;
/** Every name by which the connector may read a column: those of the table, and the views'. */
export type UsedColumn = ElementsOf<Types> | LookupColumn | ViewColumn;
/** The operations of a service that the connector may call. */
export type OperationName<S extends ServiceName> =
  | (typeof CONTRACT_USAGE)[S]["operations"][number]
  | (S extends keyof typeof PROBED_OPERATIONS ? (typeof PROBED_OPERATIONS)[S][number] : never)
  | (S extends keyof typeof LOOKUP_OPERATIONS ? (typeof LOOKUP_OPERATIONS)[S][number] : never);
/** The columns of a row that stand in the table. */
export type BatchColumn = (typeof BATCH)[number];
export type ArDocColumn = (typeof AR_DOC)[number];
export type ArTranColumn = (typeof AR_TRAN)[number];
export type CustomerColumn = (typeof CUSTOMER)[number];
export type OrderColumn = (typeof ORDER)[number];
export type OrderItemColumn = (typeof ORDER_ITEM)[number];
