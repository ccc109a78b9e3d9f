import { Refusal } from "../../soap/fault.ts";
import type { Struct } from "../../soap/request.ts";
import { num, type Row, text } from "../../tables/store.ts";
import type { World } from "../../world.ts";
import { DOCUMENT_OF_BEHAVIOR, orderFor, orderType, partsOf, partsOfShipper } from "./fields.ts";
import { placeOrder } from "./place.ts";
import { shippersOf } from "./progress.ts";
import { shipOrder } from "./shipping.ts";

/** What comes back of an order; without lines all that was shipped of it. */
export type ReturnRequest = Readonly<{
  ordNbr: string;
  /** An order type whose shippers become credit memos: RFC, or CM where no goods move. */
  type: string;
  lines?: readonly Readonly<{ lineRef: string; quantity?: number; price?: number }>[];
  /** False leaves the shipper for a later invoice. */
  isInvoiced: boolean;
}>;

/**
 * A clerk enters a return in 40.100, an order that names the first one as its original, and its
 * shipper becomes a credit memo; part of a commit.
 *
 * @throws Refusal for a type of another behaviour, and for more than was shipped
 */
export function returnOrder(world: World, request: ReturnRequest): Row {
  const original = orderFor(world, request.ordNbr);
  const number = text(original, "OrdNbr");
  const type = orderType(world, request.type);
  if (DOCUMENT_OF_BEHAVIOR[text(type, "Behavior")] !== "CM") {
    throw new Refusal(`Order type ${request.type} makes no credit memos`);
  }
  const taken = ["CustID", "CustOrdNbr", "CuryID", "CuryRate", "CuryMultDiv", "CuryRateType"];
  const header: Struct = {
    ...Object.fromEntries(taken.map((name) => [name, original[name] ?? ""])),
    OrdDate: world.today(),
    OrigOrdNbr: number,
    SOTypeID: request.type,
  };
  const lines = returnedLines(world, original, request);
  const placed = placeOrder(world, { header, lines, charges: [] });
  const ordNbr = text(placed, "OrdNbr");
  shipOrder(world, { ordNbr, isInvoiced: request.isInvoiced });
  return orderFor(world, ordNbr);
}

function returnedLines(world: World, original: Row, { lines }: ReturnRequest): readonly Struct[] {
  const number = text(original, "OrdNbr");
  const shipped = partsOf(world.store, "SOLine", number).filter((line) => num(line, "QtyShip") > 0);
  const wanted = lines ?? shipped.map((line) => ({ lineRef: text(line, "LineRef") }));
  if (wanted.length === 0) throw new Refusal(`Nothing of order ${number} was shipped`);
  return wanted.map(({ lineRef, ...asked }: NonNullable<ReturnRequest["lines"]>[number]) => {
    const name = lineRef.padStart(5, "0");
    const line = shipped.find((row) => text(row, "LineRef") === name);
    if (line === undefined) throw new Refusal(`Nothing of line ${name} was shipped`);
    const quantity = asked.quantity ?? num(line, "QtyShip");
    if (quantity > num(line, "QtyShip")) {
      throw new Refusal(`Line ${name}: only ${num(line, "QtyShip")} were shipped`);
    }
    return {
      CurySlsPrice: asked.price ?? num(line, "CurySlsPrice"),
      Descr: text(line, "Descr"),
      DiscPct: num(line, "DiscPct"),
      InvtID: text(line, "InvtID"),
      ManualPrice: 1,
      QtyOrd: quantity,
      Taxable: num(line, "Taxable"),
      ...shipmentOf(world, number, name),
    };
  });
}

/** The newest shipment of a line, which a return names. */
function shipmentOf(world: World, ordNbr: string, lineRef: string): Struct {
  const shippers = shippersOf(world, ordNbr).filter((shipper) =>
    partsOfShipper(world.store, "SOShipLine", text(shipper, "ShipperID")).some(
      (row) => text(row, "OrdLineRef") === lineRef,
    ),
  );
  const newest = shippers.at(-1);
  return { OrigInvcNbr: text(newest, "InvcNbr"), OrigShipperID: text(newest, "ShipperID") };
}
