import { present } from "../base/assert.ts";
import { counted } from "../base/counted.ts";
import { chosenNumber } from "../base/ids.ts";
import { type Money, sum } from "../base/money.ts";
import type { Sale } from "../canonical/sale.ts";
import type { PairSettings } from "../config/index.ts";
import type {
  CustomerReading,
  EntryDraft,
  GlAccount,
  InvoiceDraft,
  InvoiceLineDraft,
  MemoDraft,
  PaymentDraft,
  TermsReading,
} from "../erp/port.ts";
import { checkAmount, priceOf } from "./amounts.ts";
import { sharedCustomer } from "./customer.ts";
import { bookingZone, documentDate, dueDate } from "./dates.ts";
import type { Mapped } from "./mapped.ts";
import { MAPPING_VERSION } from "./note.ts";
import { type InvoiceToPay, paymentInstant } from "./payment.ts";
import { settledOf } from "./settled.ts";
import { fitText, noteText, shortStripeId } from "./text.ts";

/**
 * A document as it would be booked by itself, that is a part of its day's one instead. The date and
 * the period are the day's, and so are the balance rows behind it.
 */
type CollectedOf<D extends EntryDraft> = Omit<D, "kind" | "documentDate" | "period"> &
  Readonly<{
    kind: "collected";
    of: D["kind"];
    /** Ids of the balance rows that it stands for. */
    rows: readonly string[];
  }>;
/** A sale's invoice that is a part of its day's one. */
export type CollectedInvoice = CollectedOf<InvoiceDraft>;
/** A charge's payment that is a part of its day's one. */
export type CollectedPayment = CollectedOf<PaymentDraft>;
/** One of a refund's two memos that is a part of its day's one. */
export type CollectedMemo = CollectedOf<MemoDraft>;
/** What is collected of a day. */
export type Collected = CollectedInvoice | CollectedPayment | CollectedMemo;

/** A draft as the part that it is of its day's document. */
export function collectedOf<D extends EntryDraft>(
  draft: D,
  rows: readonly string[],
): CollectedOf<D> {
  const { kind, documentDate: _date, period: _period, ...rest } = draft;
  return { ...rest, kind: "collected", of: kind, rows };
}

/** Whether a draft is a part of its day's document: none of its own stands in SL. */
export function isCollected(draft: unknown): boolean {
  return (draft as Partial<Collected>).kind === "collected";
}

/**
 * Whether a sale is one of those that `summary: daily` books as one: paid by charges of one day in
 * the currency that they were settled in, by shoppers who have no customer and no document of their
 * own. A Stripe invoice is one, with a number that people know.
 */
export function isForSummary(
  sale: Sale,
  customer: Pick<CustomerReading, "customerId">,
  settings: PairSettings,
): boolean {
  if (settings.summary === "off") return false;
  const shared = sharedCustomer(sale, settings).toUpperCase();
  return customer.customerId.trim().toUpperCase() === shared && mayBeSummedUp(sale, settings);
}

/** Whether a sale may be one of those, whatever the settings say of them by now. */
export function mayBeSummedUp(sale: Sale, settings: PairSettings): boolean {
  const { payments, document, presentment } = sale;
  const zone = bookingZone(settings);
  const days = payments.map((payment) => documentDate(paymentInstant(payment), zone));
  if (document.source === "invoice" || presentment !== undefined) return false;
  if (new Set(days).size !== 1) return false;
  const { currency } = document.total;
  const isPlain = payments.every(
    (payment) =>
      payment.succeededAt === undefined &&
      payment.returned === undefined &&
      settledOf(payment).currency === currency,
  );
  const paid = sum(
    payments.map(({ amount }) => amount),
    currency,
  );
  return isPlain && paid.minor === document.total.minor;
}

/** The accounts that sales, or refunds, must have in common to be one document: in one order. */
export function accountsOf(
  lines: readonly Pick<InvoiceLineDraft, "sales">[],
  others: readonly GlAccount[],
): string {
  const named = new Set(lines.map(({ sales }) => accountName(sales)));
  return [...others.map(accountName), ...[...named].sort()].join(" ");
}

/** All that a document of a day is mapped from beside its parts. */
export type SummaryContext = Readonly<{
  settings: PairSettings;
  key: string;
  /** The day that it sums up, `YYYY-MM-DD`. */
  day: string;
  period: string;
  customer: CustomerReading;
}>;

/** The one invoice of a day's sales: a line for each account, over what all of them hit it with. */
export function mapSummaryInvoice(
  collected: readonly CollectedInvoice[],
  context: SummaryContext & Readonly<{ terms: TermsReading }>,
): Mapped<InvoiceDraft> {
  const { terms, day } = context;
  const title = `Stripe sales of ${day}`;
  const base = baseOf(collected, context, title);
  const lines = linesOf(collected, title);
  const total = totalOf(lines);
  checkAmount(total, title);
  return {
    draft: {
      ...{ ...base, kind: "invoice", total, lines, orderNumber: "" },
      receivable: present(collected[0], "A sale of the day").receivable,
      ...{ terms: terms.termsId, dueDate: dueDate(day, terms) },
    },
    notes: [`${counted(collected.length, "sale")} of ${day}`],
  };
}

/**
 * The one payment of a day's charges.
 *
 * @param invoice undefined: it is applied later, where SL takes no application with a payment
 */
export function mapSummaryPayment(
  collected: readonly CollectedPayment[],
  context: SummaryContext &
    Readonly<{ invoice: InvoiceToPay | undefined; numberTry: number; cash: GlAccount }>,
): Mapped<PaymentDraft> {
  const { key, day, invoice, numberTry, cash } = context;
  const title = `Stripe charges of ${day}`;
  const base = baseOf(collected, context, title);
  const amount = sum(
    collected.map((one) => one.amount),
    base.currency,
  );
  checkAmount(amount, title);
  const { refNbr = "", receivable } = invoice ?? {};
  const applications =
    receivable === undefined ? [] : [{ invoiceRefNbr: refNbr, amount, receivable }];
  return {
    draft: {
      ...{ ...base, kind: "payment", type: "PA", salesOrder: "", cash, amount, applications },
      refNbr: chosenNumber(key, numberTry),
    },
    notes: [`${counted(collected.length, "charge")} of ${day}`],
  };
}

/** One of the two memos of a day's refunds: of the money that went back, or of its cause. */
export function mapSummaryMemo(
  collected: readonly CollectedMemo[],
  context: SummaryContext & Readonly<{ type: MemoDraft["type"]; terms: TermsReading }>,
): Mapped<MemoDraft> {
  const { type, terms, day } = context;
  const title = type === "DM" ? `Stripe refunds of ${day}` : `Returned ${day}`;
  const base = baseOf(collected, context, title);
  const lines = linesOf(collected, title);
  const total = totalOf(lines);
  checkAmount(total, title);
  return {
    draft: {
      ...{ ...base, kind: "memo", type, total, lines, orderNumber: "", original: "" },
      receivable: present(collected[0], "A refund of the day").receivable,
      ...(type === "CM" ? { terms: "", dueDate: "" } : { terms: terms.termsId, dueDate: day }),
    },
    notes: [`${counted(collected.length, "refund")} of ${day}`],
  };
}

/** Parts that a note names; the hub keeps them all. */
const PARTS_NAMED = 50;

function baseOf(collected: readonly Collected[], context: SummaryContext, title: string) {
  const { settings, key, day, period, customer } = context;
  const currency = collected[0]?.currency ?? settings.sl.baseCurrency;
  const named = collected.slice(0, PARTS_NAMED).map(({ stripeId }) => stripeId);
  const rest = collected.length > PARTS_NAMED ? ` and ${collected.length - PARTS_NAMED} more` : "";
  const note = [
    `${title}, ${counted(collected.length, "part")}: ${named.join(", ")}${rest}`,
    `Booked by Slipway for pair ${settings.id}, mapping version ${MAPPING_VERSION}`,
  ];
  return {
    ...{ key, period, currency, documentDate: day, userFields: {} },
    stripeId: shortStripeId(`day:${day}`),
    customerId: customer.customerId,
    description: fitText(title, 30).text,
    note: note.map(noteText).join("\n"),
  };
}

/** Everything that hits an account is one line of it, in the order of the accounts. */
function linesOf(
  collected: readonly Readonly<{ lines: readonly InvoiceLineDraft[] }>[],
  title: string,
): readonly InvoiceLineDraft[] {
  const all = collected.flatMap(({ lines }) => lines);
  const byAccount = Map.groupBy(all, ({ sales }) => accountName(sales));
  const description = fitText(title, 30).text;
  return [...byAccount].sort(byName).flatMap(([, lines]) => {
    const amount = totalOf(lines);
    const [first] = lines;
    if (first === undefined || amount.minor === 0n) return [];
    return [{ amount, sales: first.sales, itemId: "", description, ...priceOf(amount, "1") }];
  });
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function totalOf(lines: readonly InvoiceLineDraft[]): Money {
  const amounts = lines.map(({ amount }) => amount);
  return sum(amounts, present(amounts[0], "A line of a day's document").currency);
}

function accountName({ account, subaccount }: GlAccount): string {
  return `${account}/${subaccount}`;
}
