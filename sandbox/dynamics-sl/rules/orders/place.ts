import { Refusal } from "../../soap/fault.ts";
import { num, type Row, text } from "../../tables/store.ts";
import type { World } from "../../world.ts";
import { enteredRow, saveNote } from "../entry.ts";
import { creditHold, putOrder } from "./credit.ts";
import { draftOrder, type OrderInput } from "./draft.ts";
import { findOrder, ORDER_SCREENS, ORDER_STATUS, orderFor, orderType } from "./fields.ts";
import { takeOrderNumber } from "./numbers.ts";
import { changeStock, stockEffect } from "./stock.ts";

/** Saves a new order with its lines, schedules, charges and taxes; part of a commit. */
export function placeOrder(world: World, input: OrderInput): Row {
  const draft = draftOrder(world, input);
  const held = creditHold(world, draft.header);
  const asked = text(draft.header, "OrdNbr");
  const isTaken = (number: string): boolean =>
    findOrder(world.store, world.companyId, number) !== undefined;
  if (asked !== "" && isTaken(asked)) throw new Refusal(`Order ${asked} already exists`);
  const type = orderType(world, text(draft.header, "SOTypeID"));
  const ordNbr = asked === "" ? takeOrderNumber(world, type, "order", isTaken) : asked;
  const note = { sNoteText: input.header.notes ?? "" };
  const order = putOrder(world, {
    ...draft.header,
    ...held,
    NoteId: saveNote(world, note, { table: "SOHeader", level: "ORDER", noteId: 0 }),
    OrdNbr: ordNbr,
  });
  const kept = draft.lines.slice(0, input.lineLimit ?? draft.lines.length);
  for (const line of kept) saveLine(world, order, line);
  for (const row of draft.charges) world.store.put("SOMisc", { ...row, OrdNbr: ordNbr });
  for (const row of draft.taxes) world.store.put("SOTax", { ...row, OrdNbr: ordNbr });
  const emails = enteredRow(world, "xct_tblDSLOrderEmail", input.header);
  world.store.put("xct_tblDSLOrderEmail", { ...emails, OrdNbr: ordNbr });
  return order;
}

function saveLine(world: World, order: Row, line: Row): void {
  const ordNbr = text(order, "OrdNbr");
  world.store.put("SOLine", { ...line, OrdNbr: ordNbr });
  const copied = ["TaxID00", "TaxID01", "TaxID02", "TaxID03", "ShiptoType", "ShipViaID"];
  world.store.put("SOSched", {
    ...Object.fromEntries(copied.map((name) => [name, text(order, name)])),
    CancelDate: text(order, "CancelDate"),
    CpnyID: text(order, "CpnyID"),
    LineRef: text(line, "LineRef"),
    OrdNbr: ordNbr,
    PromDate: text(line, "PromDate"),
    QtyOpenShip: num(line, "QtyOrd"),
    QtyOrd: num(line, "QtyOrd"),
    ReqDate: text(line, "ReqDate"),
    SchedRef: "00001",
    ShipCustID: text(order, "ShipCustID"),
    ShipSiteID: text(line, "SiteID"),
    ShipToID: text(order, "ShiptoID"),
    SiteID: text(line, "SiteID"),
    Status: ORDER_STATUS.open,
    ...world.audit(ORDER_SCREENS.order),
  });
  if (stockEffect(world, text(order, "SOTypeID")) === "issue") {
    changeStock(world, line, { QtyCustOrd: num(line, "QtyOrd") });
  }
}

/** Puts an order on administrative hold or takes it off; a closed order stays as it is. */
export function setAdminHold(world: World, ordNbr: string, isHeld: boolean): Row {
  const order = orderFor(world, ordNbr);
  if (num(order, "AdminHold") === (isHeld ? 1 : 0)) return order;
  if (text(order, "Status") === ORDER_STATUS.closed) {
    throw new Refusal(`Order ${text(order, "OrdNbr")} is closed`);
  }
  return world.store.patch("SOHeader", order, {
    AdminHold: isHeld ? 1 : 0,
    ...world.audit(ORDER_SCREENS.order, order),
  });
}
