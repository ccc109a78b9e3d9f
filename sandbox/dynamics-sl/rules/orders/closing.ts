import { Refusal } from "../../soap/fault.ts";
import { num, type Row, text } from "../../tables/store.ts";
import type { World } from "../../world.ts";
import { refreshExposure } from "./credit.ts";
import { ORDER_SCREENS, ORDER_STATUS, orderFor, partsOf } from "./fields.ts";
import { afterShipping, closeOpenLines, schedulesOf } from "./progress.ts";

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
  world.store.patch("SOHeader", order, {
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
  return world.store
    .find("SOShipHeader", "byOrder", ordNbr)
    .filter((row) => text(row, "Status") === ORDER_STATUS.open);
}

/**
 * A person cancels an order in 40.100: what is open of it will not be shipped. What is shipped stays
 * invoiced. @throws Refusal when it is closed, or a shipper of it still waits for its invoice
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
  const cancelled = world.store.patch("SOHeader", orderFor(world, ordNbr), {
    ...CLOSED,
    AdminHold: 0,
    Cancelled: 1,
    DateCancelled: world.today(),
    ...world.audit(ORDER_SCREENS.order, order),
  });
  refreshExposure(world, text(order, "CustID"));
  return cancelled;
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
  refreshExposure(world, text(order, "CustID"));
  return orderFor(world, ordNbr);
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
