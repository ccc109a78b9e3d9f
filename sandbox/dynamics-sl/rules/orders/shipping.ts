import { Refusal } from "../../soap/fault.ts";
import { num, type Row, text } from "../../tables/store.ts";
import type { World } from "../../world.ts";
import { decimalsOf, roundTo, sumOf } from "../amounts.ts";
import { putShipper } from "./credit.ts";
import { taxedAmount } from "./draft.ts";
import { NEXT_STEP, ORDER_SCREENS, ORDER_STATUS, orderFor, orderSetup, partsOf } from "./fields.ts";
import { updateShippers } from "./invoicing.ts";
import { listPrice } from "./lines.ts";
import { takeOrderNumber } from "./numbers.ts";
import { afterShipping, closeOpenLines, schedulesOf, shippersOf } from "./progress.ts";
import { changeStock, stockEffect, stockOf } from "./stock.ts";
import { inBase, totalsOf } from "./totals.ts";

/** What of an order is shipped; without lines everything that is open and at hand. */
export type ShipRequest = Readonly<{
  ordNbr: string;
  lines?: readonly Readonly<{ lineRef: string; quantity?: number; price?: number }>[];
  /** Freight to bill; without it the order's own, on its first shipper. */
  freight?: number;
  /** What stays open of the lines is closed instead of back-ordered. */
  isShort?: boolean;
  /** False leaves the shipper for a later, perhaps consolidated, invoice. */
  isInvoiced?: boolean;
}>;

type Picked = Readonly<{ line: Row; quantity: number; price: number }>;

/** Ships an order: a shipper, and unless it is to wait its invoice; part of a commit. */
export function shipOrder(world: World, request: ShipRequest): Row {
  const order = shippableOrder(world, request.ordNbr);
  const picked = pick(world, order, request);
  const charges = partsOf(world.store, "SOMisc", text(order, "OrdNbr")).filter(
    (row) => num(row, "CuryMiscChrgAppld") === 0,
  );
  if (picked.length === 0 && !isChargesOnly(world, order, charges)) {
    throw new Refusal(`Order ${text(order, "OrdNbr")} has nothing to ship`);
  }
  const shipper = saveShipper(world, order, { picked, charges, freight: request.freight });
  for (const one of picked) shipLine(world, order, one);
  if (request.isShort === true) closeOpenLines(world, order);
  afterShipping(world, order);
  const waits =
    request.isInvoiced === undefined ? num(order, "ConsolInv") === 1 : !request.isInvoiced;
  if (!waits) updateShippers(world, [shipper]);
  return world.store.get("SOShipHeader", world.companyId, text(shipper, "ShipperID")) ?? shipper;
}

/** Orders of one round: more would keep the server from answering for seconds. */
export const ROUND_ORDERS_MAX = 200;

/**
 * Ships orders that are not on hold, the oldest first and at most `ROUND_ORDERS_MAX`; what SL
 * refuses stays open and is tried again in the next round.
 */
export function shipDueOrders(world: World): readonly Row[] {
  const open = [...world.store.find("SOHeader", "byStep", NEXT_STEP.createShipper)]
    .filter((order) => num(order, "AdminHold") === 0 && num(order, "CreditHold") === 0)
    .sort((a, b) => text(a, "OrdNbr").localeCompare(text(b, "OrdNbr")));
  const shipped: Row[] = [];
  for (const order of open) {
    if (shipped.length === ROUND_ORDERS_MAX) break;
    try {
      const ordNbr = text(order, "OrdNbr");
      shipped.push(world.store.commit(() => shipOrder(world, { ordNbr })));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }
  return shipped;
}

function shippableOrder(world: World, ordNbr: string): Row {
  const order = orderFor(world, ordNbr);
  const name = `Order ${text(order, "OrdNbr")}`;
  if (text(order, "Status") === ORDER_STATUS.closed) throw new Refusal(`${name} is closed`);
  if (num(order, "AdminHold") === 1) throw new Refusal(`${name} is on administrative hold`);
  if (num(order, "CreditHold") === 1) throw new Refusal(`${name} is on credit hold`);
  if (text(order, "NextFunctionID") !== NEXT_STEP.createShipper) {
    throw new Refusal(`${name} has nothing to ship`);
  }
  return order;
}

function isChargesOnly(world: World, order: Row, charges: readonly Row[]): boolean {
  return charges.length > 0 && partsOf(world.store, "SOLine", text(order, "OrdNbr")).length === 0;
}

function pick(world: World, order: Row, request: ShipRequest): readonly Picked[] {
  const lines = partsOf(world.store, "SOLine", text(order, "OrdNbr"));
  const open = lines.filter((line) => num(line, "QtyOpenShip") > 0);
  if (request.lines === undefined) {
    const picked = open.map((line) => ({
      line,
      quantity: Math.min(num(line, "QtyOpenShip"), atHand(world, order, line)),
      price: priceOf(world, order, line),
    }));
    const isPartial = picked.some(({ line, quantity }) => quantity < num(line, "QtyOpenShip"));
    if (isPartial && num(order, "ShipCmplt") === 1) {
      throw new Refusal(`Order ${text(order, "OrdNbr")} ships complete and stock is short`);
    }
    return picked.filter(({ quantity }) => quantity > 0);
  }
  return request.lines.map(({ lineRef, quantity, price }) => {
    const wanted = lineRef.padStart(5, "0");
    const line = open.find((row) => text(row, "LineRef") === wanted);
    if (line === undefined) throw new Refusal(`Line ${wanted} is not open`);
    const asked = quantity ?? num(line, "QtyOpenShip");
    const places = num(orderSetup(world), "DecPlQty");
    if (asked <= 0 || roundTo(asked, places) !== asked) {
      throw new Refusal(`Line ${wanted}: Quantity shipped must be greater than zero`, 92);
    }
    if (asked > num(line, "QtyOpenShip")) {
      throw new Refusal(`Line ${wanted}: only ${num(line, "QtyOpenShip")} are open`);
    }
    if (asked > atHand(world, order, line)) {
      throw new Refusal(`Line ${wanted}: only ${atHand(world, order, line)} are on hand`);
    }
    return { line, quantity: asked, price: price ?? priceOf(world, order, line) };
  });
}

/** The order's price; where SL re-prices, a line that nobody priced by hand takes the item's. */
function priceOf(world: World, order: Row, line: Row): number {
  const isKept = !world.switches.repriceAtShipping || num(line, "ManualPrice") === 1;
  if (isKept) return num(line, "CurySlsPrice");
  return listPrice(world, order, world.store.get("Inventory", text(line, "InvtID")));
}

/** What can leave the site of a line; returns and what is not stocked have no limit. */
function atHand(world: World, order: Row, line: Row): number {
  const stock = stockOf(world, line);
  const isIssue = stockEffect(world, text(order, "SOTypeID")) === "issue";
  if (stock === undefined || !isIssue) return num(line, "QtyOpenShip");
  return Math.max(0, num(stock, "QtyOnHand") - num(stock, "QtyShipNotInv"));
}

/** Columns that a shipper or its line takes over from the order, where both tables have them. */
function takenOver(world: World, from: Row, table: "SOShipHeader" | "SOShipLine"): Row {
  const { columns } = world.store.definition(table);
  const own = new Set([
    "Cancelled",
    "DateCancelled",
    "InvcDate",
    "InvcNbr",
    "LineCntr",
    "NextFunctionID",
    "NoteID",
    "NoteId",
    "Status",
  ]);
  return Object.fromEntries(
    Object.entries(from).filter(([name]) => columns.has(name) && !own.has(name)),
  );
}

type ShipperParts = Readonly<{
  picked: readonly Picked[];
  charges: readonly Row[];
  freight: number | undefined;
}>;

function saveShipper(world: World, order: Row, { picked, charges, freight }: ShipperParts): Row {
  const type = world.store.get("SOType", world.companyId, text(order, "SOTypeID"));
  if (type === undefined)
    throw new Refusal(`Order type ${text(order, "SOTypeID")} not found`, 8013);
  const shipperId = takeOrderNumber(
    world,
    type,
    "shipper",
    (number) => world.store.get("SOShipHeader", world.companyId, number) !== undefined,
  );
  const lines = picked.map((one, index) => shipperLine(world, shipperId, one, index));
  const decimals = decimalsOf(world, text(order, "CuryID"));
  const earlier = shippersOf(world, text(order, "OrdNbr"));
  const ownFreight =
    earlier.length > 0 ? 0 : num(order, "CuryTotFrt") + num(order, "CuryTotPremFrt");
  const billed = roundTo(freight ?? ownFreight, decimals);
  const discount = discountShare(world, order, lines, earlier);
  const totals = totalsOf(world, {
    header: order,
    lines: lines.map((row) => taxedAmount(row, "CuryTotInvc")),
    charges: charges.map((row) => taxedAmount(row, "CuryMiscChrg")),
    freight: billed,
    discount,
  });
  const columns = {
    CuryTotMerch: totals.merchandise,
    CuryTotMisc: totals.charges,
    CuryTotTax: totals.tax,
    CuryTotTxbl: totals.taxable,
    CuryTotFrtInvc: billed,
    CuryWholeOrdDisc: discount,
    CuryTotInvc: totals.total,
    CuryBalDue: totals.total,
  };
  const shipper = putShipper(world, {
    ...takenOver(world, order, "SOShipHeader"),
    ...columns,
    ...inBase(world, order, columns),
    CuryTotPmt: 0,
    LineCntr: lines.length,
    NextFunctionClass: text(order, "NextFunctionClass"),
    NextFunctionID: NEXT_STEP.updateShipper,
    ShipDateAct: world.today(),
    ShipperID: shipperId,
    ShippingConfirmed: 1,
    SiteID: text(order, "ShipSiteID"),
    Status: ORDER_STATUS.open,
    ...world.audit(ORDER_SCREENS.shipper),
  });
  saveShipperParts(world, shipper, { lines, charges, taxes: totals.taxes });
  return shipper;
}

function shipperLine(world: World, shipperId: string, picked: Picked, index: number): Row {
  const { line, quantity, price } = picked;
  const order = orderFor(world, text(line, "OrdNbr"));
  const decimals = decimalsOf(world, text(order, "CuryID"));
  const net = roundTo(quantity * price * (1 - num(line, "DiscPct") / 100), decimals);
  const columns = { CurySlsPrice: price, CuryTotInvc: net, CuryTotMerch: net };
  return {
    ...takenOver(world, line, "SOShipLine"),
    ...columns,
    ...inBase(world, order, columns),
    LineNbr: -32768 + index,
    LineRef: String(index + 1).padStart(5, "0"),
    OrdLineRef: text(line, "LineRef"),
    QtyPick: quantity,
    QtyPrevShip: num(line, "QtyShip"),
    QtyShip: quantity,
    ShipperID: shipperId,
    Status: ORDER_STATUS.open,
    ...world.audit(ORDER_SCREENS.shipper),
  };
}

/** The shipper's part of the discount on the whole order; the last one takes what is left. */
function discountShare(
  world: World,
  order: Row,
  lines: readonly Row[],
  earlier: readonly Row[],
): number {
  const decimals = decimalsOf(world, text(order, "CuryID"));
  const whole = num(order, "CuryWholeOrdDisc");
  const left = sumOf([whole, ...earlier.map((row) => -num(row, "CuryWholeOrdDisc"))], decimals);
  const ordered = num(order, "CuryTotMerch");
  const shipped = sumOf(
    lines.map((row) => num(row, "CuryTotInvc")),
    decimals,
  );
  const before = earlier.map((row) => num(row, "CuryTotMerch"));
  if (ordered === 0 || sumOf([...before, shipped], decimals) >= ordered) return left;
  return Math.min(left, roundTo((whole * shipped) / ordered, decimals));
}

function saveShipperParts(
  world: World,
  shipper: Row,
  parts: Readonly<{ lines: readonly Row[]; charges: readonly Row[]; taxes: readonly Row[] }>,
): void {
  const shipperId = text(shipper, "ShipperID");
  for (const line of parts.lines) world.store.put("SOShipLine", line);
  const charged = ["Descr", "MiscAcct", "MiscChrg", "MiscChrgID", "MiscChrgRef", "MiscSub"];
  for (const charge of parts.charges) {
    world.store.put("SOShipMisc", {
      ...Object.fromEntries(charged.map((name) => [name, charge[name] ?? ""])),
      CpnyID: text(shipper, "CpnyID"),
      CuryMiscChrg: num(charge, "CuryMiscChrg"),
      ShipperID: shipperId,
      Taxable: num(charge, "Taxable"),
      ...world.audit(ORDER_SCREENS.shipper),
    });
    world.store.patch("SOMisc", charge, {
      CuryMiscChrgAppld: num(charge, "CuryMiscChrg"),
      MiscChrgAppld: num(charge, "MiscChrg"),
    });
  }
  for (const tax of parts.taxes) {
    world.store.put("SOShipTax", {
      ...tax,
      CpnyID: text(shipper, "CpnyID"),
      ShipperID: shipperId,
      ShowTaxOnOrderTotal: 1,
      ...world.audit(ORDER_SCREENS.shipper),
    });
  }
}

function shipLine(world: World, order: Row, { line, quantity }: Picked): void {
  const places = num(orderSetup(world), "DecPlQty");
  const open = roundTo(num(line, "QtyOpenShip") - quantity, places);
  const changes = {
    QtyShip: roundTo(num(line, "QtyShip") + quantity, places),
    QtyOpenShip: open,
  };
  const changed = world.store.patch("SOLine", line, {
    ...changes,
    QtyBO: open,
    QtyToInvc: roundTo(num(line, "QtyToInvc") + quantity, places),
  });
  for (const schedule of schedulesOf(world, line)) {
    world.store.patch("SOSched", schedule, changes);
  }
  if (stockEffect(world, text(order, "SOTypeID")) !== "issue") return;
  changeStock(world, changed, { QtyCustOrd: -quantity, QtyShipNotInv: quantity });
}
