import {
  AR_DOC,
  AR_TRAN,
  BATCH,
  CUSTOMER,
  GL_TRAN,
  LEDGER_BATCH,
  ORDER,
  ORDER_ITEM,
  SHIP_HEADER,
  type ShipToColumn,
  SNOTE,
} from "./contract-columns.ts";
import type { LOOKUP_OPERATIONS, LookupColumn } from "./lookup-columns.ts";

/**
 * Everything of the published contracts that this connector sends or reads, in one table: the
 * operations of each service, and of each type the elements that matter to us. `contract-lock.json`
 * is generated from it and the published contracts; a server that lacks one is refused by name.
 * The connector's code can only name what stands here: its rows are typed by this table.
 */
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
  // Locked with the others: what moves clearing without a customer has no other way into SL.
  journalTransactions: {
    operations: ["editBatch", "editScreen", "getNewscreen", "getScreenByBatNbr"],
    types: {
      screen: ["errorMessage", "myBatch", "myGLTran", "batchNote"],
      Batch: LEDGER_BATCH,
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
      Currncy: [
        ...["errorMessage", "CuryId", "DecPl"],
        ...["RealGainAcct", "RealGainSub", "RealLossAcct", "RealLossSub"],
      ],
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
 * Operations that only probes, the doctor and some settings ask for, and `applyPayment`, which some
 * sites need in place of 08.030. They are not locked: a server without one is
 * a server that cannot be asked, and works all the same.
 */
export const PROBED_OPERATIONS = {
  invoiceAndMemo: ["searchInvoiceAndMemo"],
  paymentApplication: ["applyPayment"],
  common: ["getAccounts", "getAcctXrefs", "getBatches", "getSalesTaxes", "getSubXrefs", "getTerms"],
  customerMaintenance: [
    "editSOAddress",
    "getCustClassesByID",
    "getNewSOAddress",
    "getSOAddressByExactID",
    "getScreenByCustID",
  ],
  shippers: ["getMiscChrgIDsByID", "getSoTypesByID"],
} as const;

/** Columns of the shipped views that are read; all but those of the set-up view are SL's names. */
type ViewColumn =
  | "AdjBatNbr"
  | "BatStatus"
  | "S4Future12"
  | "DocUser1"
  | "DocUser2"
  | "LineCount"
  | "Posted"
  | "Crtd_User"
  | "TranType"
  | "AdjdDocType"
  | "AdjdRefNbr"
  | "AdjgDocType"
  | "AdjgRefNbr"
  | "CuryAdjdCuryId"
  | "CuryAdjgAmt"
  | "CuryRGOLAmt"
  | "Pending"
  | "ARPerNbr"
  | "BegFiscalYr"
  | `FiscalPerEnd${string}`
  | "GLLastBatNbr"
  | "GLPerNbr"
  | "GLUpdateCA"
  | "AcceptGLUpdates"
  | "MCActive"
  | "EffDate"
  | "FromCuryId"
  | "MultDiv"
  | "Rate"
  | "RateType"
  | "ToCuryId"
  | "MiscChrgID"
  | "Module"
  | "NbrPer";

export type ServiceName = keyof typeof CONTRACT_USAGE;
type Types = { [S in ServiceName]: (typeof CONTRACT_USAGE)[S]["types"] }[ServiceName];
type ElementsOf<T> =
  T extends Readonly<Record<string, readonly string[]>> ? T[keyof T][number] : never;
/** Every name by which the connector may read a column: those of the table, and the views'. */
export type UsedColumn = ElementsOf<Types> | LookupColumn | ViewColumn | ShipToColumn;
/** The operations of a service that the connector may call. */
export type OperationName<S extends ServiceName> =
  | (typeof CONTRACT_USAGE)[S]["operations"][number]
  | (S extends keyof typeof PROBED_OPERATIONS ? (typeof PROBED_OPERATIONS)[S][number] : never)
  | (S extends keyof typeof LOOKUP_OPERATIONS ? (typeof LOOKUP_OPERATIONS)[S][number] : never);
