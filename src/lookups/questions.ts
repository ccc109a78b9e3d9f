import type { Pool } from "pg";
import { HubError } from "../base/errors.ts";
import type { Money } from "../base/money.ts";
import type {
  CustomerStanding,
  ItemStanding,
  OpenInvoice,
  OrderLineStanding,
} from "../erp/lookups.ts";
import type { OrderReading, ShipmentReading } from "../erp/port.ts";
import { linkedCustomerId, linksOfStripeId } from "../links/index.ts";
import type { PairRuntime } from "../runs/index.ts";

/** Customers of one e-mail address that are told with their balances. */
const CUSTOMERS_MAX = 5;
/** Documents of one Stripe object that are told with their balances. */
const DOCUMENTS_MAX = 20;

/** A document that the hub booked for a Stripe object, with what SL shows of it now. */
export type BookedDocument = Readonly<{
  object: string;
  purpose: string;
  type: string;
  refNbr: string;
  batNbr: string;
  customerId: string;
  period: string;
  documentDate: string;
  /** Undefined where SL does not show the document any more. */
  amount: Money | undefined;
  balance: Money | undefined;
}>;

/** An order with how far it is. */
export type OrderStanding = Readonly<{
  order: OrderReading;
  lines: readonly OrderLineStanding[];
  shipments: readonly ShipmentReading[];
}>;

/** What was found, and whose writes make it old. */
export type Found<T> = Readonly<{ value: T; customers: readonly string[] }>;

type Context = Readonly<{ pair: PairRuntime; signal: AbortSignal }>;

/**
 * SL's id of a customer that is named by its id or by Stripe's.
 *
 * @throws HubError `lookup.not_found`
 */
export async function customerIdOf(pool: Pool, pair: string, id: string): Promise<string> {
  if (!id.startsWith("cus_")) return id;
  const linked = await linkedCustomerId(pool, pair, id);
  if (linked !== undefined) return linked;
  throw notFound(`The hub has booked nothing of Stripe customer ${id}`);
}

/** SL's number of an order that is named by its number or by a Stripe id. */
export async function orderNumberOf(pool: Pool, pair: string, id: string): Promise<string> {
  if (!/^(pi|in|ch|cs)_/.test(id)) return id;
  const links = await linksOfStripeId(pool, id);
  const link = links.find((one) => one.pair === pair && one.kind === "order" && one.part === "");
  if (link !== undefined) return link.slKey;
  throw notFound(`The hub has placed no order for ${id}`);
}

export async function askCustomer(
  { pair, signal }: Context,
  customerId: string,
): Promise<Found<CustomerStanding>> {
  const { baseCurrency } = pair.settings.sl;
  const value = await pair.erp.lookups.customer(customerId, baseCurrency, signal);
  if (value === undefined) throw notFound(`SL has no customer ${customerId}`);
  return { value, customers: [value.customer.customerId] };
}

export async function askByEmail(
  context: Context,
  email: string,
): Promise<Found<readonly CustomerStanding[]>> {
  const { pair, signal } = context;
  const found = await pair.erp.findCustomersByEmail(email, signal);
  const standings: CustomerStanding[] = [];
  for (const { customerId } of found.slice(0, CUSTOMERS_MAX)) {
    standings.push((await askCustomer(context, customerId)).value);
  }
  return { value: standings, customers: standings.map(({ customer }) => customer.customerId) };
}

export async function askInvoices(
  { pair, signal }: Context,
  customerId: string,
): Promise<Found<readonly OpenInvoice[]>> {
  const value = await pair.erp.lookups.openInvoices(customerId, signal);
  // An empty list of nobody is no answer.
  if (value.length === 0 && (await pair.erp.readCustomer(customerId, signal)) === undefined) {
    throw notFound(`SL has no customer ${customerId}`);
  }
  return { value, customers: [customerId] };
}

export async function askOrder(
  { pair, signal }: Context,
  orderNumber: string,
): Promise<Found<OrderStanding>> {
  const order = await pair.erp.orders.read(orderNumber, signal);
  if (order === undefined) throw notFound(`SL has no order ${orderNumber}`);
  const lines = await pair.erp.lookups.orderLines(orderNumber, signal);
  const shipments = await pair.erp.orders.readShipments(orderNumber, signal);
  return { value: { order, lines, shipments }, customers: [] };
}

/** Which item, and whose price of which quantity. */
export type ItemAsked = Readonly<{
  itemId: string;
  site: string | undefined;
  customerId: string | undefined;
  quantity: string;
}>;

export async function askItem(
  { pair, signal }: Context,
  asked: ItemAsked,
): Promise<Found<ItemStanding>> {
  const { itemId, site, customerId, quantity } = asked;
  const { settings, erp } = pair;
  const { type } = settings.order;
  const question = {
    itemId,
    baseCurrency: settings.sl.baseCurrency,
    ...(site === undefined ? {} : { site }),
    ...(customerId === undefined ? {} : { price: { customerId, quantity, type } }),
  };
  const value = await erp.lookups.item(question, signal);
  if (value === undefined) throw notFound(`SL has no item ${itemId}`);
  return { value, customers: [] };
}

const BOOKED_SQL = `
select i.object, i.purpose, i.receipt from intent i
where i.pair = $1 and (i.object = $2 or i.lane_key = $2) and i.stage = 'done'
  and i.purpose <> 'apply' and i.receipt ? 'refNbr'
order by i.created_at, i.key limit ${DOCUMENTS_MAX}`;

type BookedRow = {
  object: string;
  purpose: string;
  receipt: Record<"type" | "refNbr" | "batNbr" | "customerId" | "period" | "documentDate", string>;
};

export async function askDocuments(
  { pair, signal }: Context,
  pool: Pool,
  stripeId: string,
): Promise<Found<readonly BookedDocument[]>> {
  const { rows } = await pool.query<BookedRow>(BOOKED_SQL, [pair.id, stripeId]);
  if (rows.length === 0) throw notFound(`The hub has booked no document of ${stripeId}`);
  const documents: BookedDocument[] = [];
  for (const { object, purpose, receipt } of rows) {
    const { type, refNbr, batNbr, customerId, period, documentDate } = receipt;
    const shown = await pair.erp.readReleased(type, customerId, refNbr, signal);
    const numbers = { type, refNbr, batNbr, customerId, period, documentDate };
    documents.push({
      object,
      purpose,
      ...numbers,
      amount: shown?.amount,
      balance: shown?.balance,
    });
  }
  return { value: documents, customers: [...new Set(documents.map((one) => one.customerId))] };
}

function notFound(message: string): HubError {
  return new HubError("lookup.not_found", message);
}
