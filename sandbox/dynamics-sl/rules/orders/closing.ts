import { Refusal } from "../../soap/fault.ts";
import { num, type Row, text } from "../../tables/store.ts";
import type { World } from "../../world.ts";
import { decimalsOf, roundTo, sumOf } from "../amounts.ts";
import { putOrder, putShipper } from "./credit.ts";
import {
  ORDER_SCREENS,
  ORDER_STATUS,
  orderFor,
  orderSetup,
  partsOf,
  partsOfShipper,
} from "./fields.ts";
import { afterShipping, closeOpenLines, schedulesOf, shippersOf } from "./progress.ts";
import { changeStock, stockEffect } from "./stock.ts";
import { inBase } from "./totals.ts";

/** Closes lines that are shipped and invoiced, and the order when nothing of it is left. */
export function closeWhenDone(world: World, ordNbr: string, invoice: Row): void {
  const order = orderFor(world, ordNbr);
  const lines = partsOf(world.store, "SOLine", ordNbr);
  for (const line of lines) {
    const isDone = num(line, "QtyOpenShip") === 0 && num(line, "QtyToInvc") === 0;
    if (!isDone || text(line, "Status") === ORDER_STATUS.closed) continue;
    world.store.patch("SOLine", line, { Status: ORDER_STATUS.closed });
    for (const schedule of schedulesOf(world, line)) {
      world.store.patch("SOSched", schedule, { Status: ORDER_STATUS.closed });
    }
  }
  const isOpen =
    partsOf(world.store, "SOLine", ordNbr).some(
      (line) => text(line, "Status") === ORDER_STATUS.open,
    ) || openShippers(world, ordNbr).length > 0;
  putOrder(world, {
    ...order,
    ...invoice,
    ...(isOpen ? {} : CLOSED),
    ...world.audit(ORDER_SCREENS.update, order),
  });
}

const CLOSED: Row = {
  CuryUnshippedBalance: 0,
  NextFunctionClass: "",
  NextFunctionID: "",
  Status: ORDER_STATUS.closed,
  UnshippedBalance: 0,
};

function openShippers(world: World, ordNbr: string): readonly Row[] {
  return shippersOf(world, ordNbr).filter((row) => text(row, "Status") === ORDER_STATUS.open);
}

/**
 * A person cancels an order in 40.100: what is open of it will not be shipped, what is shipped
 * stays invoiced. @throws Refusal when it is closed, or a shipper of it waits for its invoice
 */
export function cancelOrder(world: World, ordNbr: string): Row {
  const order = orderFor(world, ordNbr);
  const name = `Order ${text(order, "OrdNbr")}`;
  if (text(order, "Status") === ORDER_STATUS.closed) throw new Refusal(`${name} is closed`);
  const [waiting] = openShippers(world, text(order, "OrdNbr"));
  if (waiting !== undefined) {
    throw new Refusal(`${name}: shipper ${text(waiting, "ShipperID")} is not invoiced yet`);
  }
  closeOpenLines(world, order);
  closeWhenDone(world, text(order, "OrdNbr"), {});
  return putOrder(world, {
    ...orderFor(world, ordNbr),
    ...CLOSED,
    AdminHold: 0,
    Cancelled: 1,
    DateCancelled: world.today(),
    ...world.audit(ORDER_SCREENS.order, order),
  });
}

/** A person closes what is open of an order short; it counts as completed, not as cancelled. */
export function closeShort(world: World, ordNbr: string): Row {
  const order = orderFor(world, ordNbr);
  if (text(order, "Status") === ORDER_STATUS.closed) {
    throw new Refusal(`Order ${text(order, "OrdNbr")} is closed`);
  }
  closeOpenLines(world, order);
  afterShipping(world, order);
  closeWhenDone(world, text(order, "OrdNbr"), {});
  return orderFor(world, ordNbr);
}

/**
 * A person cancels a shipper that is not invoiced yet: its goods are open again on the order, and
 * its charges wait for the next shipper. @throws Refusal when it is closed
 */
export function cancelShipper(world: World, shipperId: string): Row {
  const shipper = world.store.get("SOShipHeader", world.companyId, shipperId);
  if (shipper === undefined) throw new Refusal(`Shipper ${shipperId} not found`, 8013);
  if (text(shipper, "Status") === ORDER_STATUS.closed) {
    throw new Refusal(`Shipper ${shipperId} is closed`);
  }
  const order = orderFor(world, text(shipper, "OrdNbr"));
  for (const line of partsOfShipper(world.store, "SOShipLine", text(shipper, "ShipperID"))) {
    world.store.patch("SOShipLine", line, { Status: ORDER_STATUS.closed });
    reopenLine(world, order, line);
  }
  for (const charge of partsOfShipper(world.store, "SOShipMisc", text(shipper, "ShipperID"))) {
    const key = [world.companyId, text(order, "OrdNbr"), text(charge, "MiscChrgRef")];
    const ofOrder = world.store.get("SOMisc", ...key);
    if (ofOrder === undefined) continue;
    world.store.patch("SOMisc", ofOrder, { CuryMiscChrgAppld: 0, MiscChrgAppld: 0 });
  }
  const cancelled = putShipper(world, {
    ...shipper,
    Cancelled: 1,
    DateCancelled: world.today(),
    NextFunctionClass: "",
    NextFunctionID: "",
    Status: ORDER_STATUS.closed,
    ...world.audit(ORDER_SCREENS.shipper, shipper),
  });
  afterShipping(world, order);
  closeWhenDone(world, text(order, "OrdNbr"), {});
  return cancelled;
}

function reopenLine(world: World, order: Row, shipped: Row): void {
  const key = [world.companyId, text(order, "OrdNbr"), text(shipped, "OrdLineRef")];
  const line = world.store.get("SOLine", ...key);
  if (line === undefined) return;
  const places = num(orderSetup(world), "DecPlQty");
  const quantity = num(shipped, "QtyShip");
  const moved = (name: string, by: number): number => roundTo(num(line, name) + by, places);
  const changes = {
    QtyOpenShip: moved("QtyOpenShip", quantity),
    QtyShip: moved("QtyShip", -quantity),
  };
  const toInvoice = moved("QtyToInvc", -quantity);
  world.store.patch("SOLine", line, { ...changes, QtyToInvc: toInvoice });
  for (const schedule of schedulesOf(world, line)) {
    world.store.patch("SOSched", schedule, changes);
  }
  if (stockEffect(world, text(order, "SOTypeID")) !== "issue") return;
  changeStock(world, line, { QtyCustOrd: quantity, QtyShipNotInv: -quantity });
}

/** A person types a payment on an order: it lowers what is due, and is no document yet. */
export function typePayment(world: World, ordNbr: string, amount: number): Row {
  const order = orderFor(world, ordNbr);
  const paid = partsOf(world.store, "SOPayments", text(order, "OrdNbr"));
  const decimals = decimalsOf(world, text(order, "CuryID"));
  const curyAmount = roundTo(amount, decimals);
  const columns = { CuryPmtAmt: curyAmount };
  world.store.put("SOPayments", {
    ...columns,
    ...inBase(world, order, columns),
    CpnyID: text(order, "CpnyID"),
    CuryEffDate: world.today(),
    CuryID: text(order, "CuryID"),
    CuryMultDiv: text(order, "CuryMultDiv"),
    CuryRate: num(order, "CuryRate"),
    OrdNbr: text(order, "OrdNbr"),
    PmtDate: world.today(),
    PmtRef: String(paid.length + 1).padStart(5, "0"),
    PmtTypeID: "CK",
    ...world.audit(ORDER_SCREENS.order),
  });
  const total = sumOf([num(order, "CuryTotPmt"), curyAmount], decimals);
  const sums = {
    CuryTotPmt: total,
    CuryBalDue: sumOf([num(order, "CuryTotOrd"), -total], decimals),
  };
  return putOrder(world, { ...order, ...sums, ...inBase(world, order, sums) });
}

/** A person approves an order that stands on credit hold. */
export function approveCredit(world: World, ordNbr: string): Row {
  const order = orderFor(world, ordNbr);
  return world.store.patch("SOHeader", order, {
    CreditHold: 0,
    CreditHoldDate: "",
    ...world.audit(ORDER_SCREENS.order, order),
  });
}
