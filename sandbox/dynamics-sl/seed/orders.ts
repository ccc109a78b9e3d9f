import type { Store } from "../tables/store.ts";
import { DEFAULT_SUB } from "./accounts.ts";
import { SEED_ITEMS } from "./lists.ts";

/** An order type: what it does at shipping, and the prefixes of its numbers. */
type SeedOrderType = Readonly<{
  id: string;
  behavior: string;
  name: string;
  /** Prefixes of order, shipper and invoice. */
  prefixes: readonly [string, string, string];
  /** Types that count on another one's numbers. */
  counters?: string;
  isInactive?: true;
}>;

/** SL's own order types that this sandbox takes; sites add theirs. */
const SEED_ORDER_TYPES: readonly SeedOrderType[] = [
  { id: "SO", behavior: "SO", name: "Sales Order", prefixes: ["O", "S", "I"] },
  { id: "MO", behavior: "MO", name: "Manual Order", prefixes: ["O", "S", "I"], counters: "SO" },
  { id: "WC", behavior: "WC", name: "Will Call", prefixes: ["O", "S", "I"], counters: "SO" },
  { id: "CM", behavior: "CM", name: "Credit Memo", prefixes: ["CMO", "CMS", "CM"] },
  { id: "DM", behavior: "DM", name: "Debit Memo", prefixes: ["DMO", "DMS", "DM"] },
  { id: "RFC", behavior: "RMA", name: "Return for Credit", prefixes: ["RM", "SR", "IR"] },
  { id: "Q", behavior: "Q", name: "Quote", prefixes: ["Q", "", ""] },
  { id: "BL", behavior: "BL", name: "Blanket Order", prefixes: ["B", "", ""] },
  {
    id: "OLD",
    behavior: "SO",
    name: "Old order type",
    prefixes: ["X", "XS", "XI"],
    isInactive: true,
  },
];

/** Miscellaneous charges an order may carry, with the account they are booked on. */
const SEED_CHARGES = [
  { id: "SHIPPING", name: "Shipping", acct: "4050" },
  { id: "HANDLING", name: "Handling", acct: "4050" },
  { id: "TAX", name: "Sales tax collected", acct: "2200" },
  { id: "DISCOUNT", name: "Discount", acct: "4090" },
  { id: "ROUNDING", name: "Rounding", acct: "6900" },
] as const;

const SHIP_VIAS = [
  { id: "BEST", name: "Best way" },
  { id: "GROUND", name: "Ground" },
  { id: "AIR", name: "Air" },
  { id: "PICKUP", name: "Customer picks up" },
] as const;

const SITES = [
  { id: "MAIN", name: "Main warehouse" },
  { id: "EAST", name: "East warehouse" },
] as const;

/** Stock at the start: item, site, bin, quantity, average cost. */
const STOCK = [
  ["WIDGET", "MAIN", "A-01", 500, 20],
  ["WIDGET", "EAST", "E-01", 120, 20],
  ["GADGET", "MAIN", "A-02", 40, 55.5],
] as const;

/** Writes the set-up of order management and inventory; part of a commit. */
export function seedOrders(store: Store, companyId: string, firstPeriod: string): void {
  seedOrderSetup(store, companyId);
  store.put("INSetup", {
    SetupID: "IN",
    GLPostOpt: "D",
    LastBatNbr: "000200",
    PerNbr: firstPeriod,
  });
  for (const { id, name } of SITES) {
    store.put("Site", { SiteId: id, Name: name, CpnyID: companyId, Status: "A", Country: "US" });
  }
  for (const { id, price } of SEED_ITEMS) {
    store.put("InventoryADG", { InvtID: id, ListPrice: price, RetailPrice: price });
    store.put("INDfltSites", { InvtID: id, CpnyID: companyId, DfltSiteID: "MAIN" });
  }
  for (const [invtId, siteId, whseLoc, quantity, cost] of STOCK) {
    store.put("ItemSite", {
      InvtID: invtId,
      SiteID: siteId,
      CpnyID: companyId,
      DfltWhseLoc: whseLoc,
      QtyOnHand: quantity,
      QtyAvail: quantity,
      AvgCost: cost,
      LastCost: cost,
      TotCost: Math.round(quantity * cost * 100) / 100,
    });
    store.put("Location", {
      InvtID: invtId,
      SiteID: siteId,
      WhseLoc: whseLoc,
      QtyOnHand: quantity,
    });
  }
}

function seedOrderSetup(store: Store, companyId: string): void {
  store.put("SOSetup", {
    SetupID: "SO",
    AutoRef: 1,
    CreditCheck: 1,
    DecPlPrice: 4,
    DecPlQty: 2,
    DfltOrderType: "SO",
    DfltSiteID: "MAIN",
  });
  for (const { id, behavior, name, prefixes, counters, isInactive } of SEED_ORDER_TYPES) {
    store.put("SOType", {
      CpnyID: companyId,
      SOTypeID: id,
      Active: isInactive === true ? 0 : 1,
      Behavior: behavior,
      CancelDays: 365,
      Descr: name,
      DiscAcct: "4090",
      DiscSub: DEFAULT_SUB,
      FrtAcct: "4050",
      FrtSub: DEFAULT_SUB,
      InvcNbrPrefix: prefixes[2],
      InvcNbrType: counters ?? "",
      LastInvcNbr: counters === undefined ? "005000" : "",
      LastOrdNbr: counters === undefined ? "0005000" : "",
      LastShipperNbr: counters === undefined ? "0005000" : "",
      MiscAcct: "4050",
      MiscSub: DEFAULT_SUB,
      OrdNbrPrefix: prefixes[0],
      OrdNbrType: counters ?? "",
      ShipperPrefix: prefixes[1],
      ShipperType: counters ?? "",
      SlsAcct: "4010",
      SlsSub: DEFAULT_SUB,
      WholeOrdDiscAcct: "4090",
      WholeOrdDiscSub: DEFAULT_SUB,
    });
  }
  for (const { id, name, acct } of SEED_CHARGES) {
    store.put("MiscCharge", {
      MiscChrgID: id,
      Descr: name,
      MiscAcct: acct,
      MiscSub: DEFAULT_SUB,
    });
  }
  for (const { id, name } of SHIP_VIAS) {
    store.put("ShipVia", { CpnyID: companyId, ShipViaID: id, Descr: name, CarrierID: id });
  }
}
