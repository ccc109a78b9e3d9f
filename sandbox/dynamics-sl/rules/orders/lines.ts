import { Refusal } from "../../soap/fault.ts";
import type { Struct } from "../../soap/request.ts";
import { num, type Row, text } from "../../tables/store.ts";
import type { World } from "../../world.ts";
import { decimalsOf, rateOf, roundTo, toBase } from "../amounts.ts";
import { checkAccount, without } from "../entry.ts";
import { ORDER_SCREENS, ORDER_STATUS, orderRow, orderSetup, SL_DECIDES } from "./fields.ts";

/** What only SL itself writes into an order line. */
const OWN_COLUMNS = [
  "CpnyID",
  "NoteId",
  "QtyBO",
  "QtyCloseShip",
  "QtyOpenShip",
  "QtyShip",
  "QtyToInvc",
  "Status",
];

/** A line as SL would save it: item, site, price, tax mark, amounts in both currencies. */
export function draftLine(world: World, header: Row, sent: Struct, index: number): Row {
  const entered = orderRow(world, "SOLine", sent);
  const name = `Line ${index + 1}`;
  const product = productOf(world, entered, name);
  const decimals = decimalsOf(world, text(header, "CuryID"));
  const quantity = roundTo(num(entered, "QtyOrd"), num(orderSetup(world), "DecPlQty"));
  if (quantity <= 0) throw new Refusal(`${name}: Quantity ordered must be greater than zero`, 92);
  const prices = pricesOf(world, header, entered, product);
  const gross = quantity * num(prices, "CurySlsPrice");
  const net = roundTo(gross * (1 - num(entered, "DiscPct") / 100), decimals);
  const acct = text(entered, "SlsAcct") || text(product, "DfltSalesAcct");
  const sub = text(entered, "SlsSub") || text(product, "DfltSalesSub");
  checkAccount(world, acct, sub);
  return {
    ...without(entered, OWN_COLUMNS),
    ...prices,
    CnvFact: num(entered, "CnvFact") || 1,
    COGSAcct: text(entered, "COGSAcct") || text(product, "COGSAcct"),
    COGSSub: text(entered, "COGSSub") || text(product, "COGSSub"),
    CpnyID: world.companyId,
    CuryTotCost: roundTo(quantity * num(prices, "CuryCost"), decimals),
    CuryTotOrd: net,
    Descr: text(entered, "Descr") || text(product, "Descr"),
    InvAcct: text(product, "InvtAcct"),
    InvSub: text(product, "InvtSub"),
    InvtID: text(product, "InvtID"),
    LineNbr: -32768 + index,
    LineRef: String(index + 1).padStart(5, "0"),
    PromDate: text(entered, "PromDate") || text(header, "OrdDate"),
    QtyOpenShip: quantity,
    QtyOrd: quantity,
    ReqDate: text(entered, "ReqDate") || text(header, "OrdDate"),
    SchedCntr: 1,
    SiteID: siteOf(world, text(entered, "SiteID") || text(header, "ShipSiteID"), name),
    SlsAcct: acct,
    SlsSub: sub,
    Status: ORDER_STATUS.open,
    Taxable: taxMark(header, num(entered, "Taxable"), name),
    TaxCat: text(entered, "TaxCat") || text(product, "TaxCat"),
    TotCost: toBase(world, quantity * num(prices, "CuryCost"), rateOf(header)),
    TotOrd: toBase(world, net, rateOf(header)),
    UnitDesc: text(entered, "UnitDesc") || text(product, "DfltSOUnit"),
    UnitMultDiv: text(entered, "UnitMultDiv") || "M",
    ...world.audit(ORDER_SCREENS.order),
  };
}

function productOf(world: World, entered: Row, name: string): Row {
  const invtId = text(entered, "InvtID");
  if (invtId === "") throw new Refusal(`${name}: Inventory ID is required`, 2);
  const product = world.store.get("Inventory", invtId);
  if (product === undefined) throw new Refusal(`Inventory item ${invtId} not found`, 8013);
  if (["IN", "DE"].includes(text(product, "TranStatusCode"))) {
    throw new Refusal(`Inventory item ${invtId} is inactive`);
  }
  return product;
}

/** A site that exists; a blank one passes for what is not stocked. */
export function siteOf(world: World, siteId: string, name: string): string {
  if (siteId !== "" && world.store.get("Site", siteId) === undefined) {
    throw new Refusal(`${name}: Site ${siteId} not found`, 8013);
  }
  return siteId;
}

/** Price and cost: as sent, or SL's own for -999876. */
function pricesOf(world: World, header: Row, entered: Row, product: Row): Row {
  const places = num(orderSetup(world), "DecPlPrice");
  const list = listPrice(world, header, product);
  const [price, cost] = [num(entered, "CurySlsPrice"), num(entered, "CuryCost")];
  if (price < 0 && price !== SL_DECIDES) {
    throw new Refusal(`Price of ${text(product, "InvtID")} must not be negative`);
  }
  const isOwn = price === SL_DECIDES;
  const curyPrice = isOwn ? list : roundTo(price, places);
  const curyCost =
    cost === SL_DECIDES ? costOf(world, header, product, places) : roundTo(cost, places);
  return {
    CuryCost: curyCost,
    CuryListPrice: list,
    CurySlsPrice: curyPrice,
    CurySlsPriceOrig: curyPrice,
    Cost: toBase(world, curyCost, rateOf(header)),
    ListPrice: num(product, "StkBasePrc"),
    ManualCost: cost === SL_DECIDES ? 0 : 1,
    ManualPrice: isOwn ? 0 : num(entered, "ManualPrice"),
    SlsPrice: toBase(world, curyPrice, rateOf(header)),
    SlsPriceOrig: toBase(world, curyPrice, rateOf(header)),
  };
}

/** The item's price of today, in the order's currency. */
export function listPrice(world: World, header: Row, product: Row | undefined): number {
  return fromBase(header, num(product, "StkBasePrc"), num(orderSetup(world), "DecPlPrice"));
}

function costOf(world: World, header: Row, product: Row, places: number): number {
  const sites = world.store.find("ItemSite", "byItem", text(product, "InvtID"));
  return fromBase(header, num(sites[0], "AvgCost") || num(product, "StdCost"), places);
}

function fromBase(header: Row, amount: number, places: number): number {
  const { rate, multDiv } = rateOf(header);
  return roundTo(multDiv === "D" ? amount * rate : amount / rate, places);
}

/** 1 taxed, 0 not, -1 SL's rule: whatever the customer's tax ids say. */
function taxMark(header: Row, sent: number, name: string): number {
  if (sent === -1) return text(header, "TaxID00") === "" ? 0 : 1;
  if (sent !== 0 && sent !== 1) throw new Refusal(`${name}: Taxable ${sent} is not 1, 0 or -1`);
  return sent;
}

/** A miscellaneous charge as SL would save it; `sent` is a row of the order's DataSet. */
export function draftCharge(world: World, header: Row, sent: Struct, index: number): Row {
  const entered = orderRow(world, "SOMisc", sent);
  const chargeId = text(entered, "MiscChrgID");
  const known = world.store.get("MiscCharge", chargeId);
  if (chargeId === "" || known === undefined) {
    throw new Refusal(`Miscellaneous charge ${chargeId} not found`, 8013);
  }
  const acct = text(entered, "MiscAcct") || text(known, "MiscAcct");
  const sub = text(entered, "MiscSub") || text(known, "MiscSub");
  checkAccount(world, acct, sub);
  const amount = roundTo(num(entered, "CuryMiscChrg"), decimalsOf(world, text(header, "CuryID")));
  return {
    ...without(entered, ["CpnyID", "NoteID", "CuryMiscChrgAppld", "MiscChrgAppld"]),
    CpnyID: world.companyId,
    CuryMiscChrg: amount,
    Descr: text(entered, "Descr") || text(known, "Descr"),
    MiscAcct: acct,
    MiscChrg: toBase(world, amount, rateOf(header)),
    MiscChrgRef: String(index + 1).padStart(5, "0"),
    MiscSub: sub,
    Taxable: taxMark(header, num(entered, "Taxable"), `Charge ${chargeId}`),
    ...world.audit(ORDER_SCREENS.order),
  };
}
