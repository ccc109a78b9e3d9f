import { z } from "zod";

const text = z.string();
const decimal = z.string().regex(/^-?\d+(\.\d+)?$/);
const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
const instant = z.iso.datetime({ offset: true });

/** SL's numbers of a released document. */
const slDocument = z.object({
  type: text.describe("SL's two letters: IN invoice, PA payment, PP prepayment, CM, DM"),
  refNbr: text,
  batNbr: text,
  customerId: text,
  period: text.describe("fiscal period, YYYYPP"),
  documentDate: day,
});

const documentBooked = z.object({
  object: text.describe("the Stripe object whose fact it is"),
  purpose: text.describe("what the document is for: invoice, payment, …"),
  part: text.describe("which of several equal documents; empty where there is one"),
  generation: z.int().describe("above 0 where the fact was booked again"),
  intentKey: text.describe("the 26 characters by which SL's document is found again"),
  amount: decimal.nullable(),
  currency: text.nullable(),
  document: slDocument,
});
const paymentApplied = z.object({
  object: text.describe("the Stripe object whose fact it is, such as the charge"),
  payment: z.object({ type: text, refNbr: text, batNbr: text, customerId: text }),
  currency: text,
  applications: z.array(z.object({ type: text, refNbr: text, amount: decimal })),
});
const orderPlaced = z.object({
  object: text.describe("the Stripe object of the order"),
  orderNumber: text,
  customerId: text,
  total: decimal,
  currency: text,
});
const orderBooked = z.object({
  object: text.describe("the Stripe object of the order: its PaymentIntent, invoice or charge"),
  summary: text,
  runId: text,
  documents: z.array(slDocument.extend({ object: text, purpose: text })),
});
const customerLinked = z.object({
  object: text.describe("the Stripe customer, or the guest's e-mail or order"),
  customerId: text.describe("SL's CustID"),
  how: z.enum(["created", "found"]),
});
const metadataWritten = z.object({
  object: text.describe("the Stripe object whose metadata was written"),
  keys: z.array(text),
});
const documentParked = z.object({
  case: text,
  version: z.int(),
  runId: text.nullable(),
  category: text,
  code: text.describe("a code of errors.md"),
  reason: text,
  cure: text,
  money: text
    .nullable()
    .describe("each charge with what was captured, and each row that moved it, where known"),
});
const caseClosed = z.object({ case: text, by: text, comment: text.nullable() });
const documentReversed = z.object({
  object: text.describe("the Stripe object whose fact it is"),
  purpose: text,
  part: text,
  generation: z.int().describe("the one that was taken back; the next one may be booked"),
  document: slDocument.describe("what was taken back"),
  reversedBy: slDocument.describe("the document that takes it back"),
  dated: day,
  by: text,
  reason: text,
});
const pairPaused = z.object({ code: text, reason: text });
const nothing = z.object({});
const slUnreachable = z.object({ since: instant });
const subscriberDisabled = z.object({ subscriber: text, reason: text });
const subscriberEnabled = z.object({ subscriber: text });

const DOCUMENT = {
  type: "IN",
  refNbr: "000200",
  batNbr: "000123",
  customerId: "C7QK2M4XW5Z3TAB",
  period: "202611",
  documentDate: "2026-11-23",
} as const;
const PAYMENT = { ...DOCUMENT, type: "PA", refNbr: "KY3E3RUCE5", batNbr: "000124" } as const;
const LANE = "the order's lane, such as the PaymentIntent";

/** What is said of one type of event, and an example of what it carries. */
type Entry<S extends z.ZodType> = Readonly<{
  version: number;
  when: string;
  key: string;
  schema: S;
  example: z.output<S>;
}>;

function entry<S extends z.ZodType>(value: Entry<S>): Entry<S> {
  return value;
}

/**
 * Every event that the hub tells. A field may be added within a version; whatever else changes is a
 * new version. docs/events.md and docs/domain-events.schema.json are generated from here.
 */
export const CATALOG = {
  "order.booked": entry({
    version: 1,
    when: "all of an order's money stands in SL, released",
    key: LANE,
    schema: orderBooked,
    example: {
      object: "pi_3Pq",
      summary: "invoice 000200, payment KY3E3RUCE5, customer C7QK2M4XW5Z3TAB",
      runId: "1042",
      documents: [
        { object: "pi_3Pq", purpose: "invoice", ...DOCUMENT },
        { object: "ch_3Pq", purpose: "payment", ...PAYMENT },
      ],
    },
  }),
  "document.booked": entry({
    version: 1,
    when: "SL shows one document as released",
    key: LANE,
    schema: documentBooked,
    example: {
      object: "pi_3Pq",
      purpose: "invoice",
      part: "",
      generation: 0,
      intentKey: "K5XEDJ2PZ3YQW7RLNAB4C6MFTU",
      amount: "108.25",
      currency: "USD",
      document: DOCUMENT,
    },
  }),
  "payment.applied": entry({
    version: 1,
    when: "a payment settles one or more invoices, with its release or later",
    key: LANE,
    schema: paymentApplied,
    example: {
      object: "ch_3Pq",
      payment: {
        type: "PA",
        refNbr: "KY3E3RUCE5",
        batNbr: "000124",
        customerId: "C7QK2M4XW5Z3TAB",
      },
      currency: "USD",
      applications: [{ type: "IN", refNbr: "000200", amount: "108.25" }],
    },
  }),
  "order.placed": entry({
    version: 1,
    when: "a sales order stands in SL, on hold until its money does",
    key: LANE,
    schema: orderPlaced,
    example: {
      object: "pi_3Pq",
      orderNumber: "O00123",
      customerId: "C7QK2M4XW5Z3TAB",
      total: "108.25",
      currency: "USD",
    },
  }),
  "customer.linked": entry({
    version: 1,
    when: "a Stripe customer got its SL customer, made or found",
    key: "the Stripe customer",
    schema: customerLinked,
    example: { object: "cus_Nf1", customerId: "C7QK2M4XW5Z3TAB", how: "created" },
  }),
  "metadata.written": entry({
    version: 1,
    when: "SL's numbers were written to the metadata of a Stripe object",
    key: LANE,
    schema: metadataWritten,
    example: { object: "pi_3Pq", keys: ["DynamicsSL_InvoiceNbr", "DynamicsSL_BatchNbr"] },
  }),
  "document.parked": entry({
    version: 1,
    when: "a run waits for a person, or its trouble has become another one",
    key: LANE,
    schema: documentParked,
    example: {
      case: "12",
      version: 1,
      runId: "1043",
      category: "mapping",
      code: "mapping.product_unmapped",
      reason: "Product prod_1 is not mapped",
      cure: "Map the product in `items:` of the pair, or give it metadata InvtID, then resume.",
      money: "ch_3Pq 108.25 USD",
    },
  }),
  "document.reversed": entry({
    version: 1,
    when: "a released document was taken back by another one, as a person asked for",
    key: LANE,
    schema: documentReversed,
    example: {
      object: "pi_3Pq",
      purpose: "invoice",
      part: "",
      generation: 0,
      document: DOCUMENT,
      reversedBy: { ...DOCUMENT, type: "CM", refNbr: "000205", batNbr: "000131" },
      dated: "2026-12-02",
      by: "maria",
      reason: "booked on the wrong customer",
    },
  }),
  "document.resumed": entry({
    version: 1,
    when: "a person let a parked run go on",
    key: LANE,
    schema: caseClosed,
    example: { case: "12", by: "maria", comment: "item added to SL" },
  }),
  "document.dismissed": entry({
    version: 1,
    when: "a person closed a parked run without a document",
    key: LANE,
    schema: caseClosed,
    example: { case: "12", by: "maria", comment: "booked by hand as IN 004711" },
  }),
  "document.resolved": entry({
    version: 1,
    when: "a parked run came through by itself",
    key: LANE,
    schema: caseClosed,
    example: { case: "12", by: "the run", comment: null },
  }),
  "pair.paused": entry({
    version: 1,
    when: "a person, refused credentials or a gap after a restore stopped a pair",
    key: "pair",
    schema: pairPaused,
    example: { code: "erp.auth", reason: "SL refused the user or the site" },
  }),
  "pair.resumed": entry({
    version: 1,
    when: "a paused pair goes on",
    key: "pair",
    schema: nothing,
    example: {},
  }),
  "pair.sl_unreachable": entry({
    version: 1,
    when: "SL gave no answer five times in a row: orders wait",
    key: "pair",
    schema: slUnreachable,
    example: { since: "2026-11-23T08:15:02.113Z" },
  }),
  "pair.sl_reachable": entry({
    version: 1,
    when: "SL answers again: orders go on",
    key: "pair",
    schema: slUnreachable,
    example: { since: "2026-11-23T08:15:02.113Z" },
  }),
  "subscriber.disabled": entry({
    version: 1,
    when: "deliveries to a subscriber were stopped",
    key: "the subscriber",
    schema: subscriberDisabled,
    example: { subscriber: "shop", reason: "nothing came through for 3 days" },
  }),
  "subscriber.enabled": entry({
    version: 1,
    when: "a person had deliveries to a subscriber go on",
    key: "the subscriber",
    schema: subscriberEnabled,
    example: { subscriber: "shop" },
  }),
} as const;

/** The name of a domain event. */
export type DomainEventType = keyof typeof CATALOG;

/** What an event of that type carries. */
export type DomainEventData<T extends DomainEventType> = z.output<(typeof CATALOG)[T]["schema"]>;

/** Every type, in the order of the catalog. */
export const DOMAIN_EVENT_TYPES = Object.keys(CATALOG) as readonly DomainEventType[];

/** An event as subscribers get it: the body of a webhook, and the `data:` of the stream. */
export const DomainEventEnvelope = z.object({
  id: text.regex(/^hev_[0-9a-f]{32}$/).describe("the same at every try: by it a repeat is known"),
  type: z.enum(Object.keys(CATALOG) as [DomainEventType, ...DomainEventType[]]),
  version: z.int().min(1),
  timestamp: instant.describe("when it happened, by the clock of the database"),
  position: text.regex(/^\d+$/).describe("grows by one from event to event of this hub"),
  pair: text.nullable().describe("null where the event is of the hub itself"),
  key: text.describe("events of one pair and key come in the order in which they happened"),
  data: z.record(text, z.unknown()),
});
export type DomainEventEnvelope = z.output<typeof DomainEventEnvelope>;

/** The version in which the hub tells events of this type. */
export function versionOf(type: DomainEventType): number {
  return CATALOG[type].version;
}
