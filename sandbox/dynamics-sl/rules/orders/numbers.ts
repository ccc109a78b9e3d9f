import { Refusal } from "../../soap/fault.ts";
import { type Row, text } from "../../tables/store.ts";
import type { World } from "../../world.ts";
import { nextNumber } from "../numbering.ts";

type Counter = Readonly<{ prefix: string; sharedBy: string; last: string }>;

/** Which columns of SOType count orders, shippers and invoices. */
const COUNTERS = {
  order: { prefix: "OrdNbrPrefix", sharedBy: "OrdNbrType", last: "LastOrdNbr" },
  shipper: { prefix: "ShipperPrefix", sharedBy: "ShipperType", last: "LastShipperNbr" },
  invoice: { prefix: "InvcNbrPrefix", sharedBy: "InvcNbrType", last: "LastInvcNbr" },
} as const satisfies Readonly<Record<string, Counter>>;

/**
 * Takes the next number of an order type: its prefix and counter, or the counter of the type it
 * names. Numbers that are taken already, typed by hand perhaps, are passed over.
 */
export function takeOrderNumber(
  world: World,
  type: Row,
  counter: keyof typeof COUNTERS,
  isTaken: (number: string) => boolean,
): string {
  const { prefix, sharedBy, last } = COUNTERS[counter];
  const ownerId = text(type, sharedBy) || text(type, "SOTypeID");
  const owner = world.store.get("SOType", world.companyId, ownerId);
  if (owner === undefined || text(owner, last) === "") {
    throw new Refusal(`Order type ${text(type, "SOTypeID")} has no ${counter} numbers`);
  }
  let digits = nextNumber(text(owner, last));
  while (isTaken(text(type, prefix) + digits)) digits = nextNumber(digits);
  world.store.patch("SOType", owner, { [last]: digits });
  return text(type, prefix) + digits;
}
