import { z } from "zod";
import { cursor, instant, limit, page, pairId, word } from "./contract-parts.ts";

export const ORDER_STATES = ["held", "open", "closed", "cancelled"] as const;
export const OrdersQuery = z.strictObject({
  pair: pairId.optional(),
  state: z.enum(ORDER_STATES).meta({ example: "open" }).optional(),
  /** Only closed orders with money that no document took. */
  left: z.stringbool("must be true or false").meta({ example: "true" }).optional(),
  before: cursor.optional(),
  limit,
});
/** An order by its number in SL, or by the Stripe id of its sale. */
export const OrderParams = z.strictObject({ id: word.meta({ example: "O0005001" }) });
export const OrderQuery = z.strictObject({ pair: pairId.optional() });

/** A sales order with its money: what was paid is applied, refunded or left. */
export const OrderRow = z.object({
  seq: z.string(),
  pair: z.string(),
  orderNumber: z.string(),
  customerId: z.string(),
  customerOrderNumber: z.string(),
  /** The Stripe object that was sold: an invoice, a PaymentIntent or a charge. */
  object: z.string(),
  laneKey: z.string(),
  currency: z.string(),
  paid: z.string(),
  applied: z.string(),
  refunded: z.string(),
  left: z.string(),
  state: z.enum(ORDER_STATES),
  /** In words; empty where it waits for nothing. */
  waitsFor: z.string(),
  placedAt: instant,
  changedAt: instant,
  lookedAt: instant,
  /** When the hub looks at it by itself; null where it does not, or is at it now. */
  nextLookAt: instant.nullable(),
  /** Since when money of the closed order has no document. */
  leftSince: instant.nullable(),
  /** Whether that is longer than the pair's `order.left-days`. */
  isOverdue: z.boolean(),
});
export type OrderRow = z.output<typeof OrderRow>;
export const OrderPage = page(OrderRow);

/** A payment, invoice or memo of an order; `open` is what of it is not applied yet. */
export const OrderDocument = z.object({
  type: z.string(),
  refNbr: z.string(),
  batNbr: z.string(),
  amount: z.string(),
  open: z.string(),
  documentDate: z.string(),
  shippers: z.array(z.string()),
});
export const OrderAnswer = OrderRow.extend({ documents: z.array(OrderDocument) });
export type OrderAnswer = z.output<typeof OrderAnswer>;
/** The lane that was woken to look at an order. */
export const LookAnswer = z.object({ pair: z.string(), laneKey: z.string() });
