import { HubError } from "../base/errors.ts";
import { type Money, toDecimal } from "../base/money.ts";
import type { Sale } from "../canonical/sale.ts";
import type { PairSettings } from "../config/index.ts";
import type { CustomerReading, InvoiceLineDraft, MemoDraft } from "../erp/port.ts";
import { receivableOf } from "./invoice.ts";
import type { Mapped } from "./mapped.ts";
import { composeNote, idLine } from "./note.ts";
import { fitText, shortStripeId } from "./text.ts";

/** How an open invoice may end at Stripe without being paid. */
export const ENDINGS = ["void", "uncollectible"] as const;
/** One of them; it is the part of the memo that closes the invoice. */
export type Ending = (typeof ENDINGS)[number];

/** All that the credit memo of an ended invoice is mapped from. */
export type EndedContext = Readonly<{
  settings: PairSettings;
  /** The intent key of the memo. */
  key: string;
  customer: CustomerReading;
  period: string;
  /** Day of the ending, in the booking zone. */
  date: string;
  ending: Ending;
  /** The released invoice: its number, its lines as they were booked, and what it still owes. */
  invoice: Readonly<{
    refNbr: string;
    total: Money;
    balance: Money;
    lines: readonly InvoiceLineDraft[];
  }>;
}>;

/**
 * The credit memo (`CM`) that closes an invoice which nobody is going to pay. A void one takes all
 * of its lines back, with their taxes; an uncollectible one moves what it still owes to the bad
 * debt account and leaves the tax as it was.
 *
 * @throws HubError `mapping.amount_out_of_range` for a void invoice of which something was paid
 */
export function mapEnded(sale: Sale, context: EndedContext): Mapped<MemoDraft> {
  const { settings, key, customer, date, ending, invoice } = context;
  const { identity } = sale.document;
  const lines = ending === "void" ? voidLines(sale, context) : [badDebtLine(context)];
  const word = ending === "void" ? "Void" : "Uncollectible";
  const draft: MemoDraft = {
    kind: "memo",
    type: "CM",
    key,
    stripeId: shortStripeId(identity),
    customerId: customer.customerId,
    documentDate: date,
    period: context.period,
    currency: invoice.total.currency,
    description: fitText(`${word} IN ${invoice.refNbr}`, 30).text,
    note: composeNote(sale, settings, {
      linkTo: identity,
      ids: idLine("invoice", identity),
      fullTexts: [`The invoice is ${ending} at Stripe.`],
    }),
    userFields: {},
    total: ending === "void" ? invoice.total : invoice.balance,
    receivable: receivableOf(customer, settings),
    lines,
    terms: "",
    dueDate: "",
    orderNumber: "",
    original: invoice.refNbr,
  };
  return { draft, notes: [] };
}

function voidLines(sale: Sale, { invoice }: EndedContext): readonly InvoiceLineDraft[] {
  if (invoice.balance.minor === invoice.total.minor) return invoice.lines;
  const [balance, total] = [toDecimal(invoice.balance), toDecimal(invoice.total)];
  throw new HubError(
    "mapping.amount_out_of_range",
    `${sale.document.identity} is void at Stripe, ` +
      `and IN ${invoice.refNbr} owes ${balance} of ${total}`,
    { facts: { refNbr: invoice.refNbr, balance, total } },
  );
}

function badDebtLine({ settings, invoice }: EndedContext): InvoiceLineDraft {
  const sales = settings.accounts.badDebt;
  if (sales === undefined) {
    throw new HubError("mapping.account_missing", "accounts.bad-debt is not set", {
      facts: { setting: "accounts.bad-debt" },
    });
  }
  const unitPrice = toDecimal(invoice.balance);
  const line = { sales, itemId: "", quantity: "1", unitPrice, description: "Uncollectible" };
  return { ...line, amount: invoice.balance };
}
