import { type Money, subtract, sum, zero } from "../../base/money.ts";
import type {
  CreditStatus,
  CustomerStanding,
  ItemQuestion,
  ItemStanding,
  LookupConnector,
  OpenInvoice,
  OrderLineStanding,
} from "../lookups.ts";
import type { CustomerReading } from "../port.ts";
import type { UsedColumn } from "./contract-usage.ts";
import { customerReading, customerRowOf } from "./customers.ts";
import { BASE_RATE } from "./document-rows.ts";
import { asRow, asRows, type WireRow } from "./envelope.ts";
import { absentIfUnknown } from "./read-batch.ts";
import type { Site } from "./site.ts";
import { equals, hasView, queryView, VIEW } from "./views.ts";
import { dateFromWire, flagOf, fromWire, isSameId, numberFromWire, textOf } from "./wire-values.ts";

/** In a price column: SL is to compute the value. */
const SL_COMPUTES = "-999876";
const ITEM_ACTIVE = "AC";

/** The look-ups of one company over the ctAPI. */
export function createLookups(site: Site): LookupConnector {
  return {
    customer: (customerId, baseCurrency, signal) =>
      readStanding(site, { customerId, baseCurrency }, signal),
    openInvoices: (customerId, signal) => openInvoices(site, customerId, signal),
    orderLines: (orderNumber, signal) => orderLines(site, orderNumber, signal),
    item: (question, signal) => readItem(site, question, signal),
  };
}

async function readStanding(
  site: Site,
  { customerId, baseCurrency }: { customerId: string; baseCurrency: string },
  signal: AbortSignal | undefined,
): Promise<CustomerStanding | undefined> {
  const row = await customerRowOf(site, customerId, signal);
  if (row === undefined) return undefined;
  // Of this company alone: the sum over companies would mix what one of them may not see.
  const args = { custID: textOf(row, "CustId"), bSumMultiCpnyDB: "false" };
  const options = { kind: "read", signal } as const;
  const balances = asRow(
    await site.client.call("customerMaintenance", "getCustomerBalances", args, options),
  );
  const amount = (column: UsedColumn): Money => amountOf(balances, column, baseCurrency);
  const limit = amountOf(row, "CrLmt", baseCurrency);
  const parts = {
    balance: sum([amount("CurrBal"), amount("FutureBal")], baseCurrency),
    prepaid: amount("TotPrePay"),
    openOrders: amount("TotOpenOrd"),
    shippedNotInvoiced: amount("TotShipped"),
  };
  const used = sum([parts.balance, parts.openOrders, parts.shippedNotInvoiced], baseCurrency);
  const available = limit.minor > 0n ? subtract(limit, used) : undefined;
  const customer = customerReading(site, row);
  return {
    customer,
    ...parts,
    creditLimit: limit.minor > 0n ? limit : undefined,
    available,
    creditStatus: creditStatusOf(customer, available),
    lastInvoicedOn: dateFromWire(textOf(balances, "LastInvcDate")),
  };
}

function creditStatusOf({ status }: CustomerReading, available: Money | undefined): CreditStatus {
  if (status === "hold") return "on-hold";
  if (available === undefined) return "no-limit";
  return available.minor >= 0n ? "within" : "over";
}

async function openInvoices(
  site: Site,
  customerId: string,
  signal: AbortSignal | undefined,
): Promise<readonly OpenInvoice[]> {
  const args = { custID: customerId, docType: "%", refNbr: "%" };
  const options = { kind: "read", signal } as const;
  const rows = await site.client.call("paymentApplication", "getOpenInvoices", args, options);
  return asRows(rows)
    .filter((row) => isSameId(textOf(row, "CustId"), customerId))
    .map(openInvoice)
    .filter(({ balance }) => balance.minor !== 0n)
    .sort((a, b) => (a.dueDate + a.refNbr < b.dueDate + b.refNbr ? -1 : 1));
}

function openInvoice(row: WireRow): OpenInvoice {
  const currency = textOf(row, "CuryId").trim();
  return {
    type: textOf(row, "DocType").trim().toUpperCase(),
    refNbr: textOf(row, "RefNbr"),
    customerOrderNumber: textOf(row, "CustOrdNbr"),
    documentDate: dateFromWire(textOf(row, "DocDate")),
    dueDate: dateFromWire(textOf(row, "DueDate")),
    amount: amountOf(row, "CuryOrigDocAmt", currency),
    balance: amountOf(row, "CuryDocBal", currency),
  };
}

async function orderLines(
  site: Site,
  orderNumber: string,
  signal: AbortSignal | undefined,
): Promise<readonly OrderLineStanding[]> {
  const args = { ordNbr: orderNumber, lineRef: "%" };
  const options = { kind: "read", signal } as const;
  const rows = await site.client.call("shippers", "getSOLines", args, options);
  return asRows(rows)
    .filter((row) => isSameId(textOf(row, "OrdNbr").trim(), orderNumber.trim()))
    .map((row) => ({
      itemId: textOf(row, "InvtID"),
      description: textOf(row, "Descr"),
      ordered: quantityOf(row, "QtyOrd"),
      shipped: quantityOf(row, "QtyShip"),
    }));
}

async function readItem(
  site: Site,
  question: ItemQuestion,
  signal: AbortSignal | undefined,
): Promise<ItemStanding | undefined> {
  const { itemId, baseCurrency } = question;
  const options = { kind: "read", signal } as const;
  const screen = asRow(
    await absentIfUnknown(() =>
      site.client.call("inventoryItems", "getScreenByInvtID", { invtID: itemId }, options),
    ),
  );
  const row = asRow(screen?.myInventory);
  if (!isSameId(textOf(row, "InvtID"), itemId) || itemId.trim() === "") return undefined;
  const isStock = flagOf(row, "StkItem");
  const warehouse = question.site ?? textOf(asRow(screen?.myINDfltSites), "DfltSiteID").trim();
  return {
    itemId: textOf(row, "InvtID"),
    description: textOf(row, "Descr"),
    isStock,
    isActive: textOf(row, "TranStatusCode").trim().toUpperCase() === ITEM_ACTIVE,
    unit: textOf(row, "StkUnit"),
    basePrice: amountOf(row, "StkBasePrc", baseCurrency),
    priceFor: await priceFor(site, question, signal),
    site: warehouse,
    onHand: isStock ? await onHand(site, { itemId, warehouse }, signal) : [],
    available: isStock ? await availableOf(site, { itemId, warehouse }, signal) : undefined,
  };
}

/** No contract answers a price: SL prices an order that nobody saves. */
async function priceFor(
  site: Site,
  { itemId, price, baseCurrency }: ItemQuestion,
  signal: AbortSignal | undefined,
): Promise<Money | undefined> {
  if (price === undefined) return undefined;
  const item = { InvtID: itemId, QtyOrd: price.quantity, CurySlsPrice: SL_COMPUTES, Taxable: "0" };
  const inOrder = {
    CpnyID: site.companyId,
    SOTypeID: price.type,
    CustID: price.customerId,
    CuryID: baseCurrency,
    ...BASE_RATE,
    AdminHold: "true",
    explodeKits: "false",
    orderItems: [item],
  };
  const args = { inOrder, updateBasket: "false" };
  const options = { kind: "read", signal } as const;
  const order = asRow(await site.client.call("orders", "calculateOrderTotals", args, options));
  const line = asRows(order?.orderItems)[0];
  return amountOf(line, "CurySlsPrice", baseCurrency);
}

async function onHand(
  site: Site,
  { itemId, warehouse }: { itemId: string; warehouse: string },
  signal: AbortSignal | undefined,
): Promise<ItemStanding["onHand"]> {
  const args = { invtID: itemId, siteID: warehouse, whseLoc: "%" };
  const options = { kind: "read", signal } as const;
  const rows = await site.client.call("shippers", "getWhseLocs", args, options);
  return asRows(rows).map((row) => ({
    place: textOf(row, "WhseLoc").trim(),
    quantity: quantityOf(row, "QtyOnHand"),
  }));
}

/** No contract answers what is promised to others: the view does, where the site has it. */
async function availableOf(
  site: Site,
  { itemId, warehouse }: { itemId: string; warehouse: string },
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (!(await hasStockView(site, signal))) return undefined;
  const filters = [
    equals("InvtID", itemId),
    equals("SiteID", warehouse),
    equals("CpnyID", site.companyId),
  ];
  const [row] = await queryView(site, VIEW.stock, { filters, page: 1, rows: 1 }, signal);
  return row === undefined ? "0" : quantityOf(row, "QtyAvail");
}

/** Sites that were seen to have the view: one that has it not may get it. */
const WITH_STOCK_VIEW = new WeakSet<Site>();

async function hasStockView(site: Site, signal: AbortSignal | undefined): Promise<boolean> {
  if (WITH_STOCK_VIEW.has(site)) return true;
  if (!(await hasView(site, VIEW.stock, signal))) return false;
  WITH_STOCK_VIEW.add(site);
  return true;
}

function amountOf(row: WireRow | undefined, column: UsedColumn, currency: string): Money {
  const text = textOf(row, column).trim();
  return text === "" ? zero(currency) : fromWire(text, currency);
}

function quantityOf(row: WireRow, column: UsedColumn): string {
  const text = textOf(row, column).trim();
  return text === "" ? "0" : numberFromWire(text);
}
