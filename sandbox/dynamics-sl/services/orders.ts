import { deleteLine, orderEmail, saveOrderEmail } from "../rules/orders/change.ts";
import { draftOrder, type OrderDraft, type OrderInput } from "../rules/orders/draft.ts";
import { findOrder, partsOf, partsOfShipper } from "../rules/orders/fields.ts";
import { placeOrder, setAdminHold } from "../rules/orders/place.ts";
import type { Reply, ReplyStruct } from "../soap/answer.ts";
import { Refusal } from "../soap/fault.ts";
import type { Struct } from "../soap/request.ts";
import { day, num, type Reader, type Row, text } from "../tables/store.ts";
import type { World } from "../world.ts";
import { dataSetOf, pagedDataSet } from "./data-sets.ts";
import { type Call, type Handlers, listIn, matches, searchBy, show, showAll } from "./handler.ts";
import { about, ping } from "./lookups.ts";

/** Sales orders. */
export const orders: Handlers = {
  about,
  ping,
  adminHoldFlag: (call) => {
    const { world } = call;
    world.store.commit(() =>
      setAdminHold(world, call.text("ordNbr"), call.args.adminHoldFlag === true),
    );
    return undefined;
  },
  calculateOrderTotals: (call) => draftReply(call),
  getOrderTotals: (call) => draftReply(call),
  placeOrder: (call) => {
    const { world } = call;
    const order = world.store.commit(() => placeOrder(world, { ...inputOf(call), ...call.limits }));
    return orderReply(world, savedOrder(world.store, order));
  },
  getOrder: (call) => {
    const order = orderOf(call);
    return order === undefined
      ? undefined
      : orderReply(call.world, savedOrder(call.byBatch, order));
  },
  getOrderItems: (call) => {
    const order = orderOf(call);
    const lines = order === undefined ? [] : savedOrder(call.byBatch, order).lines;
    return lines.map((line) => lineReply(call.world, line, schedulesOf(call.byBatch, line)));
  },
  deleteLineItem: (call) => {
    const { world } = call;
    world.store.commit(() => deleteLine(world, call.text("ordNbr"), call.text("lineRef")));
    return true;
  },
  getOrderAsDataSet: (call) => {
    const order = orderOf(call);
    return dataSetOf(call.world, "SOHeader", order === undefined ? [] : [order]);
  },
  getOrderItemAsDataSet: (call) =>
    dataSetOf(call.world, "SOLine", ofLine(call, "SOLine", call.text("orderNumber"))),
  getSchedule: (call) =>
    dataSetOf(call.world, "SOSched", ofLine(call, "SOSched", call.text("ordNbr"))),
  loadOrderEmailAddress: (call) => orderEmail(call.world, call.text("ordNbr"), call.text("type")),
  saveOrderEmailAddress: (call) => {
    const { world } = call;
    const address = { type: call.text("type"), email: call.text("emailAddress") };
    world.store.commit(() => saveOrderEmail(world, call.text("ordNbr"), address));
    return undefined;
  },
  getMiscChargeDescr: (call) =>
    text(call.world.store.get("MiscCharge", call.text("miscChargeID")), "Descr"),
  getOrderMiscChargesAsDataSet: (call) => partsAsDataSet(call, "SOMisc"),
  getOrderPayments: (call) => partsAsDataSet(call, "SOPayments"),
  getOrderTypes: (call) =>
    dataSetOf(call.world, "SOType", searchBy(call.world.store, "SOType", "SOTypeID", "")),
  getShipVias: (call) =>
    dataSetOf(call.world, "ShipVia", searchBy(call.world.store, "ShipVia", "ShipViaID", "")),
  getShipHead: (call) => {
    const rows = [...call.byBatch.find("SOShipHeader", "byOrder", call.text("orderNumber"))];
    const inOrder = rows.sort((a, b) => text(a, "ShipperID").localeCompare(text(b, "ShipperID")));
    return dataSetOf(call.world, "SOShipHeader", inOrder);
  },
  getShipperByID: (call) => {
    const { world, byBatch } = call;
    const row = byBatch.get("SOShipHeader", world.companyId, call.text("shipperID"));
    return dataSetOf(world, "SOShipHeader", row === undefined ? [] : [row]);
  },
  getShipLinesForShipper: (call) =>
    dataSetOf(
      call.world,
      "SOShipLine",
      partsOfShipper(call.byBatch, "SOShipLine", call.text("shipperID")),
    ),
  getOrders: (call) => searchOrders(call),
};

function orderOf(call: Call): Row | undefined {
  return findOrder(call.byBatch, call.world.companyId, call.text("orderNumber"));
}

function partsAsDataSet(call: Call, table: "SOMisc" | "SOPayments"): Reply {
  return dataSetOf(call.world, table, partsOf(call.byBatch, table, call.text("orderNumber")));
}

/** Rows of an order, of the line that the call names or of all. */
function ofLine(call: Call, table: "SOLine" | "SOSched", ordNbr: string): readonly Row[] {
  const lineRef = call.text("lineRef");
  return partsOf(call.byBatch, table, ordNbr).filter(
    (row) => lineRef === "" || text(row, "LineRef") === lineRef.padStart(5, "0"),
  );
}

/** The order that was sent, its charges from the DataSet, its lines without the deleted ones. */
function inputOf(call: Call): OrderInput {
  const header = call.struct("inOrder");
  if (header === undefined) throw new Refusal("The order is missing");
  const charges = header.miscCharges;
  return {
    header,
    lines: (listIn(header, "orderItems", "orderItem") ?? []).filter(
      (line) => line.deleteFlag !== 1,
    ),
    charges: Array.isArray(charges) ? (charges as readonly Struct[]) : [],
  };
}

/** Prices the order and saves nothing. */
function draftReply(call: Call): Reply {
  return orderReply(call.world, { ...draftOrder(call.world, inputOf(call)), schedules: [] });
}

type ShownOrder = OrderDraft & Readonly<{ schedules: readonly Row[] }>;

function savedOrder(reader: Reader, order: Row): ShownOrder {
  const ordNbr = text(order, "OrdNbr");
  return {
    header: order,
    lines: partsOf(reader, "SOLine", ordNbr),
    charges: partsOf(reader, "SOMisc", ordNbr),
    taxes: partsOf(reader, "SOTax", ordNbr),
    schedules: partsOf(reader, "SOSched", ordNbr),
  };
}

function schedulesOf(reader: Reader, line: Row): readonly Row[] {
  return partsOf(reader, "SOSched", text(line, "OrdNbr"));
}

/** The order in the shape of its contract, which spells some columns otherwise than the table. */
function orderReply(world: World, { header, lines, charges, taxes, schedules }: ShownOrder): Reply {
  const shown = show(world, "SOHeader", header);
  const note = world.store.get("Snote", num(header, "NoteId"));
  return {
    ...shown,
    DateCanceled: shown.DateCancelled,
    ...emailsOf(world, text(header, "OrdNbr")),
    errorString: "",
    explodeKits: false,
    totalLineQty: lines.reduce((sum, line) => sum + num(line, "QtyOrd"), 0),
    businessRuleViolations: warningsOf(header),
    orderItems: lines.map((line) => lineReply(world, line, schedules)),
    taxes: showAll(world, "SOTax", taxes),
    miscCharges: dataSetOf(world, "SOMisc", charges),
    notes: text(note, "sNoteText"),
  };
}

/** What SL let pass with a warning: the order is saved, and on credit hold. */
function warningsOf(order: Row): readonly ReplyStruct[] {
  if (num(order, "CreditHold") === 0) return [];
  const message = `Order of customer ${text(order, "CustID")} is on credit hold`;
  const key = "CreditHold";
  return [{ key, fatal: false, message, messageNbr: 0, ObjectID: "", raised: true, severity: 1 }];
}

/** The addresses ctAPI keeps beside an order; SL has no columns for them. */
function emailsOf(world: World, ordNbr: string): ReplyStruct {
  const { billEmail, shipEmail } = show(
    world,
    "xct_tblDSLOrderEmail",
    world.store.get("xct_tblDSLOrderEmail", ordNbr),
  );
  return { billEmail, shipEmail };
}

function lineReply(world: World, line: Row, schedules: readonly Row[]): ReplyStruct {
  const own = schedules.filter((row) => text(row, "LineRef") === text(line, "LineRef"));
  return {
    ...show(world, "SOLine", line),
    Schedules: showAll(world, "SOSched", own),
    quantity: num(line, "QtyOrd"),
  };
}

/** `ORDNBR|v;CUSTID|v;STATUS|v;BEGINDATE|v;ENDDATE|v;`, each part optional. */
function readParams(sent: string): ReadonlyMap<string, string> {
  const parts = sent.split(";").filter((part) => part.trim() !== "");
  return new Map(
    parts.map((part) => {
      const [name = "", value = ""] = part.split("|");
      if (!["ORDNBR", "CUSTID", "STATUS", "BEGINDATE", "ENDDATE"].includes(fieldName(name))) {
        throw new Refusal(`Orders cannot be searched by ${name.trim()}`);
      }
      return [fieldName(name), value.trim()];
    }),
  );
}

function fieldName(name: string): string {
  return name.trim().toUpperCase();
}

/** A date of the filter as `YYYY-MM-DD`. */
function filterDate(value: string | undefined): string {
  const written = /^(\d{1,2})\/(\d{1,2})\/(\d{4})/.exec(value ?? "");
  if (written === null) return (value ?? "").slice(0, 10);
  const [, month = "", date = "", year = ""] = written;
  return `${year}-${month.padStart(2, "0")}-${date.padStart(2, "0")}`;
}

function searchOrders(call: Call): Reply {
  const action = call.text("actionType").toUpperCase();
  if (action !== "SEARCH") throw new Refusal(`Action type ${action} is not supported`);
  const params = readParams(call.text("ordersParams"));
  const [from, to] = [filterDate(params.get("BEGINDATE")), filterDate(params.get("ENDDATE"))];
  const custId = params.get("CUSTID") ?? "";
  const rows =
    custId === "" || custId.includes("%")
      ? [...call.searched.all("SOHeader")].filter((row) => matches(text(row, "CustID"), custId))
      : [...call.searched.find("SOHeader", "byCustomer", custId)];
  const found = rows
    .filter((row) => matches(text(row, "OrdNbr"), params.get("ORDNBR") ?? ""))
    .filter((row) => matches(text(row, "Status"), params.get("STATUS") ?? ""))
    .filter((row) => from === "" || day(row, "OrdDate") >= from)
    .filter((row) => to === "" || day(row, "OrdDate") <= to)
    .sort(sorting(call));
  return pagedDataSet(call.world, "SOHeader", found, {
    page: Number(call.text("currentPageNumber") || "1"),
    pageSize: Number(call.text("pageSize") || "0"),
  });
}

/** `ordersSortBy` is a column, perhaps with DESC; without one the order number. */
function sorting(call: Call): (a: Row, b: Row) => number {
  const [asked = "", direction = ""] = call.text("ordersSortBy").split(/\s+/);
  const columns = [...call.world.store.definition("SOHeader").columns.values()];
  const column = columns.find(({ name }) => fieldName(name) === fieldName(asked || "OrdNbr"));
  if (column === undefined) throw new Refusal(`Invalid column name '${asked}'`);
  const sign = fieldName(direction) === "DESC" ? -1 : 1;
  const value = (row: Row): string => text(row, column.name);
  return (a, b) =>
    sign *
    (column.kind === "text" || column.kind === "date"
      ? value(a).localeCompare(value(b))
      : num(a, column.name) - num(b, column.name));
}
