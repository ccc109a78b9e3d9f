import { z } from "zod";
import { isCalendarDate } from "../base/calendar-date.ts";
import { EXPONENTS, isCurrency } from "../base/currency.ts";
import { METADATA_KEYS } from "./metadata-keys.ts";
import { customerSchema } from "./schema-customer.ts";
import { disputeAccounts, disputeSettings } from "./schema-dispute.ts";
import { fieldsSchema } from "./schema-fields.ts";
import { ledgerAccounts, ledgerSettings } from "./schema-ledger.ts";
import { payoutAccounts, payoutSettings } from "./schema-payout.ts";
import { refundReasons, returnAccounts } from "./schema-refund.ts";
import { syncSchema } from "./schema-sync.ts";
import { Secret } from "./secret.ts";
import {
  glAccount,
  httpUrl,
  matching,
  oneOf,
  section,
  text,
  timeZone,
  wholeNumber,
} from "./section.ts";

const secret = () => z.instanceof(Secret, { error: "is missing" });
const currency = () => matching(/^[A-Z]{3}$/, "must be an ISO currency code in upper case");
/** Decimals in which this account's Stripe counts a currency, for those it counts otherwise. */
const currencyExponents = () => {
  const known = currency().refine(isCurrency, "is no currency of Stripe's");
  const exponent = z.literal(EXPONENTS, "must be 0, 2 or 3, the decimals of the amounts at Stripe");
  return z.record(known, exponent, "must map currencies to 0, 2 or 3").default({});
};
const day = () =>
  matching(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, "must be a day, YYYY-MM-DD").refine(
    isCalendarDate,
    "must be a day that there is",
  );
const itemId = () => text(30);
const metadataKey = (name: string) =>
  matching(
    /^[^[\]]{1,40}$/,
    "must be a metadata key of 1 to 40 characters without brackets",
  ).default(name);

const stripeSchema = section({
  "secret-key": secret(),
  // That there is one where webhooks are taken is a cross check.
  "webhook-secrets": z
    .array(secret(), "must be a list with at least one signing secret")
    .default([]),
  intake: oneOf(["webhook", "pull", "both"]).default("webhook"),
  "events-since": day().optional(),
  "api-base": httpUrl({ isPlainHttpLocalOnly: true }).optional(),
  livemode: z.boolean("must be true or false").optional(),
  "call-limit": wholeNumber(1, 50).default(16),
  "call-timeout": wholeNumber(1, 80).default(20),
  reports: oneOf(["on", "off"]).default("on"),
});

const slSchema = section({
  connector: oneOf(["ctapi"], ["sql", "transaction-import", "agent"]).default("ctapi"),
  url: httpUrl({ isPlainHttpLocalOnly: false }),
  user: text(100),
  password: secret(),
  "site-id": text(50),
  "site-key": secret().optional(),
  "company-id": text(10),
  "base-currency": currency(),
  "rate-type": text(6).default("SPOT"),
  "call-limit": wholeNumber(1, 32).default(4),
  "call-timeout": wholeNumber(5, 1800).default(300),
  "read-timeout": wholeNumber(1, 600).default(30),
  "watch-every": wholeNumber(1, 168).default(6),
});

const accountsSchema = section({
  clearing: z.record(currency(), glAccount(), "must map each settlement currency to an account"),
  ar: glAccount(),
  sales: glAccount(),
  shipping: glAccount(),
  rounding: glAccount(),
  tax: glAccount().optional(),
  "bad-debt": glAccount().optional(),
  "in-process": glAccount().optional(),
  ...disputeAccounts,
  ...payoutAccounts,
  ...ledgerAccounts,
  returns: returnAccounts(),
});

/** Ids of SL's miscellaneous charges, by what they stand for on an order. */
const orderChargesSchema = section({
  tax: text(10).optional(),
  shipping: text(10).optional(),
  rounding: text(10).optional(),
});

const orderSchema = section({
  type: text(4).default("SO"),
  money: oneOf(["pp", "pa"]).default("pp"),
  tolerance: wholeNumber(0, 5).default(0),
  "left-days": wholeNumber(1, 365).default(30),
  "wait-days": wholeNumber(1, 365).default(90),
  "ship-via": text(15).optional(),
  refund: oneOf(["memo", "order"]).default("memo"),
  charges: orderChargesSchema.prefault({}),
});

const itemMapping = () =>
  z.union([itemId(), section({ item: itemId(), sales: glAccount().optional() })], {
    error: "must be an SL inventory id, or {item, sales}",
  });

const metadataSchema = section({
  "customer-id": metadataKey(METADATA_KEYS["customer-id"]),
  "order-number": metadataKey(METADATA_KEYS["order-number"]),
  "invoice-number": metadataKey(METADATA_KEYS["invoice-number"]),
  "payment-number": metadataKey(METADATA_KEYS["payment-number"]),
  "batch-number": metadataKey(METADATA_KEYS["batch-number"]),
  "credit-number": metadataKey(METADATA_KEYS["credit-number"]),
  "order-id": metadataKey(METADATA_KEYS["order-id"]),
  item: metadataKey(METADATA_KEYS.item),
  invoices: metadataKey(METADATA_KEYS.invoices),
  sync: metadataKey(METADATA_KEYS.sync),
  refund: metadataKey(METADATA_KEYS.refund),
  "refund-lines": metadataKey(METADATA_KEYS["refund-lines"]),
  "refund-reason": metadataKey(METADATA_KEYS["refund-reason"]),
  "debit-memo": metadataKey(METADATA_KEYS["debit-memo"]),
  "credit-memo": metadataKey(METADATA_KEYS["credit-memo"]),
});

const mmdd = () =>
  matching(/^(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/, "must be month and day, MMDD").refine(
    // A year with its 29 February: an end there is the last day of February in every year.
    (end) => isCalendarDate(`2024-${end.slice(0, 2)}-${end.slice(2)}`),
    "must be a day that there is, MMDD",
  );

const calendarSchema = section({
  "period-ends": z.array(mmdd()).min(1, "must list the end of each period").max(13),
  "named-after": oneOf(["start", "end"]).default("end"),
  "first-open": matching(/^\d{4}(0[1-9]|1[0-3])$/, "must be a period, YYYYPP"),
});

/** One pair: its Stripe account, its SL company, and how the one becomes the other. */
export const pairSchema = section({
  stripe: stripeSchema,
  sl: slSchema,
  "time-zone": timeZone(),
  cutoff: section({ zone: timeZone().optional() }).prefault({}),
  mode: oneOf(["invoice", "sales-order", "existing-invoice"]).default("invoice"),
  order: orderSchema.prefault({}),
  accounts: accountsSchema,
  customer: customerSchema.prefault({}),
  terms: section({ paid: text(2) }),
  item: section({ default: itemMapping().optional() }).prefault({}),
  items: z
    .record(z.string(), itemMapping(), "must map product or price ids to SL items")
    .default({}),
  invoice: section({
    when: oneOf(["paid", "finalized"]).default("paid"),
    "stock-items": oneOf(["park", "no-relief"]).default("park"),
  }).prefault({}),
  uncollectible: oneOf(["leave-open", "bad-debt"]).default("leave-open"),
  start: day().optional(),
  "refund-failed": oneOf(["credit", "reverse"]).default("credit"),
  "refund-reasons": refundReasons(),
  "credit-note": section({ wait: wholeNumber(0, 3600).default(60) }).prefault({}),
  "pending-payments": oneOf(["off", "in-transit"]).default("off"),
  "payment-return": oneOf(["debit-memo", "person"]).default("debit-memo"),
  "zero-invoice": oneOf(["skip", "book"]).default("skip"),
  tax: oneOf(["line", "none", "sl"]).default("line"),
  taxes: z.record(z.string(), text(10), "must map tax rates or places to SL tax ids").default({}),
  discount: oneOf(["net"], ["account"]).default("net"),
  "currency-exponents": currencyExponents(),
  "book-in": oneOf(["presentment", "settlement"]).default("presentment"),
  ...disputeSettings,
  ...payoutSettings,
  ...ledgerSettings,
  "closed-period": oneOf(["next-open", "park"]).default("next-open"),
  "outcome-horizon": wholeNumber(5, 3600).default(330),
  release: oneOf(["hub", "person"]).default("hub"),
  "release-wait": wholeNumber(1, 90).default(5),
  refnbr: section({ invoice: oneOf(["sl"], ["hub"]).default("sl") }).prefault({}),
  field: section({
    key: oneOf(["User1", "User2"]).default("User2"),
    id: oneOf(["User1", "User2"]).default("User1"),
  }).prefault({}),
  fields: fieldsSchema.prefault({}),
  metadata: metadataSchema.prefault({}),
  sync: syncSchema.prefault({}),
  calendar: calendarSchema.optional(),
  dashboard: section({
    url: httpUrl({ isPlainHttpLocalOnly: false }).default("https://dashboard.stripe.com"),
  }).prefault({}),
});

/**
 * The settings of one pair as the hub uses them. `id` is the pair's name in the file;
 * `outcomeHorizon`, `stripe.callTimeout`, `sl.callTimeout` and `sl.readTimeout` are in seconds,
 * `journalDelay`, `summaryDelay` and `sl.watchEvery` in hours, `releaseWait` in days.
 */
export type PairSettings = z.output<typeof pairSchema> & Readonly<{ id: string }>;

/** Secret settings, by their path inside a pair; a list's entries share the list's path. */
export const SECRET_SETTINGS = [
  "stripe.secret-key",
  "stripe.webhook-secrets",
  "sl.password",
  "sl.site-key",
] as const;
