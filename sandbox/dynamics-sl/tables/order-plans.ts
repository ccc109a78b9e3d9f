import type { Plan, Source } from "./plan.ts";

const AUDIT =
  "Crtd_DateTime:dateTime Crtd_Prog Crtd_User LUpd_DateTime:dateTime LUpd_Prog LUpd_User";
const USER =
  "User1 User10:dateTime User2 User3 User4 User5:double User6:double User7 User8 User9:dateTime";

const shipping = (type: string): Source => ({ service: "shippers", type });
const inventory = (type: string): Source => ({ service: "inventoryItems", type });

/** Order management and inventory: orders, shippers, their set-up, stock. */
export const ORDER_PLANS: readonly Plan[] = [
  {
    name: "SOHeader",
    source: shipping("SOHeader"),
    key: ["CpnyID", "OrdNbr"],
    indexes: {
      byCustomer: ["CustID"],
      byCustOrdNbr: ["CustOrdNbr"],
      byUser1: ["User1"],
      byUser2: ["User2"],
      byStep: ["NextFunctionID"],
      byCustomerStep: ["CustID", "NextFunctionID"],
    },
  },
  {
    name: "SOLine",
    source: shipping("SOLine"),
    key: ["CpnyID", "OrdNbr", "LineRef"],
    indexes: { byOrder: ["OrdNbr"] },
  },
  {
    name: "SOSched",
    own:
      "CancelDate:dateTime CpnyID DropShip:short Hold:short LineRef LotSerNbr MarkFor:short " +
      "OrdNbr PremFrt:short PromDate:dateTime QtyCloseShip:double QtyOpenShip:double " +
      "QtyOrd:double QtyShip:double ReqDate:dateTime SchedRef ShipCustID ShipSiteID ShipToID " +
      "ShiptoType ShipViaID SiteID Status TaxCat TaxID00 TaxID01 TaxID02 TaxID03 " +
      `TransitTime:short WeekendDelivery:short ${AUDIT} ${USER}`,
    key: ["CpnyID", "OrdNbr", "LineRef", "SchedRef"],
    indexes: { byOrder: ["OrdNbr"] },
  },
  {
    name: "SOMisc",
    own:
      "CpnyID CuryMiscChrg:double Descr MiscAcct MiscChrg:double MiscChrgAppld:double " +
      "CuryMiscChrgAppld:double MiscChrgID MiscChrgRef MiscSub NoteID:int OrdNbr Service:short " +
      `Taxable:short TaxCat ${AUDIT} ${USER}`,
    key: ["CpnyID", "OrdNbr", "MiscChrgRef"],
    indexes: { byOrder: ["OrdNbr"] },
  },
  {
    name: "SOTax",
    source: { service: "orders", type: "SOTax" },
    key: ["CpnyID", "OrdNbr", "TaxID", "TaxCat"],
    indexes: { byOrder: ["OrdNbr"] },
  },
  {
    name: "SOPayments",
    own:
      "CardAuthNbr CardExpDate:dateTime CardHldrName CardNbr ChkNbr CpnyID CuryEffDate:dateTime " +
      "CuryID CuryMultDiv CuryPmtAmt:double CuryRate:double CuryRateType OrdNbr PmtAmt:double " +
      `PmtDate:dateTime PmtRef PmtTypeID Status ${AUDIT} ${USER}`,
    key: ["CpnyID", "OrdNbr", "PmtRef"],
    indexes: { byOrder: ["OrdNbr"] },
  },
  { name: "xct_tblDSLOrderEmail", own: "billEmail OrdNbr shipEmail", key: ["OrdNbr"] },
  { name: "SOType", source: shipping("SOType"), key: ["CpnyID", "SOTypeID"] },
  {
    name: "SOSetup",
    own:
      "AutoCreateShippers:short AutoRef:short AutoReleaseBatches:short CashSaleCustID " +
      "ConsolInv:short CreditCheck:short CreditGraceDays:short CreditGracePct:double " +
      "CreditNoOrdEntry:short DecPlPrice:short DecPlQty:short DfltOrderType DfltSiteID SetupID " +
      "TermsOverride",
    key: ["SetupID"],
  },
  {
    name: "SOShipHeader",
    source: shipping("SOShipHeader"),
    key: ["CpnyID", "ShipperID"],
    indexes: {
      byOrder: ["OrdNbr"],
      byBatch: ["ARBatNbr"],
      byStep: ["NextFunctionID"],
      byCustomerStep: ["CustID", "NextFunctionID"],
    },
  },
  {
    name: "SOShipLine",
    source: shipping("SOShipLine"),
    key: ["CpnyID", "ShipperID", "LineRef"],
    indexes: { byShipper: ["ShipperID"], byOrder: ["OrdNbr"] },
  },
  {
    name: "SOShipMisc",
    source: shipping("SOShipMisc"),
    key: ["CpnyID", "ShipperID", "MiscChrgRef"],
    indexes: { byShipper: ["ShipperID"] },
  },
  {
    name: "SOShipTax",
    source: shipping("SOShipTax"),
    key: ["CpnyID", "ShipperID", "TaxID", "TaxCat"],
    indexes: { byShipper: ["ShipperID"] },
  },
  {
    name: "SOShipPayments",
    source: shipping("SOShipPayments"),
    key: ["CpnyID", "ShipperID", "PmtRef"],
    indexes: { byShipper: ["ShipperID"] },
  },
  { name: "MiscCharge", source: shipping("MiscCharge"), key: ["MiscChrgID"] },
  { name: "ShipVia", source: shipping("ShipVia"), key: ["CpnyID", "ShipViaID"] },
  { name: "Site", source: inventory("Site"), key: ["SiteId"] },
  { name: "InventoryADG", source: inventory("InventoryADG"), key: ["InvtID"] },
  { name: "INDfltSites", source: inventory("INDfltSites"), key: ["InvtID", "CpnyID"] },
  {
    name: "ItemSite",
    own:
      "AvgCost:double CpnyID DfltWhseLoc InvtID LastCost:double QtyAlloc:double " +
      "QtyAllocSO:double QtyAvail:double QtyCustOrd:double QtyInTransit:double " +
      "QtyNotAvail:double QtyOnBO:double QtyOnHand:double QtyOnPO:double QtyShipNotInv:double " +
      `SiteID StdCost:double TotCost:double ${AUDIT}`,
    key: ["InvtID", "SiteID"],
    indexes: { byItem: ["InvtID"] },
  },
  {
    name: "Location",
    own: "InvtID QtyOnHand:double SiteID WhseLoc",
    key: ["InvtID", "SiteID", "WhseLoc"],
    indexes: { byItem: ["InvtID"] },
  },
  {
    name: "INSetup",
    own: "GLPostOpt LastBatNbr PerNbr SetupID",
    key: ["SetupID"],
  },
  {
    name: "INTran",
    own:
      "Acct ARDocType BatNbr COGSAcct COGSSub CpnyID ExtCost:double FiscYr Id InvtAcct InvtID " +
      "InvtMult:short InvtSub JrnlType LineRef PerPost Qty:double RecordID:int RefNbr " +
      "Rlsed:short ShipperID ShipperLineRef SiteID Sub TranAmt:double TranDate:dateTime " +
      `TranDesc TranType UnitCost:double UnitDesc WhseLoc ${AUDIT}`,
    key: ["InvtID", "SiteID", "CpnyID", "RecordID"],
    indexes: { byBatch: ["BatNbr"], byItem: ["InvtID"] },
  },
];
