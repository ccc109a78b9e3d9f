import { present } from "../base/assert.ts";
import { leastMinor, type Money, toDecimal } from "../base/money.ts";
import type { PairSettings } from "../config/index.ts";
import type {
  DocumentDraft,
  EntrySide,
  FiscalCalendar,
  GlAccount,
  InvoiceDraft,
  InvoiceLineDraft,
  JournalDraft,
  JournalLine,
  MemoDraft,
  PayerType,
  PaymentDraft,
  TargetType,
} from "../erp/port.ts";
import type { Mapped } from "./mapped.ts";
import { dateWithin } from "./period.ts";
import { settledOn } from "./settled.ts";
import { stopoverAt } from "./stopover.ts";
import { fitText, noteText } from "./text.ts";

/** A document that can be taken back by another one, as it was booked. */
export type ReversibleDraft = InvoiceDraft | MemoDraft | PaymentDraft | JournalDraft;

/** What SL shows a document of another currency to be worth in base currency. */
export type ShownWorth = Readonly<{ whole: Money; lines: readonly Money[] }>;

/**
 * A draft at what SL shows of it, whole and line by line: what takes it back is to be worth the
 * same to the cent, also where SL rounds a line otherwise than the rate alone would. In the base
 * currency there is nothing to show.
 */
export function atShownWorth(
  draft: ReversibleDraft,
  shown: ShownWorth | undefined,
): ReversibleDraft {
  if (shown === undefined) return draft;
  const { whole, lines: worths } = shown;
  const rate = draft.rate === undefined ? {} : { rate: { ...draft.rate, worth: whole } };
  if (draft.kind === "payment") return { ...draft, ...rate };
  const valued = <L extends object>(lines: readonly L[]) =>
    lines.map((line, at) => ({
      ...line,
      worth: present(worths[at], `What line ${at + 1} is worth`),
    }));
  if (draft.kind === "journal") return { ...draft, ...rate, lines: valued(draft.lines) };
  return { ...draft, ...rate, lines: valued(draft.lines) };
}

/** SL's numbers of the document that is taken back. */
export type Reversed = Readonly<{ type: string; refNbr: string; batNbr: string }>;

/** A day that documents are dated on, and the period that they are booked in. */
export type DayInPeriod = Readonly<{
  /** Calendar date `YYYY-MM-DD`. */
  date: string;
  period: string;
  calendar: FiscalCalendar;
}>;

/** All that a reversing document is mapped from beside the draft of the one it takes back. */
export type ReversalContext = DayInPeriod &
  Readonly<{
    /** The intent key of the reversing document. */
    key: string;
    original: Reversed;
    /** Who takes it back and why, in one sentence. */
    words: string;
    /** Terms of debit memos. */
    terms: string;
    /** The AR account that a payment without an application has credited. */
    receivable: GlAccount;
    settings: Pick<PairSettings, "accounts" | "clearing">;
  }>;

/**
 * The document that takes another one back, to the cent and the account: a credit memo with the
 * lines of an invoice or debit memo, a debit memo with those of a credit memo, a debit memo on the
 * account that a payment has debited, and a journal with its sides swapped. Its amounts, its
 * currency, its rate and its customer are the original's; nothing is computed again.
 */
export function mapReversal(
  draft: ReversibleDraft,
  context: ReversalContext,
): Mapped<MemoDraft | JournalDraft> {
  const reversing =
    draft.kind === "journal" ? swapped(draft, context) : memoAgainst(draft, context);
  const { type, refNbr } = context.original;
  const isWashed = reversing.kind === "memo" && reversing.lines.some(({ role }) => role === "wash");
  return {
    draft: reversing,
    notes: [
      `Reverses ${type} ${refNbr}${worthWords(reversing)}.`,
      ...(isWashed ? ["A journal takes its money from accounts.wash to clearing."] : []),
    ],
  };
}

function worthWords({ rate }: MemoDraft | JournalDraft): string {
  if (rate?.worth === undefined) return "";
  const { worth, date } = rate;
  return `, worth ${toDecimal(worth)} ${worth.currency} at its rate of ${date}`;
}

/** SL's two letters of the document that takes one of this type back. */
export function reversingType(type: string): "CM" | "DM" | "GJ" {
  if (type === "GJ") return "GJ";
  return type === "IN" || type === "DM" ? "CM" : "DM";
}

type Parts = Readonly<{ total: Money; receivable: GlAccount; lines: readonly InvoiceLineDraft[] }>;

function memoAgainst(
  draft: InvoiceDraft | MemoDraft | PaymentDraft,
  context: ReversalContext,
): MemoDraft {
  const { key, date, period, original, terms } = context;
  const { stripeId, customerId, currency } = draft;
  const isCredit = draft.kind === "invoice" || (draft.kind === "memo" && draft.type === "DM");
  const parts = draft.kind === "payment" ? ofPayment(draft, context) : ofLines(draft);
  return {
    kind: "memo",
    type: isCredit ? "CM" : "DM",
    key,
    stripeId,
    customerId,
    documentDate: date,
    period,
    currency,
    ...(draft.rate === undefined ? {} : { rate: draft.rate }),
    ...textsOf(draft, context),
    ...{ ...parts, lines: parts.lines.map((line) => overWash(line, context.settings)) },
    terms: isCredit ? "" : terms,
    dueDate: isCredit ? "" : date,
    orderNumber: "",
    original: original.refNbr,
  };
}

/**
 * What a line credited of another document it does not credit here: it gives that back. And what it
 * has put on the wash account comes back there with the journal behind it.
 */
function ofLines({ total, receivable, lines }: InvoiceDraft | MemoDraft): Parts {
  const own = lines.map(({ credits: _credits, role: _role, ...line }) => line);
  return { total, receivable, lines: own };
}

/** Cash Manager takes no memo's line on clearing, also where one or a payment had hit it before. */
function overWash(line: InvoiceLineDraft, settings: ReversalContext["settings"]): InvoiceLineDraft {
  const isOfCash = settings.clearing.cashAccount === "yes";
  if (!isOfCash || settledOn(line.sales, settings) === undefined) return line;
  return { ...line, sales: stopoverAt("wash", settings).account, role: "wash" };
}

function ofPayment(draft: PaymentDraft, context: ReversalContext): Parts {
  const { amount, cash, applications, rate } = draft;
  const { description } = textsOf(draft, context);
  const line = { amount, sales: cash, itemId: "", quantity: "1", unitPrice: toDecimal(amount) };
  return {
    total: amount,
    receivable: applications[0]?.receivable ?? context.receivable,
    lines: [{ ...line, description, ...(rate?.worth === undefined ? {} : { worth: rate.worth }) }],
  };
}

function swapped(draft: JournalDraft, context: ReversalContext): JournalDraft {
  const { key, date, period } = context;
  const other: Readonly<Record<EntrySide, EntrySide>> = { debit: "credit", credit: "debit" };
  const lines = draft.lines.map(({ trueDate: _, ...line }) => {
    const bankDate = lineDate(line, context);
    const description = bankDate === date ? line.description : `Reversed on ${date}`;
    return { ...line, description, side: other[line.side], date: bankDate };
  });
  const isMoved = lines.some((line) => line.date !== date);
  return {
    ...draft,
    key,
    documentDate: date,
    period,
    ...textsOf(draft, context),
    ...(isMoved ? { userFields: { User7: date } } : {}),
    lines,
  };
}

/**
 * The day of a line that another day takes: Cash Manager takes a bank line inside its period alone,
 * so where the period of that day is closed, such a line is dated into the one it is booked in.
 */
function lineDate({ role }: JournalLine, { date, period, calendar }: DayInPeriod): string {
  return role === "bank" ? dateWithin(period, date, calendar) : date;
}

function textsOf(draft: ReversibleDraft, { original, words }: ReversalContext) {
  const { type, refNbr, batNbr } = original;
  const name = type === "GJ" ? `journal ${batNbr}` : `${type} ${refNbr}`;
  const full = `Reverses ${name} of ${draft.documentDate}, batch ${batNbr}, key ${draft.key}.`;
  return {
    description: fitText(`Reverses ${name}`, 30).text,
    note: [noteText(full), noteText(words), draft.note].filter((text) => text !== "").join("\n"),
    userFields: {},
  };
}

/**
 * A draft of a fact that is booked again: it is dated on the day on which the earlier booking was
 * taken back, so that every day between them has it once. A draft of that day or later is itself.
 * The true date of a bank line stands in its text already, as the day of the fact is no later.
 */
export function datedAgain(draft: DocumentDraft, again: DayInPeriod): DocumentDraft {
  const { date, calendar } = again;
  if (draft.documentDate >= date) return draft;
  const period = later(draft.period, again.period);
  const dated = { documentDate: date, period };
  if (draft.kind === "journal") {
    const at = { date, period, calendar };
    const lines = draft.lines.map((line) => ({ ...line, date: lineDate(line, at) }));
    return { ...draft, ...dated, lines };
  }
  if (draft.kind === "payment" || draft.kind === "application") return { ...draft, ...dated };
  const dueDate = draft.dueDate === "" ? "" : later(draft.dueDate, date);
  return { ...draft, ...dated, dueDate };
}

/** Dates and periods are written so that the later one is the greater text. */
function later(a: string, b: string): string {
  return a > b ? a : b;
}

/** A document of receivables with what is open of it, and the one that takes it back. */
export type ReversedPair = Readonly<{
  customerId: string;
  original: Readonly<{ type: string; refNbr: string }>;
  total: Money;
  /** What nothing had taken of the original. */
  open: Money;
  reversing: Readonly<{ type: "CM" | "DM"; refNbr: string }>;
}>;

/** An application that closes what a reversal leaves open. */
export type ClosingApplication = Readonly<{
  customerId: string;
  payer: Readonly<{ type: PayerType; refNbr: string }>;
  target: Readonly<{ type: TargetType; refNbr: string }>;
  amount: Money;
}>;

type Open = Readonly<{ customerId: string; type: string; refNbr: string; currency: string }> & {
  minor: bigint;
};

/**
 * What is to be applied to what so that documents and their reversals close each other: first what
 * an original still has open to its own reversal, then the reversing credits to the reversing
 * debits, in their order, for each customer and currency. Where the originals were applied among
 * themselves alone, nothing of either is left.
 */
export function closingApplications(pairs: readonly ReversedPair[]): readonly ClosingApplication[] {
  const made: ClosingApplication[] = [];
  const groups = Map.groupBy(pairs, ({ customerId, total }) => `${customerId} ${total.currency}`);
  for (const own of groups.values()) {
    const credits: Open[] = [];
    const debits: Open[] = [];
    for (const { customerId, original, total, open, reversing } of own) {
      const of = { customerId, currency: total.currency };
      const old = { ...of, ...original, minor: open.minor };
      const back = { ...of, ...reversing, minor: total.minor };
      made.push(...(reversing.type === "CM" ? applied(back, old) : applied(old, back)));
      (reversing.type === "CM" ? credits : debits).push(back);
    }
    for (const payer of credits) for (const target of debits) made.push(...applied(payer, target));
  }
  return made;
}

/** As much of the one to the other as both have left, which both have less then. */
function applied(payer: Open, target: Open): readonly ClosingApplication[] {
  const minor = leastMinor(payer.minor, target.minor);
  if (minor === 0n) return [];
  payer.minor -= minor;
  target.minor -= minor;
  const { customerId, currency } = payer;
  return [
    {
      customerId,
      payer: { type: payer.type as PayerType, refNbr: payer.refNbr },
      target: { type: target.type as TargetType, refNbr: target.refNbr },
      amount: { minor, currency },
    },
  ];
}
