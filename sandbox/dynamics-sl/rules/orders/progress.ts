import { num, type Row, text } from "../../tables/store.ts";
import type { World } from "../../world.ts";
import { decimalsOf, roundTo, sumOf } from "../amounts.ts";
import { putOrder } from "./credit.ts";
import { NEXT_STEP, ORDER_SCREENS, orderFor, orderSetup, partsOf } from "./fields.ts";
import { changeStock, stockEffect } from "./stock.ts";
import { inBase } from "./totals.ts";

/** The shippers of an order that are not cancelled. */
export function shippersOf(world: World, ordNbr: string): readonly Row[] {
  return world.store
    .find("SOShipHeader", "byOrder", ordNbr)
    .filter((row) => num(row, "Cancelled") === 0);
}

/** The schedules of a line; this sandbox keeps one for each. */
export function schedulesOf(world: World, line: Row): readonly Row[] {
  return partsOf(world.store, "SOSched", text(line, "OrdNbr")).filter(
    (row) => text(row, "LineRef") === text(line, "LineRef"),
  );
}

/** Closes what is open of an order's lines; nothing of it will be shipped. */
export function closeOpenLines(world: World, order: Row): void {
  const places = num(orderSetup(world), "DecPlQty");
  for (const line of partsOf(world.store, "SOLine", text(order, "OrdNbr"))) {
    const open = num(line, "QtyOpenShip");
    if (open === 0) continue;
    const changes = {
      QtyCloseShip: roundTo(num(line, "QtyCloseShip") + open, places),
      QtyOpenShip: 0,
    };
    world.store.patch("SOLine", line, { ...changes, QtyBO: 0 });
    for (const schedule of schedulesOf(world, line)) {
      world.store.patch("SOSched", schedule, changes);
    }
    if (stockEffect(world, text(order, "SOTypeID")) === "issue") {
      changeStock(world, line, { QtyCustOrd: -open });
    }
  }
}

/** What the order still has to ship decides its unshipped balance and its next step. */
export function afterShipping(world: World, order: Row): Row {
  const current = orderFor(world, text(order, "OrdNbr"));
  const lines = partsOf(world.store, "SOLine", text(order, "OrdNbr"));
  const isOpen = lines.some((line) => num(line, "QtyOpenShip") > 0);
  const decimals = decimalsOf(world, text(order, "CuryID"));
  const shipped = shippersOf(world, text(order, "OrdNbr")).map((row) => -num(row, "CuryTotInvc"));
  const left = isOpen ? Math.max(0, sumOf([num(order, "CuryTotOrd"), ...shipped], decimals)) : 0;
  const columns = { CuryUnshippedBalance: left };
  return putOrder(world, {
    ...current,
    ...columns,
    ...inBase(world, order, columns),
    NextFunctionID: isOpen ? NEXT_STEP.createShipper : "",
    ...world.audit(ORDER_SCREENS.shipper, current),
  });
}
