import { HubError } from "../../base/errors.ts";
import type { CustomerAddressDraft, CustomerAddressReading } from "../port.ts";
import type { ShipToColumn } from "./contract-columns.ts";
import { addressColumns } from "./customers.ts";
import { asRow, type WireRow } from "./envelope.ts";
import { absentIfUnknown } from "./read-batch.ts";
import type { Site } from "./site.ts";
import { isSameId, textOf } from "./wire-values.ts";

type ShipToRow = Readonly<Partial<Record<ShipToColumn, string>>>;
const SERVICE = "customerMaintenance";

/** The ship-to address of exactly this id; see `ErpConnector.readShipTo`. */
export async function readShipTo(
  site: Site,
  shipTo: Readonly<{ customerId: string; shipToId: string }>,
  signal: AbortSignal | undefined,
): Promise<CustomerAddressReading | undefined> {
  const { customerId, shipToId } = shipTo;
  const args = { custID: customerId, shipToID: shipToId };
  const answer = await absentIfUnknown(() =>
    site.client.call(SERVICE, "getSOAddressByExactID", args, { kind: "read", signal }),
  );
  const row = asRow(answer);
  const isIt =
    isSameId(textOf(row, "ShipToId"), shipToId) && isSameId(textOf(row, "CustId"), customerId);
  return isIt ? shipToReading(row) : undefined;
}

/** Adds the address under its chosen id; see `ErpConnector.createShipTo`. */
export async function createShipTo(
  site: Site,
  draft: CustomerAddressDraft,
  signal: AbortSignal | undefined,
): Promise<void> {
  const write = { kind: "write", signal } as const;
  const blank = await site.client.call(SERVICE, "getNewSOAddress", {}, { kind: "read", signal });
  const inItem = { ...asRow(blank), ...shipToRow(site, draft) };
  try {
    const args = { actionType: "ADD", inItem };
    const answer = asRow(await site.client.call(SERVICE, "editSOAddress", args, write));
    if (!isSameId(textOf(answer, "ShipToId"), draft.shipToId)) {
      throw new HubError("erp.outcome_open", "SL answered without the address's id", {
        facts: { customerId: draft.customerId, shipToId: draft.shipToId },
      });
    }
  } catch (thrown) {
    if (!(thrown instanceof HubError) || thrown.code !== "erp.refused") throw thrown;
    // Sites word it differently that an id is taken: whether it is, the record itself tells.
    const taken = (await readShipTo(site, draft, signal)) !== undefined;
    const facts = { ...thrown.facts, shipToId: draft.shipToId, taken };
    throw new HubError("erp.refused", thrown.message, { facts, cause: thrown });
  }
}

function shipToRow(site: Site, draft: CustomerAddressDraft): ShipToRow {
  return {
    CustId: draft.customerId,
    ShipToId: draft.shipToId,
    Descr: draft.description,
    ...addressColumns(draft),
    Status: "A",
    ...(site.idField === "User1" ? { User1: draft.stripeId } : {}),
  };
}

function shipToReading(row: WireRow | undefined): CustomerAddressReading {
  return {
    customerId: textOf(row, "CustId"),
    shipToId: textOf(row, "ShipToId"),
    name: textOf(row, "Name"),
    addressLine1: textOf(row, "Addr1"),
    addressLine2: textOf(row, "Addr2"),
    city: textOf(row, "City"),
    state: textOf(row, "State"),
    zip: textOf(row, "Zip"),
    country: textOf(row, "Country"),
    phone: textOf(row, "Phone"),
  };
}
