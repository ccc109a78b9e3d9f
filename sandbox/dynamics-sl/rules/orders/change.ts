import { Refusal } from "../../soap/fault.ts";
import { num, type Row, text } from "../../tables/store.ts";
import type { World } from "../../world.ts";
import { decimalsOf, sumOf } from "../amounts.ts";
import { enteredRow } from "../entry.ts";
import { putOrder } from "./credit.ts";
import { priced } from "./draft.ts";
import { ORDER_SCREENS, ORDER_STATUS, orderFor, partsOf } from "./fields.ts";
import { schedulesOf, shippersOf } from "./progress.ts";
import { changeStock, stockEffect } from "./stock.ts";

/**
 * Deletes a line of an order nothing of which is shipped yet, and prices the order anew.
 *
 * @throws Refusal when the order is closed or shipping has begun, or the line is not there
 */
export function deleteLine(world: World, ordNbr: string, lineRef: string): Row {
  const order = orderFor(world, ordNbr);
  const name = `Order ${text(order, "OrdNbr")}`;
  if (text(order, "Status") === ORDER_STATUS.closed) throw new Refusal(`${name} is closed`);
  if (shippersOf(world, text(order, "OrdNbr")).length > 0) {
    throw new Refusal(`${name} has shippers; its lines cannot be deleted`);
  }
  const lines = partsOf(world.store, "SOLine", text(order, "OrdNbr"));
  const line = lines.find((row) => text(row, "LineRef") === lineRef.trim().padStart(5, "0"));
  if (line === undefined) throw new Refusal(`${name} has no line ${lineRef}`, 8013);
  for (const schedule of schedulesOf(world, line)) world.store.remove("SOSched", schedule);
  world.store.remove("SOLine", line);
  if (stockEffect(world, text(order, "SOTypeID")) === "issue") {
    changeStock(world, line, { QtyCustOrd: -num(line, "QtyOpenShip") });
  }
  return priceAnew(world, order);
}

function priceAnew(world: World, order: Row): Row {
  const ordNbr = text(order, "OrdNbr");
  const parts = (table: string): readonly Row[] => partsOf(world.store, table, ordNbr);
  for (const tax of parts("SOTax")) world.store.remove("SOTax", tax);
  const { header, taxes } = priced(world, {
    header: order,
    lines: parts("SOLine"),
    charges: parts("SOMisc"),
    taxes: [],
  });
  for (const tax of taxes) world.store.put("SOTax", { ...tax, OrdNbr: ordNbr });
  const due = (total: string, paid: string): number =>
    sumOf([num(header, total), -num(order, paid)], decimalsOf(world, text(order, "CuryID")));
  return putOrder(world, {
    ...header,
    BalDue: due("TotOrd", "TotPmt"),
    CuryBalDue: due("CuryTotOrd", "CuryTotPmt"),
    ...world.audit(ORDER_SCREENS.order, order),
  });
}

/** The column of an order's e-mail address by its type: BILL or SHIP. */
function emailColumn(type: string): "billEmail" | "shipEmail" {
  const wanted = type.trim().toUpperCase();
  if (wanted === "BILL") return "billEmail";
  if (wanted === "SHIP") return "shipEmail";
  throw new Refusal(`E-mail type ${type} is not known`);
}

/** The address of that type which ctAPI keeps beside an order; blank when there is none. */
export function orderEmail(world: World, ordNbr: string, type: string): string {
  const row = world.store.get("xct_tblDSLOrderEmail", text(orderFor(world, ordNbr), "OrdNbr"));
  return text(row, emailColumn(type));
}

/** Saves the address of that type beside an order. */
export function saveOrderEmail(
  world: World,
  ordNbr: string,
  { type, email }: Readonly<{ type: string; email: string }>,
): void {
  const known = text(orderFor(world, ordNbr), "OrdNbr");
  const column = emailColumn(type);
  const entered = enteredRow(world, "xct_tblDSLOrderEmail", { [column]: email });
  const row = world.store.get("xct_tblDSLOrderEmail", known) ?? { OrdNbr: known };
  world.store.put("xct_tblDSLOrderEmail", { ...row, ...entered });
}
