import type { Money } from "../base/money.ts";
import type { CustomerReading } from "./readings.ts";

/** Whether a customer may buy more on account, by the limit and what stands against it. */
export type CreditStatus = "no-limit" | "within" | "over" | "on-hold";

/** A customer with terms, balance and credit; amounts in the company's base currency. */
export type CustomerStanding = Readonly<{
  customer: CustomerReading;
  /** Undefined: SL keeps no limit for the customer. */
  creditLimit: Money | undefined;
  /** What is open in receivables, documents of future periods included. */
  balance: Money;
  /** Prepayments that are not applied yet. */
  prepaid: Money;
  /** Open sales orders, and what was shipped and not invoiced yet. */
  openOrders: Money;
  shippedNotInvoiced: Money;
  /** The limit less balance, open orders and what is shipped; undefined without a limit. */
  available: Money | undefined;
  creditStatus: CreditStatus;
  /** Calendar date of the last invoice, or empty. */
  lastInvoicedOn: string;
}>;

/** A released document that a customer owes something of. */
export type OpenInvoice = Readonly<{
  /** SL's two letters: IN, DM, FI, NC. */
  type: string;
  refNbr: string;
  /** What the customer calls it; may be empty. */
  customerOrderNumber: string;
  documentDate: string;
  dueDate: string;
  amount: Money;
  balance: Money;
}>;

/** A line of an order with how far it is. */
export type OrderLineStanding = Readonly<{
  itemId: string;
  description: string;
  /** Decimal text. */
  ordered: string;
  shipped: string;
}>;

/** An item with its price and what lies in a warehouse. */
export type ItemStanding = Readonly<{
  itemId: string;
  description: string;
  isStock: boolean;
  isActive: boolean;
  unit: string;
  /** The price of one unit that the item itself names, in the company's base currency. */
  basePrice: Money;
  /** What SL asks this customer for one unit of this quantity; only where it was asked for. */
  priceFor: Money | undefined;
  /** The warehouse that was looked at, and what lies there, by place. Decimal text. */
  site: string;
  onHand: readonly Readonly<{ place: string; quantity: string }>[];
  /** What SL counts as available there; undefined where the site does not tell. */
  available: string | undefined;
}>;

/** Which item, in which warehouse, at whose price. */
export type ItemQuestion = Readonly<{
  itemId: string;
  baseCurrency: string;
  /** Default: the item's own warehouse. */
  site?: string;
  /** Decimal text of the quantity, and whose price is asked for; `type` is the order type. */
  price?: Readonly<{ customerId: string; quantity: string; type: string }>;
}>;

/**
 * Questions that are answered at once and change nothing. Each makes its calls one after the other;
 * they end as `ErpConnector` lists it.
 */
export type LookupConnector = Readonly<{
  /** Undefined where SL has no such customer. */
  customer(
    customerId: string,
    baseCurrency: string,
    signal?: AbortSignal,
  ): Promise<CustomerStanding | undefined>;
  /** Oldest due first. */
  openInvoices(customerId: string, signal?: AbortSignal): Promise<readonly OpenInvoice[]>;
  orderLines(orderNumber: string, signal?: AbortSignal): Promise<readonly OrderLineStanding[]>;
  item(question: ItemQuestion, signal?: AbortSignal): Promise<ItemStanding | undefined>;
}>;
