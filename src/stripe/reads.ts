import type { StripeApi } from "./stripe-api.ts";
import { listOf, textOf, type Wire } from "./wire.ts";

/** Stripe takes at most this many ids in one list call. */
const IDS_PER_CALL = 100;

/**
 * The reads of the charge path, each one call or the pages of one list. Expansion stays within
 * Stripe's four levels.
 */
export type Reads = ReturnType<typeof createReads>;

export function createReads(
  api: StripeApi,
  signal: AbortSignal | undefined,
  how: Readonly<{ takesPending?: boolean; takesReturned?: boolean }> = {},
) {
  const { takesPending = false, takesReturned = false } = how;
  return {
    /** Charges count as paid that their banks have not settled yet. */
    takesPending,
    /** Charges count as paid that their banks took back. */
    takesReturned,
    toMoney: api.toMoney,
    readsTaxRates: api.readsTaxRates,
    booksNothing: api.booksNothing,
    booksOpen: api.booksOpen,
    ...moneyReads(api, signal),
    ...saleReads(api, signal),
  };
}

/** What was paid, and what it did to the balance. */
function moneyReads(api: StripeApi, signal: AbortSignal | undefined) {
  const { sdk } = api;
  return {
    intent: (id: string) =>
      api.one(
        "payment_intents.retrieve",
        () =>
          sdk.paymentIntents.retrieve(id, {
            expand: ["latest_charge.balance_transaction", api.customerPath],
          }),
        signal,
      ),
    charge: (id: string) =>
      api.one(
        "charges.retrieve",
        () => sdk.charges.retrieve(id, { expand: ["balance_transaction", api.customerPath] }),
        signal,
      ),
    paymentsOfInvoice: (id: string) =>
      api.all(
        "invoice_payments.list",
        (paging) =>
          sdk.invoicePayments.list({
            ...paging,
            invoice: id,
            expand: ["data.payment.payment_intent.latest_charge"],
          }),
        signal,
      ),
    invoicesOfIntent: (id: string) =>
      api.all(
        "invoice_payments.list",
        (paging) =>
          sdk.invoicePayments.list({
            ...paging,
            payment: { type: "payment_intent", payment_intent: id },
          }),
        signal,
      ),
    dispute: (id: string) => api.one("disputes.retrieve", () => sdk.disputes.retrieve(id), signal),
    balanceRow: (id: string) =>
      api.one("balance_transactions.retrieve", () => sdk.balanceTransactions.retrieve(id), signal),
    rowsOfSource: (id: string) =>
      api.all(
        "balance_transactions.list",
        (paging) => sdk.balanceTransactions.list({ ...paging, source: id }),
        signal,
      ),
    refundsOfCharge: (id: string) =>
      api.all(
        "refunds.list",
        (paging) =>
          sdk.refunds.list({ ...paging, charge: id, expand: ["data.balance_transaction"] }),
        signal,
      ),
    refund: (id: string) => api.one("refunds.retrieve", () => sdk.refunds.retrieve(id), signal),
    creditNote: (id: string) =>
      api.one("credit_notes.retrieve", () => sdk.creditNotes.retrieve(id), signal),
    creditNotesOfInvoice: (id: string) =>
      api.all(
        "credit_notes.list",
        (paging) => sdk.creditNotes.list({ ...paging, invoice: id }),
        signal,
      ),
    creditNoteLines: (id: string) =>
      api.all(
        "credit_notes.list_lines",
        (paging) => sdk.creditNotes.listLineItems(id, paging),
        signal,
      ),
  };
}

/** What was sold. */
function saleReads(api: StripeApi, signal: AbortSignal | undefined) {
  const { sdk } = api;
  return {
    session: (id: string) =>
      api.one("checkout.sessions.retrieve", () => sdk.checkout.sessions.retrieve(id), signal),
    invoice: (id: string) =>
      api.one(
        "invoices.retrieve",
        () => sdk.invoices.retrieve(id, { expand: [api.customerPath] }),
        signal,
      ),
    invoiceLines: (id: string) =>
      api.all(
        "invoices.list_lines",
        (paging) =>
          sdk.invoices.listLineItems(id, {
            ...paging,
            expand: ["data.pricing.price_details.price"],
          }),
        signal,
      ),
    sessionsOfIntent: (id: string) =>
      api.all(
        "checkout.sessions.list",
        (paging) => sdk.checkout.sessions.list({ ...paging, payment_intent: id }),
        signal,
      ),
    sessionLines: (id: string) =>
      api.all(
        "checkout.sessions.list_lines",
        (paging) =>
          sdk.checkout.sessions.listLineItems(id, {
            ...paging,
            expand: ["data.price.product", "data.taxes"],
          }),
        signal,
      ),
    taxRate: (id: string) => api.one("tax_rates.retrieve", () => sdk.taxRates.retrieve(id), signal),
    products: async (ids: readonly string[]): Promise<ReadonlyMap<string, Wire>> => {
      const chunks = Array.from({ length: Math.ceil(ids.length / IDS_PER_CALL) }, (_, index) =>
        ids.slice(index * IDS_PER_CALL, (index + 1) * IDS_PER_CALL),
      );
      const pages = await Promise.all(
        chunks.map((chunk) =>
          api.all(
            "products.list",
            (paging) => sdk.products.list({ ...paging, ids: [...chunk] }),
            signal,
          ),
        ),
      );
      return new Map(pages.flat().map((product) => [textOf(product, "id"), product]));
    },
  };
}

/** The balance rows among refunds, which have them expanded. */
export function rowsOfRefunds(refunds: readonly Wire[]): readonly Wire[] {
  return refunds.flatMap((refund) => listOf({ rows: [refund.balance_transaction] }, "rows"));
}
