/**
 * What a connector can do at a site. `yes` and `no` are known; `probe` is answered per site by
 * `slipway doctor --probe`. Until then what is harmless is tried (an empty batch, an application of
 * released money on hold), and everything else counts as `no`.
 */
export type CapabilityAnswer = "yes" | "no" | "probe";

/** What a connector may be asked for, in words for `doctor`; published contracts cover a part. */
export const CAPABILITIES = {
  "reserve-invoice": "an empty held batch in Invoice and Memo (08.010)",
  "reserve-payment": "an empty held batch in Payment Application (08.030)",
  "reserve-journal": "an empty held batch in Journal Transactions (01.010)",
  append: "a document is written into a held batch",
  "closed-after-release": "a released batch takes no further document",
  "release-invoice": "release by the hub in 08.010",
  "release-payment": "release by the hub in 08.030",
  "release-journal": "release by the hub in 01.010",
  "keep-keys": "the fields of the keys are kept on receivables batches and documents",
  "keep-notes": "notes are kept on receivables documents",
  "keep-journal": "keys, notes and GLPostOpt are kept on journals",
  "post-in-detail": "GLPostOpt D is kept: the ledger has a line for each document line",
  "search-unreleased": "searchInvoiceAndMemo shows unreleased documents",
  "search-by-key": "searchInvoiceAndMemo filters by user fields",
  "list-batches": "common.getBatches shows unreleased batches by key",
  "validate-only": "VALIDATEONLY checks a document and saves nothing",
  "pay-and-apply": "a payment with its applications in one document",
  "apply-later": "application of a payment that is already released",
  "apply-prepayment": "application of a prepayment that is already released",
  "apply-memo": "application of a credit memo to a debit memo",
  prepayment: "prepayments (PP)",
  "prepayment-exempt": "AutoApply of a customer leaves prepayments alone",
  "foreign-currency": "a document in another currency than the customer's",
  "supplied-rate": "an exchange rate given by the hub is kept",
  "supplied-tax": "tax amounts given by the hub are kept",
  "find-by-key": "unreleased documents are found by intent key (Quick Query views)",
  "find-applications": "applications, pending ones too, can be read (Quick Query view)",
  "find-customer-by-key": "customers are found by intent key (Quick Query view)",
  "find-order-by-key": "sales orders are found by intent key (Quick Query view)",
  "setup-values": "fiscal calendar and open periods can be read",
  "exchange-rates": "exchange rates can be read (Quick Query view)",
  "gl-balance": "released GL balances can be read",
  "gl-detail": "released GL lines can be read",
  "reverse-payment": "RP and NS documents",
  unapply: "taking an application back",
  "void-batch": "voiding a held batch",
  orders: "sales orders are placed on hold, released and followed to their invoices",
  "cancel-order": "cancelling a sales order",
} as const;
/** The name of one thing a connector may be able to do. */
export type Capability = keyof typeof CAPABILITIES;
/** A connector's answer for every capability, so that none is forgotten. */
export type Capabilities = Readonly<Record<Capability, CapabilityAnswer>>;

/** How an answer is known: from the published contracts, the settings, this server, or a probe. */
export type CapabilitySource = "contract" | "settings" | "server" | "probe" | "unknown";
