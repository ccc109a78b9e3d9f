import { Refusal } from "../soap/fault.ts";
import type { Struct } from "../soap/request.ts";
import { type Row, text } from "../tables/store.ts";
import type { World } from "../world.ts";
import { enteredRow, without } from "./entry.ts";

const SCREEN = "40260";

/**
 * Adds a ship-to address of a customer, or saves the sent columns over those of one. An id that the
 * customer has cannot be added again.
 */
export function saveShipTo(world: World, action: string, sent: Struct): Row {
  const entered = without(enteredRow(world, "SOAddress", sent), ["NoteId"]);
  const [custId, shipToId] = [text(entered, "CustId"), text(entered, "ShipToId")];
  if (shipToId === "") throw new Refusal("Ship to ID is required", 2);
  if (world.store.get("Customer", custId) === undefined) {
    throw new Refusal(`Customer ${custId} not found`, 8013);
  }
  const before = world.store.get("SOAddress", custId, shipToId);
  checkPlaces(world, entered);
  switch (action) {
    case "ADD":
      if (before !== undefined) throw new Refusal(`Ship to ID ${shipToId} already exists`);
      return world.store.put("SOAddress", {
        ...entered,
        Status: text(entered, "Status") || "A",
        ...world.audit(SCREEN),
      });
    case "UPDATE":
      if (before === undefined) throw new Refusal(`Ship to ID ${shipToId} not found`, 8013);
      return world.store.put("SOAddress", {
        ...before,
        ...without(entered, ["Crtd_DateTime", "Crtd_Prog", "Crtd_User"]),
        ...world.audit(SCREEN, before),
      });
    default:
      throw new Refusal(`Action type ${action} is not supported`);
  }
}

function checkPlaces(world: World, entered: Row): void {
  for (const [table, column] of [
    ["Country", "Country"],
    ["State", "State"],
  ] as const) {
    const value = text(entered, column);
    if (value !== "" && world.store.get(table, value) === undefined) {
      throw new Refusal(`${column} ${value} not found`, 8013);
    }
  }
}
