import { findOrder, partsOf, partsOfShipper } from "../rules/orders/fields.ts";
import type { Reply } from "../soap/answer.ts";
import { num, type Row, text } from "../tables/store.ts";
import { type Call, type Handlers, matches, searchBy, show, showAll, showNote } from "./handler.ts";
import { about, byId, ping } from "./lookups.ts";

/** 40.110 Shippers: its reads; shippers are made by SL's own processes. */
export const shippers: Handlers = {
  about,
  ping,
  getScreenByShipperID: (call) => shipperScreen(call),
  getSOShipHeaders: (call) =>
    showAll(
      call.world,
      "SOShipHeader",
      found(call, "SOShipHeader", "ShipperID", call.text("shipperID")),
    ),
  getSOShipLines: (call) => ofShipper(call, "SOShipLine", "LineRef", "lineRef"),
  getSOShipMiscs: (call) => ofShipper(call, "SOShipMisc", "MiscChrgRef", "miscChrgRef"),
  getSOShipPayments: (call) => ofShipper(call, "SOShipPayments", "PmtRef", "pmtRef"),
  getSOShipTaxes: (call) => ofShipper(call, "SOShipTax", "TaxID", "taxID"),
  getSoTypesByID: byId("SOType", "SOTypeID", "soTypeID"),
  getSitesByID: byId("Site", "SiteId", "siteID"),
  getShipViaIDsByID: byId("ShipVia", "ShipViaID", "shipViaID"),
  getMiscChrgIDsByID: byId("MiscCharge", "MiscChrgID", "miscChrgID"),
  getWhseLocs: (call) =>
    call.world.store
      .find("Location", "byItem", call.text("invtID"))
      .filter((row) => matches(text(row, "SiteID"), call.text("siteID")))
      .filter((row) => matches(text(row, "WhseLoc"), call.text("whseLoc")))
      .map((row) => ({ ...show(call.world, "Location", row) })),
  getSOHeaders: (call) =>
    showAll(call.world, "SOHeader", found(call, "SOHeader", "OrdNbr", call.text("ordNbr"))),
  getSOLines: (call) => {
    const lines = partsOf(call.byBatch, "SOLine", call.text("ordNbr"));
    return showAll(
      call.world,
      "SOLine",
      lines.filter((row) => matches(text(row, "LineRef"), call.text("lineRef"))),
    );
  },
};

/** The exact one by its key, else those whose id starts so. */
function found(
  call: Call,
  table: "SOHeader" | "SOShipHeader",
  columnName: string,
  id: string,
): readonly Row[] {
  const exact =
    table === "SOHeader"
      ? findOrder(call.byBatch, call.world.companyId, id)
      : call.byBatch.get(table, call.world.companyId, id);
  return exact === undefined ? searchBy(call.byBatch, table, columnName, id) : [exact];
}

function ofShipper(call: Call, table: string, reference: string, argument: string): Reply {
  const rows = partsOfShipper(call.byBatch, table, call.text("shipperID"));
  const wanted = call.text(argument);
  return showAll(
    call.world,
    table,
    rows.filter((row) => matches(text(row, reference), wanted)),
  );
}

function shipperScreen(call: Call): Reply {
  const { world, byBatch } = call;
  const header = byBatch.get("SOShipHeader", world.companyId, call.text("ShipperID"));
  if (header === undefined) return { errorMessage: "" };
  const shipperId = text(header, "ShipperID");
  const parts = (table: string): Reply =>
    showAll(world, table, partsOfShipper(byBatch, table, shipperId));
  return {
    errorMessage: "",
    headerNote: showNote(world, num(header, "NoteID")),
    mySOShipHeader: show(world, "SOShipHeader", header),
    mySOShipLine: parts("SOShipLine"),
    mySOShipMisc: parts("SOShipMisc"),
    mySOShipTax: parts("SOShipTax"),
    mySOShipPayments: parts("SOShipPayments"),
  };
}
