/** What may be asked. */
export type LookupKind =
  | "customer"
  | "customers-by-email"
  | "invoices"
  | "order"
  | "item"
  | "documents";

/** How long an answer of SL may be given again, and what ends that earlier. */
export type CacheRule = Readonly<{
  keepMs: number;
  what: string;
  /** What the hub itself writes for the customer makes the answer old. */
  endsWithWrites: boolean;
}>;

/** The written rules; docs/lookups.md shows them, generated from here. */
export const CACHE_RULES: Readonly<Record<LookupKind, CacheRule>> = {
  customer: {
    keepMs: 30_000,
    what: "customer with terms, balance and credit",
    endsWithWrites: true,
  },
  "customers-by-email": {
    keepMs: 10_000,
    what: "customers of an e-mail address",
    endsWithWrites: false,
  },
  invoices: { keepMs: 15_000, what: "open invoices of a customer", endsWithWrites: true },
  order: { keepMs: 10_000, what: "order with lines and shipments", endsWithWrites: false },
  item: { keepMs: 60_000, what: "item with price and stock", endsWithWrites: false },
  documents: { keepMs: 15_000, what: "documents of a Stripe object", endsWithWrites: true },
};

/** Answers that one process keeps; the one kept longest goes first. */
export const KEPT_MAX = 1_000;
