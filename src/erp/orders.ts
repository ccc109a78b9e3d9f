import type { Money } from "../base/money.ts";
import type { DocumentRate, UserFields } from "./drafts.ts";

/** A sold line of an order: `quantity` × `unitPrice` rounds to `amount`, discount taken off. */
export type OrderLineDraft = Readonly<{
  itemId: string;
  /** Decimal text, such as `3` or `1.5`. */
  quantity: string;
  /** Price of one unit after discount, as decimal text; the ERP is not to price it again. */
  unitPrice: string;
  amount: Money;
  /** At most 60 characters. */
  description: string;
}>;

/** What an order bears beside its goods: tax, shipping, a rounding difference. */
export type OrderChargeDraft = Readonly<{
  /** The ERP's id of the miscellaneous charge: it names account and text. */
  chargeId: string;
  amount: Money;
  /** At most 30 characters. */
  description: string;
}>;

/** Where the goods go, cut to the ERP's widths. */
export type ShipToDraft = Readonly<{
  name: string;
  attention: string;
  addressLine1: string;
  addressLine2: string;
  city: string;
  state: string;
  zip: string;
  country: string;
  phone: string;
}>;

/** A sales order to place, on hold. Lines and charges add up to `total`. */
export type OrderDraft = Readonly<{
  kind: "order";
  /** The intent key, 26 characters. */
  key: string;
  /** The readable Stripe id, at most 30 characters. */
  stripeId: string;
  customerId: string;
  /** The order type at the site. */
  type: string;
  /** The merchant's order number, at most 25 characters. */
  customerOrderNumber: string;
  /** Calendar date `YYYY-MM-DD`. */
  orderDate: string;
  currency: string;
  /** How it is valued; absent in the ledger's base currency. What SL makes of it has this rate. */
  rate?: DocumentRate;
  total: Money;
  lines: readonly OrderLineDraft[];
  charges: readonly OrderChargeDraft[];
  /** Undefined: the customer's own ship-to. */
  shipTo: ShipToDraft | undefined;
  /** The customer's address of this id, where the ERP has it; else its own. */
  shipToId?: string;
  /** How it is shipped; empty: as the customer's ship-to says. */
  shipVia: string;
  /** E-mail address for what the site sends about the order; may be empty. */
  email: string;
  note: string;
  userFields: UserFields;
}>;

/** What the ERP makes of a draft before anything is saved. */
export type OrderTotals = Readonly<{
  total: Money;
  merchandise: Money;
  charges: Money;
  freight: Money;
  tax: Money;
}>;

/** An order as the ERP holds it; texts trimmed. */
export type OrderReading = Readonly<{
  orderNumber: string;
  key: string;
  stripeId: string;
  customerId: string;
  customerOrderNumber: string;
  /** Nothing of it is open any more: all shipped, closed short, or cancelled. */
  isClosed: boolean;
  isCancelled: boolean;
  /** Held by the hub or by a person; nothing ships. */
  isOnHold: boolean;
  isOnCreditHold: boolean;
  total: Money;
}>;

/** A shipment of an order, and the receivable document that it became. */
export type ShipmentReading = Readonly<{
  shipperId: string;
  orderNumber: string;
  isCancelled: boolean;
  /** What of the invoice is this shipment's own: all of it, but for a consolidated one. */
  total: Money;
  /** Empty until the shipment is invoiced. */
  batNbr: string;
  invoiceNumber: string;
  /** `IN`, or `CM` where the order was of behaviour credit memo. */
  documentType: string;
}>;

/** Whose returns are looked for: those of one customer between two calendar dates. */
export type ReturnsWanted = Readonly<{
  /** The orders that they are returns of. */
  orderNumbers: readonly string[];
  customerId: string;
  from: string;
  to: string;
}>;

/** A return order, and the order that it names as its original. */
export type ReturnOrder = Readonly<{ orderNumber: string; original: string }>;

/**
 * Sales orders of an ERP. Calls end as `ErpConnector` lists it; an order cannot be reserved, so a
 * lost answer of `place` is settled by `find` alone.
 */
export type OrderConnector = Readonly<{
  /** What the ERP would ask for the draft; saves nothing. */
  calculate(draft: OrderDraft, signal?: AbortSignal): Promise<OrderTotals>;
  /** Places it on hold. */
  place(draft: OrderDraft, signal?: AbortSignal): Promise<Readonly<{ orderNumber: string }>>;
  /** Every order of the draft's key; by view where the site has it, else among the customer's. */
  find(draft: OrderDraft, signal?: AbortSignal): Promise<readonly OrderReading[]>;
  read(orderNumber: string, signal?: AbortSignal): Promise<OrderReading | undefined>;
  /** Lifts the administrative hold; lifting it twice changes nothing. */
  liftHold(orderNumber: string, signal?: AbortSignal): Promise<void>;
  /** Puts it on administrative hold, so that nothing ships; twice changes nothing. */
  hold(orderNumber: string, signal?: AbortSignal): Promise<void>;
  /** The order type and the misc charges of `wanted` that the site lacks. */
  missingSetup(
    wanted: Readonly<{ type: string; charges: readonly string[] }>,
    signal?: AbortSignal,
  ): Promise<readonly string[]>;
  readShipments(orderNumber: string, signal?: AbortSignal): Promise<readonly ShipmentReading[]>;
  /** The orders that name one of these as their original, oldest first: their returns. */
  findReturns(of: ReturnsWanted, signal?: AbortSignal): Promise<readonly ReturnOrder[]>;
  /** How many payments stand on the order itself: the hub never enters any there. */
  countPayments(orderNumber: string, signal?: AbortSignal): Promise<number>;
}>;
