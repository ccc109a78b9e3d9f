import { leastMinor, type Money, money, sum, toDecimal, zero } from "../base/money.ts";
import type { CreditNote, Refund } from "../canonical/refund.ts";
import type { BalanceRow } from "../canonical/sale.ts";
import type { PairSettings } from "../config/index.ts";
import type { CustomerReading, InvoiceLineDraft, LineTax, MemoDraft } from "../erp/port.ts";
import { checkAmount, checkCurrency } from "./amounts.ts";
import { creditShares } from "./credit-shares.ts";
import { BEYOND, type Creditable, type Credited, cellsOf } from "./creditable.ts";
import { bookingZone, documentDate } from "./dates.ts";
import { disputeAccount } from "./dispute-postings.ts";
import { receivableOf } from "./invoice.ts";
import type { Mapped } from "./mapped.ts";
import { composeNote, idLine } from "./note.ts";
import {
  exchangeLine,
  exchangeOf,
  type MovedMoney,
  moneyBack,
  moneyOut,
  plainLine,
} from "./refund-exchange.ts";
import { type ChosenLines, chooseLines } from "./refund-lines.ts";
import { type ReturnReason, reasonOfRefund, returnReason } from "./refund-reason.ts";
import { cashPlace, type Stopover } from "./stopover.ts";
import { fitText, shortStripeId } from "./text.ts";

/** What every memo of a refund or credit note is mapped from beside what it is about. */
export type MemoContext = Readonly<{
  settings: PairSettings;
  /** The intent key of the memo. */
  key: string;
  customer: CustomerReading;
  period: string;
  slDecimals: number | undefined;
  /** Terms of debit memos. */
  terms: string;
  /** The document that the memo is about: its number, or empty. */
  original: string;
  /** Money moves over it, and a journal of its own takes it to clearing. Default: none. */
  over?: Stopover | undefined;
}>;

/** The cash leg: a debit memo on clearing, dated by the row that took the money out. */
export function mapRefundCash(
  refund: Refund,
  row: BalanceRow,
  context: MemoContext,
): Mapped<MemoDraft> {
  const by = moneyOut(refund, row, context.settings);
  return mapCash(refund, row, { ...context, type: "DM", word: "Refund of", by });
}

/**
 * The money of a refund that failed is back: a credit memo on clearing, open for the customer. It
 * keeps what the pair says by now of the cause leg, which is booked after it.
 */
export function mapRefundBack(
  refund: Refund,
  failure: BalanceRow,
  context: MemoContext,
): Mapped<MemoDraft> {
  const by = moneyBack(refund, failure, context.settings);
  const how = { ...context, type: "CM", word: "Refund failed", by } as const;
  const { draft, notes } = mapCash(refund, failure, how);
  const isCauseUndone = context.settings.refundFailed === "reverse";
  return { draft: { ...draft, isCauseUndone }, notes };
}

function mapCash(
  refund: Refund,
  row: BalanceRow,
  context: MemoContext & Readonly<{ type: MemoDraft["type"]; word: string; by: MovedMoney }>,
): Mapped<MemoDraft> {
  const { settings, type, word, by } = context;
  const { amount } = refund;
  checkAmount(amount, "A refund");
  checkCurrency(amount.currency, settings, context.slDecimals);
  const description = fitText(`${word} ${about(context, refund)}`, 30).text;
  const settled = by.moved.currency;
  const { sales, ...role } = cashPlace({ amount, settled, over: context.over }, settings);
  const line = { ...plainLine(by.amount, sales, description), ...role };
  const texts = [`${description}: ${toDecimal(amount)} of charge ${refund.chargeId}.`];
  const parts = { ...context, date: dayOf(row, settings), type, texts };
  return memoOf(refund, parts, [line, ...by.exchange], { description, fields: {} });
}

/** What the cause leg takes back, and how it is known which lines are meant. */
export type CauseContext = MemoContext &
  Readonly<{
    row: BalanceRow;
    /** The part of the refund that no unapplied money has covered. */
    amount: Money;
    document: Creditable;
    credited: Credited;
    /** Whether disputes have taken of the sale: then a refund may be of more than is left of it. */
    isDisputed: boolean;
  }>;

/**
 * The cause leg: a credit memo that takes back what the refund was for, lines and tax in proportion
 * to what is not credited yet. What a dispute has taken before cannot be taken back again: money
 * beyond what is left went out twice, and is a loss.
 *
 * @throws HubError `mapping.refund_exceeds` where no dispute explains it, `mapping.refund_lines`,
 *   `mapping.account_missing`
 */
export function mapRefundCause(refund: Refund, context: CauseContext): Mapped<MemoDraft> {
  const { settings, document, credited, row } = context;
  const { share, exchange } = sharesOf(refund, context.amount, settings);
  const { amount, excess } = beyondDisputes({ ...context, amount: share });
  const reason = reasonOfRefund(refund, settings);
  const named = refund.metadata[settings.metadata.refundLines] ?? "";
  const whole = refund.exchange?.share ?? refund.amount;
  const charged = refund.exchange?.charged;
  const chosen = chooseLines(document, { amount: whole, charged, named, note: undefined });
  const of = { credited, amount, reason, chosen };
  const lines = amount.minor === 0n ? [] : creditLines(document, of);
  const date = dayOf(row, settings);
  const loss = excess.minor === 0n ? [] : [lossLine(excess, settings)];
  const known = [...reason.notes, ...chosen.notes, ...document.notes];
  const texts = excess.minor === 0n ? known : [lossText(excess), ...known];
  const description = reason.text || fitText(`Returned ${about(context, refund)}`, 30).text;
  const words = { description, fields: reason.fields };
  const all = [...lines, ...exchange, ...loss];
  return memoOf(refund, { ...context, date, type: "CM", texts }, all, words);
}

/** What of a refund the sale can still give back, and what of it is beyond that. */
function beyondDisputes({
  document,
  credited,
  amount,
  isDisputed,
}: Pick<CauseContext, "document" | "credited" | "amount" | "isDisputed">) {
  const { currency } = amount;
  if (!isDisputed) return { amount, excess: zero(currency) };
  const left = cellsOf(document, credited).reduce(
    (so, cell) => so + cell.booked - cell.credited,
    0n,
  );
  const covered = money(leastMinor(amount.minor, left), currency);
  return { amount: covered, excess: money(amount.minor - covered.minor, currency) };
}

function lossText(excess: Money): string {
  return `${toDecimal(excess)} ${excess.currency} is more than disputes have left: a loss.`;
}

function lossLine(amount: Money, settings: PairSettings): InvoiceLineDraft {
  const sales = disputeAccount("dispute-loss", settings);
  const price = { quantity: "1", unitPrice: toDecimal(amount) };
  return { ...price, amount, sales, itemId: "", description: BEYOND.sale };
}

/**
 * The cause of a refund whose sale the hub never booked: one line on an account of its own, and
 * what disputes have taken before is a loss, as of any other sale.
 */
export function mapRefundUnknown(refund: Refund, context: CauseContext): Mapped<MemoDraft> {
  const { settings, document, row } = context;
  const reason = returnReason("before-start", settings);
  const description = reason.text || fitText(`Returned ${about(context, refund)}`, 30).text;
  const { share, exchange } = sharesOf(refund, context.amount, settings);
  const { amount, excess } = beyondDisputes({ ...context, amount: share });
  const own = amount.minor === 0n ? [] : [plainLine(amount, reason.account, description)];
  const loss = excess.minor === 0n ? [] : [lossLine(excess, settings)];
  const lines = [...own, ...exchange, ...loss];
  const known = [...reason.notes, ...document.notes];
  const texts = excess.minor === 0n ? known : [lossText(excess), ...known];
  const date = dayOf(row, settings);
  const words = { description, fields: reason.fields };
  return memoOf(refund, { ...context, date, type: "CM", texts }, lines, words);
}

/** Of an amount to credit, the part that is exchange lost, which is nothing of the sale. */
function sharesOf(
  refund: Refund,
  amount: Money,
  settings: PairSettings,
): Readonly<{ share: Money; exchange: readonly InvoiceLineDraft[] }> {
  const loss = exchangeOf(refund, "fx-loss");
  if (loss === undefined) return { share: amount, exchange: [] };
  const lost = amount.minor < loss.minor ? amount : loss;
  const share = money(amount.minor - lost.minor, amount.currency);
  return { share, exchange: [exchangeLine(lost, "fx-loss", settings)] };
}

/** The sale of a failed refund stands again: a debit memo over the lines of its credit memo. */
export function mapCauseBack(
  refund: Refund,
  failure: BalanceRow,
  context: MemoContext & Readonly<{ cause: Pick<MemoDraft, "lines" | "userFields"> }>,
): Mapped<MemoDraft> {
  const { settings, cause } = context;
  const date = dayOf(failure, settings);
  const description = fitText(`Refund failed ${about(context, refund)}`, 30).text;
  const texts = ["The refund failed: what it had taken back stands again."];
  const words = { description, fields: cause.userFields };
  return memoOf(refund, { ...context, date, type: "DM", texts }, cause.lines, words);
}

/** What came back beyond all that had left for a refund is gained, and not the customer's. */
export function mapRefundSurplus(
  refund: Refund,
  failure: BalanceRow,
  context: MemoContext & Readonly<{ surplus: Money }>,
): Mapped<MemoDraft> {
  const { settings, surplus } = context;
  const date = dayOf(failure, settings);
  const description = fitText(`Refund failed ${about(context, refund)}`, 30).text;
  const words = `${toDecimal(surplus)} ${surplus.currency}`;
  const texts = [`The refund failed, and brought ${words} more than had left: exchange gained.`];
  const line = exchangeLine(surplus, "fx-gain", settings);
  return memoOf(refund, { ...context, date, type: "DM", texts }, [line], {
    description,
    fields: {},
  });
}

/** What the memo of a credit note is mapped from. */
export type CreditNoteContext = MemoContext &
  Readonly<{ document: Creditable; credited: Credited; isDisputed: boolean }>;

/**
 * The one credit memo of a credit note, with all its parts: its lines, and its own tax. What a
 * dispute has taken before cannot be taken back again, as of a refund.
 *
 * @throws HubError as `mapRefundCause`
 */
export function mapCreditNote(note: CreditNote, context: CreditNoteContext): Mapped<MemoDraft> {
  const { settings, document, credited, original, isDisputed } = context;
  const { total, tax, creditNoteId, number } = note;
  checkAmount(total, "A credit note");
  checkCurrency(total.currency, settings, context.slDecimals);
  const reason = returnReason("credit-note", settings);
  const chosen = chooseLines(document, { amount: total, named: "", note: note.lines });
  const { amount, excess } = beyondDisputes({ document, credited, amount: total, isDisputed });
  const of = { credited, amount, reason, chosen, tax };
  const lines = amount.minor === 0n ? [] : creditLines(document, of);
  const loss = excess.minor === 0n ? [] : [lossLine(excess, settings)];
  const date = documentDate(note.effectiveAt, bookingZone(settings));
  const name = number === "" ? `of IN ${original}` : number;
  const description = reason.text || fitText(`Credit note ${name}`, 30).text;
  const twice = excess.minor === 0n ? [] : [lossText(excess)];
  const head = [`Credit note ${number || creditNoteId}`, ...twice];
  const texts = [...head, ...reason.notes, ...chosen.notes, ...document.notes];
  const words = { description, fields: reason.fields };
  return memoOf(note, { ...context, date, type: "CM", texts }, [...lines, ...loss], words);
}

/** A credit note that was voided: a debit memo over the lines of its credit memo. */
export function mapCreditNoteVoid(
  note: CreditNote,
  context: MemoContext & Readonly<{ memo: Pick<MemoDraft, "lines" | "userFields"> }>,
): Mapped<MemoDraft> {
  const { settings, memo, original } = context;
  const date = documentDate(note.voidedAt ?? note.effectiveAt, bookingZone(settings));
  const description = fitText(`Void credit note IN ${original}`, 30).text;
  const texts = ["The credit note was voided at Stripe."];
  const words = { description, fields: memo.userFields };
  return memoOf(note, { ...context, date, type: "DM", texts }, memo.lines, words);
}

type CreditOf = Readonly<{
  credited: Credited;
  amount: Money;
  reason: ReturnReason;
  chosen: ChosenLines;
  tax?: Money;
}>;

function creditLines(document: Creditable, of: CreditOf): readonly InvoiceLineDraft[] {
  const { credited, amount, reason, chosen, tax } = of;
  const cells = cellsOf(document, credited);
  const { weights, taxes: onLines } = chosen;
  const rule = { chosen: weights, ...(tax === undefined ? {} : { tax, onLines }) };
  const shares = creditShares(cells, amount, rule);
  const { currency } = amount;
  return document.lines.flatMap((line, at): InvoiceLineDraft[] => {
    const own = cells.map((cell, nr) => ({ ...cell, minor: shares[nr] ?? 0n }));
    const [base, ...rest] = own.filter((cell) => cell.at === at);
    const taxes = rest.filter(({ minor }) => minor > 0n);
    const minor = base?.minor ?? 0n;
    if (minor === 0n && taxes.length === 0) return [];
    const of = money(minor, currency);
    const price = { quantity: "1", unitPrice: toDecimal(of) };
    const sales = line.kind === "tax" ? line.sales : reason.account;
    const { itemId, description } = line;
    const drafted = { ...price, amount: of, sales, itemId, credits: at };
    const text = fitText(description, 30).text;
    if (taxes.length === 0) return [{ ...drafted, description: text }];
    const asked = taxes.map((cell) => lineTax(cell, of));
    return [{ ...drafted, description: text, taxes: asked }];
  });
}

function lineTax(cell: Readonly<{ tax: string; minor: bigint }>, taxable: Money): LineTax {
  return { taxId: cell.tax, amount: money(cell.minor, taxable.currency), taxable };
}

function about({ original }: Pick<MemoContext, "original">, refund: Refund): string {
  return original === "" ? shortStripeId(refund.chargeId) : `IN ${original}`;
}

function dayOf(row: BalanceRow, settings: PairSettings): string {
  return documentDate(row.created, bookingZone(settings));
}

type MemoParts = MemoContext &
  Readonly<{ date: string; type: MemoDraft["type"]; texts: readonly string[] }>;
type Words = Readonly<{ description: string; fields: MemoDraft["userFields"] }>;

function memoOf(
  of: Refund | CreditNote,
  parts: MemoParts,
  lines: readonly InvoiceLineDraft[],
  words: Words,
): Mapped<MemoDraft> {
  const { settings, key, customer, date, type, texts, terms, original } = parts;
  const object = "refundId" in of ? of.refundId : of.creditNoteId;
  const amounts = lines.flatMap(({ amount, taxes = [] }) => [
    amount,
    ...taxes.map((tax) => tax.amount),
  ]);
  const currency = amounts[0]?.currency ?? settings.sl.baseCurrency;
  const draft: MemoDraft = {
    kind: "memo",
    type,
    key,
    stripeId: shortStripeId(object),
    customerId: customer.customerId,
    documentDate: date,
    period: parts.period,
    currency,
    description: words.description,
    note: composeNote(of, settings, {
      linkTo: linkOf(of),
      ids: idsOf(of),
      fullTexts: texts,
    }),
    userFields: words.fields,
    total: sum(amounts, currency),
    receivable: receivableOf(customer, settings),
    lines,
    terms: type === "CM" ? "" : terms,
    dueDate: type === "CM" ? "" : date,
    orderNumber: "",
    original,
  };
  return { draft, notes: texts };
}

function linkOf(of: Refund | CreditNote): string {
  if ("creditNoteId" in of) return of.creditNoteId;
  return of.paymentIntentId ?? of.chargeId;
}

function idsOf(of: Refund | CreditNote): readonly string[] {
  if ("creditNoteId" in of) return idLine("credit note", of.creditNoteId);
  return [
    ...idLine("refund", of.refundId),
    ...idLine("charge", of.chargeId),
    ...idLine("payment intent", of.paymentIntentId),
    ...idLine("balance transaction", of.row?.id),
    ...idLine("balance transaction", of.failure?.id),
  ];
}
