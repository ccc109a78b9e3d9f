import { z } from "zod";
import { instant, pairId } from "./contract-parts.ts";

/** Seconds that a look-up may take when the caller does not say, and at most. */
export const LOOKUP_SECONDS_DEFAULT = 5;
export const LOOKUP_SECONDS_MAX = 20;

const slId = z
  .string()
  .trim()
  .regex(/^[\x21-\x7e]{1,60}$/, "must be an id of at most 60 characters without blanks");
const within = z.coerce
  .number()
  .min(0.1)
  .max(LOOKUP_SECONDS_MAX)
  .default(LOOKUP_SECONDS_DEFAULT)
  .meta({ example: String(LOOKUP_SECONDS_DEFAULT) });
const fresh = z
  .enum(["1", "0", "true", "false"])
  .default("0")
  .transform((word) => word === "1" || word === "true");
const quantity = z
  .string()
  .regex(/^\d{1,9}(\.\d{1,6})?$/, "must be a quantity such as 3 or 1.5")
  .default("1")
  .meta({ example: "3" });

export const LookupParams = z.strictObject({
  pair: pairId,
  id: slId.meta({ example: "C7QK2M4XW5Z3TAB" }),
});
export const LookupQuery = z.strictObject({ fresh, within });
export const CustomersParams = z.strictObject({ pair: pairId });
export const CustomersQuery = z.strictObject({
  email: z.email("must be an e-mail address").meta({ example: "grace@example.com" }),
  fresh,
  within,
});
export const ItemQuery = z.strictObject({
  site: slId.meta({ example: "MAIN" }).optional(),
  customer: slId.meta({ example: "C7QK2M4XW5Z3TAB" }).optional(),
  quantity,
  fresh,
  within,
});

/** When SL said so, and whether it was asked just now. */
const answered = { readAt: instant, isCached: z.boolean() };
const amount = z.string();

export const CustomerStandingRow = z.object({
  customerId: z.string(),
  stripeId: z.string(),
  name: z.string(),
  email: z.string(),
  status: z.enum(["active", "inactive", "hold", "one-time"]),
  classId: z.string(),
  terms: z.string(),
  /** Amounts are in this one, the company's base currency. */
  currency: z.string(),
  balance: amount,
  prepaid: amount,
  openOrders: amount,
  shippedNotInvoiced: amount,
  creditLimit: amount.nullable(),
  available: amount.nullable(),
  creditStatus: z.enum(["no-limit", "within", "over", "on-hold"]),
  lastInvoicedOn: z.string(),
});
export type CustomerStandingRow = z.output<typeof CustomerStandingRow>;
export const CustomerLookup = z.object({ ...answered, customer: CustomerStandingRow });
export const CustomersLookup = z.object({ ...answered, customers: z.array(CustomerStandingRow) });
export type CustomersLookup = z.output<typeof CustomersLookup>;

export const OpenInvoiceRow = z.object({
  type: z.string(),
  refNbr: z.string(),
  customerOrderNumber: z.string(),
  documentDate: z.string(),
  dueDate: z.string(),
  currency: z.string(),
  amount,
  balance: amount,
});
export const InvoicesLookup = z.object({ ...answered, invoices: z.array(OpenInvoiceRow) });
export type InvoicesLookup = z.output<typeof InvoicesLookup>;

export const OrderLookup = z.object({
  ...answered,
  order: z.object({
    orderNumber: z.string(),
    customerId: z.string(),
    customerOrderNumber: z.string(),
    stripeId: z.string(),
    state: z.enum(["open", "on-hold", "credit-hold", "closed", "cancelled"]),
    currency: z.string(),
    total: amount,
    lines: z.array(
      z.object({
        itemId: z.string(),
        description: z.string(),
        ordered: z.string(),
        shipped: z.string(),
      }),
    ),
    shipments: z.array(
      z.object({
        shipperId: z.string(),
        isCancelled: z.boolean(),
        total: amount,
        documentType: z.string(),
        invoiceNumber: z.string(),
        batNbr: z.string(),
      }),
    ),
  }),
});
export type OrderLookup = z.output<typeof OrderLookup>;

export const ItemLookup = z.object({
  ...answered,
  item: z.object({
    itemId: z.string(),
    description: z.string(),
    isStock: z.boolean(),
    isActive: z.boolean(),
    unit: z.string(),
    currency: z.string(),
    basePrice: amount,
    /** What SL asks the customer for one unit; null where no customer was given. */
    priceFor: amount.nullable(),
    site: z.string(),
    onHand: z.array(z.object({ place: z.string(), quantity: z.string() })),
    /** What SL counts as available there; null where the site lacks the view that tells. */
    available: z.string().nullable(),
  }),
});
export type ItemLookup = z.output<typeof ItemLookup>;

export const DocumentsLookup = z.object({
  ...answered,
  documents: z.array(
    z.object({
      object: z.string(),
      purpose: z.string(),
      type: z.string(),
      refNbr: z.string(),
      batNbr: z.string(),
      customerId: z.string(),
      period: z.string(),
      documentDate: z.string(),
      currency: z.string().nullable(),
      amount: amount.nullable(),
      /** Null where SL does not show the document any more. */
      balance: amount.nullable(),
    }),
  ),
});
export type DocumentsLookup = z.output<typeof DocumentsLookup>;
