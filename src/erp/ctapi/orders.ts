import { HubError } from "../../base/errors.ts";
import type { Money } from "../../base/money.ts";
import type {
  OrderConnector,
  OrderDraft,
  OrderReading,
  OrderTotals,
  ReturnOrder,
  ReturnsWanted,
} from "../orders.ts";
import type { OrderColumn, OrderItemColumn } from "./contract-columns.ts";
import { rateColumns, userColumns } from "./document-rows.ts";
import { asRow, asRows, type WireRow } from "./envelope.ts";
import { isLastPage } from "./last-page.ts";
import { missingSetup } from "./order-setup.ts";
import { absentIfUnknown } from "./read-batch.ts";
import { readShipments } from "./shipments.ts";
import { assertRated, type Site, templateOf } from "./site.ts";
import { equals, queryView, VIEW } from "./views.ts";
import { flagOf, fromWire, isSameId, textOf, toWire } from "./wire-values.ts";

type OrderRow = Readonly<Partial<Record<OrderColumn, string>>>;
type ItemRow = Readonly<Partial<Record<OrderItemColumn, string>>>;

const PAGE_ROWS = 100;
/** A customer with more orders of one day than this is looked up by the view alone. */
const PAGES_MAX = 50;
const ROWS_PER_KEY_MAX = 20;
const CLOSED = "C";
/** The customer's own ship-to. */
const OWN_SHIP_TO = "DEFAULT";

/** The orders of one company over the ctAPI's services `orders` and `shippers`. */
export function createOrders(site: Site, hasView: () => boolean): OrderConnector {
  return {
    calculate: (draft, signal) => calculate(site, draft, signal),
    place: (draft, signal) => place(site, draft, signal),
    find: (draft, signal) =>
      hasView() ? findByView(site, draft, signal) : findBySearch(site, draft, signal),
    read: (orderNumber, signal) => readOrder(site, orderNumber, signal),
    liftHold: (ordNbr, signal) => setHold(site, { ordNbr, adminHoldFlag: "false" }, signal),
    hold: (ordNbr, signal) => setHold(site, { ordNbr, adminHoldFlag: "true" }, signal),
    missingSetup: (wanted, signal) => missingSetup(site, wanted, signal),
    findReturns: (of, signal) => findReturns(site, of, signal),
    readShipments: (orderNumber, signal) => readShipments(site, orderNumber, signal),
    countPayments: async (orderNumber, signal) => {
      const read = { kind: "read", signal } as const;
      const rows = await site.client.call("orders", "getOrderPayments", { orderNumber }, read);
      return asRows(rows).length;
    },
  };
}

async function setHold(
  site: Site,
  args: Readonly<{ ordNbr: string; adminHoldFlag: "true" | "false" }>,
  signal: AbortSignal | undefined,
): Promise<void> {
  await site.client.call("orders", "adminHoldFlag", args, { kind: "write", signal });
}

async function calculate(
  site: Site,
  draft: OrderDraft,
  signal: AbortSignal | undefined,
): Promise<OrderTotals> {
  const args = { inOrder: orderRow(site, draft), updateBasket: "false" };
  const read = { kind: "read", signal } as const;
  const order = asRow(await site.client.call("orders", "calculateOrderTotals", args, read));
  if (order === undefined) throw noOrder("calculateOrderTotals");
  const amount = (column: OrderColumn): Money => amountOf(order, column, draft.currency);
  return {
    total: amount("CuryTotOrd"),
    merchandise: amount("CuryTotMerch"),
    charges: amount("CuryTotMisc"),
    freight: amount("CuryTotFrt"),
    tax: amount("CuryTotTax"),
  };
}

async function place(
  site: Site,
  draft: OrderDraft,
  signal: AbortSignal | undefined,
): Promise<Readonly<{ orderNumber: string }>> {
  const write = { kind: "write", signal } as const;
  // An order in another currency without a rate would stand in SL at that of the base currency.
  assertRated(await templateOf(site, "paymentApplication"), draft);
  const args = { inOrder: orderRow(site, draft) };
  const answer = await site.client.call("orders", "placeOrder", args, write);
  const orderNumber = textOf(asRow(answer), "OrdNbr").trim();
  if (orderNumber !== "") return { orderNumber };
  throw new HubError("erp.outcome_open", "SL answered the order without its number");
}

/** The view shows orders of a key at once, whoever the customer is. */
async function findByView(
  site: Site,
  draft: OrderDraft,
  signal: AbortSignal | undefined,
): Promise<readonly OrderReading[]> {
  const filters = [equals(site.keyField, draft.key), equals("CpnyID", site.companyId)];
  const query = { filters, page: 1, rows: ROWS_PER_KEY_MAX };
  const rows = await queryView(site, VIEW.orders, query, signal);
  return readEach(site, { draft, numbers: rows.map((row) => textOf(row, "OrdNbr")) }, signal);
}

/** Without the view: the customer's orders of that day, each read for its key. */
async function findBySearch(
  site: Site,
  draft: OrderDraft,
  signal: AbortSignal | undefined,
): Promise<readonly OrderReading[]> {
  const { customerId, orderDate: date, customerOrderNumber } = draft;
  const range = { customerId, from: usDate(date, -1), to: usDate(date, 1) };
  const rows = await searchOrders(site, range, {
    isWanted: (row) => mayBe(row, customerOrderNumber),
    cure: "Install the view xslw_OrderByKey of site/sql in the SL database, then resume.",
    signal,
  });
  return readEach(site, { draft, numbers: rows.map((row) => textOf(row, "OrdNbr")) }, signal);
}

type Search = Readonly<{
  isWanted: (row: WireRow) => boolean;
  /** What helps where the customer has too many orders. */
  cure: string;
  signal: AbortSignal | undefined;
}>;

/** The orders of a customer between two dates that are wanted, each once, as the list has them. */
async function searchOrders(
  site: Site,
  range: Readonly<{ customerId: string; from: string; to: string }>,
  { isWanted, cure, signal }: Search,
): Promise<readonly WireRow[]> {
  const { customerId, from, to } = range;
  const parameters = Object.entries({ CUSTID: customerId, BEGINDATE: from, ENDDATE: to });
  const ordersParams = parameters.map(([name, value]) => `${name}|${value};`).join("");
  const orders = new Map<string, WireRow>();
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    const args = {
      actionType: "SEARCH",
      currentPageNumber: String(page),
      pageSize: String(PAGE_ROWS),
      ordersParams,
      ordersSortBy: "",
    };
    const read = { kind: "read", signal } as const;
    const rows = asRows(await site.client.call("orders", "getOrders", args, read));
    const found = rows.filter(isWanted);
    const known = orders.size;
    for (const row of found) {
      const number = textOf(row, "OrdNbr");
      if (number !== "" && !orders.has(number)) orders.set(number, row);
    }
    const turned = page === 1 || found.length === 0 || orders.size > known;
    if (isLastPage(rows, PAGE_ROWS)) return [...orders.values()];
    if (!turned) throw new HubError("erp.contract", "SL gave the same page of a list twice");
  }
  throw new HubError("erp.contract", `SL lists too many orders of customer ${customerId}`, {
    facts: { customerId, from, to },
    cure,
  });
}

/** Orders that are read one by one, where the list does not show whose return they are. */
const RETURN_READS_MAX = 200;

/** The orders that name one of these as their original; see `OrderConnector.findReturns`. */
async function findReturns(
  site: Site,
  { orderNumbers, customerId, from, to }: ReturnsWanted,
  signal: AbortSignal | undefined,
): Promise<readonly ReturnOrder[]> {
  const cure =
    "Apply the return's credit memo to the refund's debit memo in SL (08.030), then resume.";
  const range = { customerId, from: usDate(from, -1), to: usDate(to, 1) };
  const wanted = (number: string) => orderNumbers.find((one) => isSameId(one, number));
  const rows = await searchOrders(site, range, {
    isWanted: (row) =>
      row.OrigOrdNbr === undefined
        ? wanted(textOf(row, "OrdNbr")) === undefined
        : wanted(textOf(row, "OrigOrdNbr")) !== undefined,
    cure,
    signal,
  });
  const found: ReturnOrder[] = [];
  let reads = 0;
  for (const row of rows) {
    const number = textOf(row, "OrdNbr").trim();
    let named = row;
    if (row.OrigOrdNbr === undefined) {
      reads += 1;
      if (reads > RETURN_READS_MAX) {
        throw new HubError("erp.contract", `SL's list of orders shows no originals`, {
          facts: { customerId, from, to },
          cure,
        });
      }
      named = (await orderRowOf(site, number, signal)) ?? row;
    }
    const original = wanted(textOf(named, "OrigOrdNbr"));
    if (original !== undefined) found.push({ orderNumber: number, original });
  }
  return found.sort((a, b) => (a.orderNumber < b.orderNumber ? -1 : 1));
}

/** A list that shows the customer's order number spares reading the orders of other numbers. */
function mayBe(row: WireRow, customerOrderNumber: string): boolean {
  return row.CustOrdNbr === undefined || isSameId(textOf(row, "CustOrdNbr"), customerOrderNumber);
}

async function readEach(
  site: Site,
  wanted: Readonly<{ draft: OrderDraft; numbers: readonly string[] }>,
  signal: AbortSignal | undefined,
): Promise<readonly OrderReading[]> {
  const orders: OrderReading[] = [];
  for (const number of wanted.numbers) {
    const order = await readOrder(site, number, signal);
    if (order !== undefined && isSameId(order.key, wanted.draft.key)) orders.push(order);
  }
  return orders;
}

async function orderRowOf(
  site: Site,
  orderNumber: string,
  signal: AbortSignal | undefined,
): Promise<WireRow | undefined> {
  const read = { kind: "read", signal } as const;
  const row = asRow(
    await absentIfUnknown(() => site.client.call("orders", "getOrder", { orderNumber }, read)),
  );
  return isSameId(textOf(row, "OrdNbr"), orderNumber) ? row : undefined;
}

async function readOrder(
  site: Site,
  orderNumber: string,
  signal: AbortSignal | undefined,
): Promise<OrderReading | undefined> {
  const row = await orderRowOf(site, orderNumber, signal);
  if (row === undefined) return undefined;
  return {
    orderNumber: textOf(row, "OrdNbr").trim(),
    key: textOf(row, site.keyField),
    stripeId: textOf(row, site.idField),
    customerId: textOf(row, "CustID"),
    customerOrderNumber: textOf(row, "CustOrdNbr"),
    isClosed: textOf(row, "Status").trim().toUpperCase() === CLOSED,
    isCancelled: flagOf(row, "Cancelled"),
    isOnHold: flagOf(row, "AdminHold"),
    isOnCreditHold: flagOf(row, "CreditHold"),
    total: amountOf(row, "CuryTotOrd", textOf(row, "CuryID").trim()),
  };
}

function orderRow(site: Site, draft: OrderDraft): WireRow {
  const row: OrderRow = {
    ...userColumns(draft.userFields),
    CpnyID: site.companyId,
    SOTypeID: draft.type,
    CustID: draft.customerId,
    CustOrdNbr: draft.customerOrderNumber,
    OrdDate: draft.orderDate,
    CuryID: draft.currency,
    ...rateColumns(draft.rate),
    // It ships nothing until the money stands.
    AdminHold: "true",
    explodeKits: "false",
    billEmail: draft.email,
    shipEmail: draft.email,
    notes: draft.note,
    ...shipToColumns(draft),
    [site.idField]: draft.stripeId,
    [site.keyField]: draft.key,
  };
  return { ...row, orderItems: draft.lines.map(itemRow), ...chargesOf(draft) };
}

function shipToColumns({ shipTo, shipVia, shipToId = OWN_SHIP_TO }: OrderDraft): OrderRow {
  const via: OrderRow = shipVia === "" ? {} : { ShipViaID: shipVia };
  if (shipTo === undefined) return { ...via, ShiptoID: shipToId };
  return {
    ...via,
    ShiptoID: shipToId,
    ShipName: shipTo.name,
    ShipAttn: shipTo.attention,
    ShipAddr1: shipTo.addressLine1,
    ShipAddr2: shipTo.addressLine2,
    ShipCity: shipTo.city,
    ShipState: shipTo.state,
    ShipZip: shipTo.zip,
    ShipCountry: shipTo.country,
    ShipPhone: shipTo.phone,
  };
}

function itemRow(line: OrderDraft["lines"][number]): WireRow {
  const row: ItemRow = {
    InvtID: line.itemId,
    Descr: line.description,
    QtyOrd: line.quantity,
    CurySlsPrice: line.unitPrice,
    // What was paid is the price: SL is to take it as typed by hand, and its own cost.
    ManualPrice: "1",
    CuryCost: SL_COMPUTES,
    Taxable: "0",
  };
  return row;
}

/** In price and cost columns: SL is to compute the value. */
const SL_COMPUTES = "-999876";

function chargesOf({ charges }: OrderDraft): WireRow {
  if (charges.length === 0) return {};
  return {
    miscCharges: charges.map(({ chargeId, description, amount }) => ({
      MiscChrgID: chargeId,
      Descr: description,
      CuryMiscChrg: toWire(amount),
      Taxable: "0",
    })),
  };
}

function amountOf(row: WireRow, column: OrderColumn, currency: string): Money {
  const text = textOf(row, column).trim();
  return fromWire(text === "" ? "0" : text, currency);
}

/** A calendar date some days on, `MM/DD/YYYY` as the service's parameters want it. */
function usDate(date: string, days: number): string {
  const at = new Date(`${date}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  const [year, month, day] = at.toISOString().slice(0, 10).split("-");
  return `${month}/${day}/${year}`;
}

function noOrder(operation: string): HubError {
  return new HubError("erp.contract", `SL answered ${operation} without an order`);
}
