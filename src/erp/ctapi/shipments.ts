import type { ShipmentReading } from "../orders.ts";
import { asRow, asRows, type WireRow } from "./envelope.ts";
import type { Site } from "./site.ts";
import { flagOf, fromWire, isSameId, textOf } from "./wire-values.ts";

/** Columns that a list of shippers may leave out; then each shipper is read by itself. */
const WANTED = ["ARBatNbr", "InvcNbr", "CuryTotInvc", "CuryID"] as const;

/** The shippers of an order, oldest first; see `OrderConnector.readShipments`. */
export async function readShipments(
  site: Site,
  orderNumber: string,
  signal: AbortSignal | undefined,
): Promise<readonly ShipmentReading[]> {
  const read = { kind: "read", signal } as const;
  const listed = asRows(await site.client.call("orders", "getShipHead", { orderNumber }, read));
  const shipments: ShipmentReading[] = [];
  for (const row of listed) {
    if (textOf(row, "ShipperID").trim() === "") continue;
    const isWhole = WANTED.every((column) => row[column] !== undefined);
    const whole = isWhole ? row : await readShipper(site, row, signal);
    const reading = shipmentReading(whole);
    if (isSameId(reading.orderNumber, orderNumber)) shipments.push(reading);
  }
  return shipments.sort((a, b) => (a.shipperId < b.shipperId ? -1 : 1));
}

/** The list is an untyped DataSet; the shipper's own screen is in the contract. */
async function readShipper(
  site: Site,
  listed: WireRow,
  signal: AbortSignal | undefined,
): Promise<WireRow> {
  const read = { kind: "read", signal } as const;
  const args = { ShipperID: textOf(listed, "ShipperID") };
  const screen = asRow(await site.client.call("shippers", "getScreenByShipperID", args, read));
  return asRow(screen?.mySOShipHeader) ?? listed;
}

function shipmentReading(row: WireRow): ShipmentReading {
  const total = textOf(row, "CuryTotInvc").trim();
  return {
    shipperId: textOf(row, "ShipperID").trim(),
    orderNumber: textOf(row, "OrdNbr").trim(),
    isCancelled: flagOf(row, "Cancelled"),
    total: fromWire(total === "" ? "0" : total, textOf(row, "CuryID").trim()),
    batNbr: textOf(row, "ARBatNbr").trim(),
    invoiceNumber: textOf(row, "InvcNbr").trim(),
    documentType: textOf(row, "ARDocType").trim().toUpperCase(),
  };
}
