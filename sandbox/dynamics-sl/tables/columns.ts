import type { Field } from "../contract/contract.ts";

/** A column of SL: fixed-width text, float, integer or date; none of them is ever NULL. */
export type Column = Readonly<{
  name: string;
  kind: "text" | "float" | "int" | "date";
  /** Characters, for text; 0 means no limit (notes). */
  width: number;
}>;

/** What an empty date column holds. */
export const EMPTY_DATE = "1900-01-01T00:00:00";

/**
 * Widths that hold in every table. Source: a public T-SQL project of an SL application database and
 * the table definitions of Microsoft's migration app to Business Central.
 */
const WIDTHS: Readonly<Record<string, number>> = {
  Addr1: 60,
  Addr2: 60,
  Attn: 30,
  BalanceType: 1,
  BatNbr: 10,
  BatType: 1,
  BillAddr1: 60,
  BillAddr2: 60,
  BillAttn: 30,
  BillCity: 30,
  BillCountry: 3,
  BillFax: 30,
  BillName: 60,
  BillPhone: 30,
  BillSalut: 30,
  BillState: 3,
  BillZip: 10,
  CardHldrName: 60,
  CardNbr: 20,
  CardType: 1,
  City: 30,
  ClassID: 6,
  CostType: 8,
  Country: 3,
  CountryID: 3,
  CpnyID: 10,
  CpnyName: 30,
  Crtd_Prog: 8,
  Crtd_User: 10,
  CuryMultDiv: 1,
  CuryRateType: 6,
  CustId: 15,
  CustOrdNbr: 25,
  DfltShipToId: 10,
  DocClass: 1,
  DocDesc: 30,
  DocPublishingFlag: 1,
  DrCr: 1,
  EMailAddr: 80,
  EditScrnNbr: 5,
  ExtRefNbr: 15,
  FOB: 15,
  Fax: 30,
  FiscYr: 4,
  FromCuryId: 4,
  GLPostOpt: 1,
  Id: 20,
  InvtID: 30,
  JrnlType: 3,
  LUpd_Prog: 8,
  LUpd_User: 10,
  LanguageID: 4,
  LedgerID: 10,
  LineRef: 5,
  Module: 2,
  Name: 60,
  OrdNbr: 15,
  OrigBatNbr: 10,
  OrigScrnNbr: 5,
  PC_Status: 1,
  PerClosed: 6,
  PerEnt: 6,
  PerNbr: 6,
  PerPost: 6,
  Phone: 30,
  PmtMethod: 1,
  Posted: 1,
  PrcLvlID: 10,
  PriceClass: 6,
  ProjectID: 16,
  RefNbr: 10,
  S4Future01: 30,
  S4Future02: 30,
  Salut: 30,
  ShipToID: 10,
  ShipViaID: 15,
  ShipperID: 15,
  ShipperLineRef: 5,
  Status: 1,
  StateProvId: 3,
  State: 3,
  StmtCycleID: 2,
  StmtType: 1,
  TaskID: 32,
  TaxCalced: 1,
  TaxDflt: 1,
  TaxExemptNbr: 15,
  TaxLocID: 15,
  TaxRegNbr: 15,
  TermsID: 2,
  TermsType: 1,
  Terms: 2,
  Territory: 10,
  ToCuryId: 4,
  TranClass: 1,
  TranDesc: 30,
  TranType: 2,
  UnitDesc: 6,
  User1: 30,
  User2: 30,
  User5: 10,
  User6: 10,
  Zip: 10,
  sLevelName: 20,
  sNoteText: 0,
  sTableName: 20,
};

/** Widths that only hold in one table. */
const TABLE_WIDTHS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  Customer: { ClassId: 6, StmtCycleId: 2 },
  Inventory: { Descr: 60, User1: 30, TranStatusCode: 2, TaxCat: 10, StkUnit: 6, DfltSOUnit: 6 },
  Account: { AcctType: 2 },
  AcctXref: { AcctType: 2 },
  Site: { Name: 30 },
  SOLine: { Descr: 60 },
  SOShipLine: { Descr: 60 },
  ARDoc: { DocType: 2, OrigDocNbr: 10, ApplBatNbr: 10 },
  ARAdjust: { AdjdDocType: 2, AdjgDocType: 2, AdjBatNbr: 10, AdjdRefNbr: 10, AdjgRefNbr: 10 },
  xct_tblDSLOrderEmail: { billEmail: 80, shipEmail: 80 },
  vs_qvcatalog: { SQLView: 64, QueryViewName: 50, ViewDescription: 250, ViewFilter: 250 },
};

/** Widths of the order tables, whose user fields are made otherwise than those of the ledgers. */
const ORDER_WIDTHS: Readonly<Record<string, number>> = {
  ARDocType: 2,
  AlternateID: 30,
  AppliedToDocRef: 15,
  AuthNbr: 20,
  Behavior: 4,
  BlktOrdNbr: 15,
  BuildInvtID: 30,
  BuyerName: 60,
  CardNbr: 20,
  ContractNbr: 25,
  CustGLClassID: 4,
  DescrLang: 30,
  IRInvtID: 30,
  InvcNbr: 15,
  InvcNbrPrefix: 15,
  InvcNbrType: 4,
  ItemGLClassID: 4,
  MiscChrgRef: 5,
  NextFunctionClass: 4,
  NextFunctionID: 8,
  OrdLineRef: 5,
  OrdNbrPrefix: 15,
  OrdNbrType: 4,
  OrigInvcNbr: 15,
  OrigInvtID: 30,
  OrigOrdNbr: 15,
  OrigShipperID: 15,
  OrigShipperLineRef: 5,
  PmtRef: 5,
  ReasonCd: 6,
  ReturnOrderTypeID: 4,
  SFOOrdNbr: 15,
  SOTypeID: 4,
  SchedRef: 5,
  ShipAddr1: 60,
  ShipAddr2: 60,
  ShipAttn: 30,
  ShipCity: 30,
  ShipCountry: 3,
  ShipCustID: 15,
  ShipName: 60,
  ShipPhone: 30,
  ShipState: 3,
  ShipZip: 10,
  ShipperPrefix: 15,
  ShipperType: 4,
  ShiptoType: 1,
  TrackingNbr: 25,
  UnitMultDiv: 1,
  User3: 30,
  User4: 30,
  User7: 10,
  User8: 10,
  WorkflowStatus: 1,
};

const WIDTHS_FOLDED: ReadonlyMap<string, number> = new Map(
  Object.entries(WIDTHS).map(([name, width]) => [name.toUpperCase(), width]),
);

function widthOf(table: string, name: string): number {
  const isOrderTable = /^SO(?!Address)/.test(table);
  const own = TABLE_WIDTHS[table]?.[name] ?? (isOrderTable ? ORDER_WIDTHS[name] : undefined);
  if (own !== undefined) return own;
  const known = WIDTHS_FOLDED.get(name.toUpperCase());
  if (known !== undefined) return known;
  // Subaccounts are 24 everywhere but in the ship-to addresses, where they are 31.
  if (/Sub$/i.test(name)) return table === "SOAddress" ? 31 : 24;
  if (/^Cury(ID|Id)$|CuryI[dD]$/.test(name)) return 4;
  if (/^Descr$/.test(name)) return 30;
  return 10;
}

/** The columns of a table whose row is a type of the published contract. */
export function columnsOf(table: string, fields: readonly Field[]): readonly Column[] {
  const outsideTable = new Set(["errorMessage", "notes", "Notes", "resultCode"]);
  return fields
    .filter((field) => !outsideTable.has(field.name) && field.isSimple)
    .map((field) => column(table, field.name, field.type));
}

/** A column by its XSD type. */
export function column(table: string, name: string, type: string): Column {
  if (type === "double") return { name, kind: "float", width: 0 };
  if (type === "dateTime") return { name, kind: "date", width: 0 };
  if (type === "string") return { name, kind: "text", width: widthOf(table, name) };
  return { name, kind: "int", width: 0 };
}
