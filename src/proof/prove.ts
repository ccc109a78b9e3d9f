import { add, isSameAmount, type Money, subtract, sum, toDecimal, zero } from "../base/money.ts";
import type { PayoutUnderWay } from "../canonical/report.ts";
import {
  type BookLine,
  checkBooks,
  explainedBy,
  type Finding,
  type OwnDocument,
} from "./documents.ts";
import { type LeftRow, type Match, type Matched, pairOff } from "./match.ts";
import { classify, type LineNumber, TIMING_LINES, type UnownedPart } from "./parts.ts";
import { sentKeyOf, type Unread, unreadReleases } from "./read-back.ts";

/** What Stripe has of a currency, with the instant that is proved between the two sums. */
export type StripeSide = Readonly<{
  /** The first day of the hub's books, where the pair has one: the opening is from before it. */
  start?: string | undefined;
  /** What the balance was when the hub took over; nothing where it began with nothing. */
  opening: Money;
  /** Net of all rows before the instant, and how many they are. */
  before: Money;
  rowCount: number;
  /** Net of all rows from the instant on. */
  since: Money;
  /** Available and pending at Stripe, asked together with the rows; absent if it was not. */
  now: Money | undefined;
  /** Rows before the instant that Stripe lists and the hub has not read. */
  unread: readonly Readonly<{ rowId: string; amount: Money }>[];
  /** Where Stripe has made one for the pair. */
  report?: ReportSide | undefined;
}>;

/** What Stripe's own report says of the end of the day, and what it counts otherwise. */
export type ReportSide = Readonly<{
  ending: Money;
  /** What it counts when it arrives, and the balance when it was made. */
  underWay: readonly PayoutUnderWay[];
  /** What Stripe holds back, which is in the report and in no balance of payments. */
  held: Money;
}>;

/** What SL has on the clearing account. */
export type LedgerSide = Readonly<{
  account: string;
  subaccount: string;
  /** What lies before the lines. */
  before: Money;
  lines: readonly BookLine[];
  /** The base value of the balance, where the account is kept in another currency. */
  base: Money | undefined;
  /** Revaluations: in base currency alone, so they are listed and not counted. */
  revaluations: readonly Readonly<{ batNbr: string; base: Money }>[];
  /** Batches on clearing that are not released, with the key of each. */
  unreleased: readonly Readonly<{ batNbr: string; key: string; amount: Money }>[];
  shownElsewhere: ReadonlySet<string>;
}>;

/** All that a proof of one currency is made from. */
export type ProofInput = Readonly<{
  pair: string;
  currency: string;
  zone: string;
  /** The last day that is proved, `YYYY-MM-DD`, and the end of it. */
  day: string;
  until: Date;
  /** Set where a period is proved: then what is booked in a later one is line 5. */
  period: string | undefined;
  stripe: StripeSide;
  unowned: readonly UnownedPart[];
  documents: readonly OwnDocument[];
  /** Absent where SL cannot be asked: then only the hub's own documents are counted. */
  ledger: LedgerSide | undefined;
  /** False where no clearing account of the currency is set. Default true. */
  hasAccount?: boolean;
  /** Of this currency, as people have made them. Default none. */
  matches?: readonly Match[];
}> &
  Partial<Whose>;

/** Whose books are proved, and what an id of Stripe is put behind to see it; empty if not known. */
type Whose = Readonly<{ company: string; dashboard: string }>;

/** One thing that a line is made of. */
export type Entry = Readonly<{ id: string; part: string; day: string; amount: Money; why: string }>;
/** A line between Stripe and the books, with all that it is made of. */
export type TimingLine = Readonly<{
  number: LineNumber;
  name: string;
  amount: Money;
  count: number;
  entries: readonly Entry[];
}>;

/** A proof of one currency at the end of a day. */
export type Proof = Readonly<{
  pair: string;
  currency: string;
  zone: string;
  day: string;
  until: Date;
  period: string | undefined;
  /** `own-documents` where SL was not asked: then it proves nothing. */
  kind: "proof" | "own-documents";
  stripe: StripeSide & Readonly<{ closing: Money; backward: Money | undefined }>;
  ledger: Readonly<{
    account: string;
    subaccount: string;
    released: Money;
    base: Money | undefined;
    revaluations: LedgerSide["revaluations"];
    /** Released batches on clearing that SL has not posted yet. */
    unposted: readonly string[];
    /** Unreleased batches on clearing that no line speaks of: they book nothing. */
    orphans: LedgerSide["unreleased"];
  }>;
  lines: readonly TimingLine[];
  difference: Money;
  findings: readonly Finding[];
  /** What stands on clearing otherwise than booked, and adds up to nothing as somebody has said. */
  matched: readonly Matched[];
  /** What of line 1 no run is to book: it may be matched with what somebody has booked by hand. */
  left: readonly LeftRow[];
  /** Whether both ways at Stripe agree, nothing differs, and SL was asked. */
  isProven: boolean;
}> &
  Whose;

/**
 * The proof of booking rules section 14: Stripe's closing balance = SL's clearing account + timing
 * lines + difference. Every line is made of parts that say themselves why they are in it; what says
 * nothing is a difference with its id.
 */
export function prove(input: ProofInput): Proof {
  const { currency, stripe, ledger, period } = input;
  const unread = unreadOf(input);
  const sorted = input.unowned.map((part) => ({ part, ...classify(part) }));
  const later = laterDocuments(input);
  const entries = [
    ...sorted.flatMap(({ part, line, why }) =>
      line === undefined ? [] : [entryOf(part, { line, why }, unread.get(sentKeyOf(part)))],
    ),
    ...later,
  ];
  const closing = add(stripe.opening, stripe.before);
  const backward = stripe.now === undefined ? undefined : subtract(stripe.now, stripe.since);
  const released = releasedOf(input);
  const whole = subtract(subtract(closing, released), sumOf(entries, currency));
  const all = findingsOf(input, { sorted, unread, closing, backward, difference: whole });
  const candidates = { findings: all, left: leftOf(sorted, unread) };
  const { open: findings, booked, matched } = pairOff(candidates, input.matches ?? [], currency);
  const byHand = new Set(booked.map(nameOfPart));
  const waiting = entries.filter((entry) => !byHand.has(nameOfPart(entry)));
  const lines = TIMING_LINES.filter(({ number }) => number < 5 || period !== undefined).map(
    (line) => timingLine(line, waiting, currency),
  );
  const difference = subtract(subtract(closing, released), sumOf(waiting, currency));
  return {
    ...{ pair: input.pair, currency, zone: input.zone, day: input.day, until: input.until, period },
    ...{ company: input.company ?? "", dashboard: input.dashboard ?? "" },
    kind: ledger === undefined ? "own-documents" : "proof",
    stripe: { ...stripe, closing, backward },
    ledger: {
      account: ledger?.account ?? "",
      subaccount: ledger?.subaccount ?? "",
      released,
      base: ledger?.base,
      revaluations: ledger?.revaluations ?? [],
      unposted: unpostedOf(input),
      orphans: orphansOf(ledger, sorted),
    },
    lines,
    difference,
    findings,
    matched,
    left: candidates.left.filter((row) => !booked.includes(row)),
    isProven: findings.length === 0 && difference.minor === 0n && ledger !== undefined,
  };
}

type Sorted = readonly Readonly<{ part: UnownedPart; line: LineNumber | undefined; why: string }>[];
type LinedEntry = Entry & Readonly<{ line: LineNumber }>;

function unreadOf(input: ProofInput): ReadonlyMap<string, Unread> {
  const { documents, ledger, unowned } = input;
  if (ledger === undefined) return new Map();
  const known = new Set(documents.map(({ key }) => key));
  const lines = ledger.lines.filter(({ key }) => !known.has(key));
  return unreadReleases(unowned, lines, isCountedIn(input));
}

/** What SL's balance has already is told in its line, and adds nothing to it. */
function entryOf(
  { rowId: id, part, day, amount }: UnownedPart,
  { line, why }: Readonly<{ line: LineNumber; why: string }>,
  unread: Unread | undefined,
): LinedEntry {
  if (unread === undefined) return { line, id, part, day, amount, why };
  const told = `${why}; SL has released it, which the hub has yet to read`;
  const left = unread.isCounted ? zero(amount.currency) : amount;
  return { line, id, part, day, amount: left, why: told };
}

/** A run that is parked books its rows once its case is settled; all else is left to people. */
function leftOf(sorted: Sorted, unread: ReadonlyMap<string, Unread>): readonly LeftRow[] {
  return sorted.flatMap(({ part: of, line, why }): LeftRow[] => {
    const { rowId: id, part, amount, standing } = of;
    const isOver = line === 1 && standing.stopped?.how !== "parked";
    if (!isOver || unread.has(sentKeyOf(of))) return [];
    const words = `${part} of row ${id} of ${of.day} (${why})`;
    return [{ kind: "row-booked-by-hand", id, part, amount, words }];
  });
}

function nameOfPart({ id, part }: Pick<Entry, "id" | "part">): string {
  return `${id} ${part}`;
}

function sumOf(entries: readonly Entry[], currency: string): Money {
  return sum(
    entries.map(({ amount }) => amount),
    currency,
  );
}

function laterDocuments({ documents, period, day }: ProofInput): LinedEntry[] {
  if (period === undefined) return [];
  return documents
    .filter((document) => document.period > period && document.date <= day)
    .filter(({ effect }) => effect.minor !== 0n)
    .map(({ key, object, date, effect, period: bookedIn }) => ({
      ...{ line: 5, id: object, part: "document", day: date, amount: effect },
      why: `booked in ${bookedIn}, key ${key}`,
    }));
}

function timingLine(
  { number, name }: (typeof TIMING_LINES)[number],
  entries: readonly LinedEntry[],
  currency: string,
): TimingLine {
  const own = entries.filter(({ line }) => line === number);
  return {
    number,
    name,
    amount: sumOf(own, currency),
    count: own.length,
    entries: own.map(({ line: _, ...rest }) => rest),
  };
}

function isCountedIn({ day, period }: ProofInput) {
  return (of: Readonly<{ date: string; period: string }>) =>
    of.date <= day && (period === undefined || of.period <= period);
}

/** Without SL's own numbers, what the hub knows to be owned by released documents. */
function releasedOf(input: ProofInput): Money {
  const { ledger, stripe, currency, unowned } = input;
  const later = laterDocuments(input).map(({ amount }) => amount);
  if (ledger === undefined) {
    const waiting = sum([...unowned.map(({ amount }) => amount), ...later], currency);
    return subtract(add(stripe.opening, stripe.before), waiting);
  }
  const counted = ledger.lines.filter(isCountedIn(input)).map(({ amount }) => amount);
  return sum([ledger.before, ...counted], currency);
}

function findingsOf(
  input: ProofInput,
  made: Readonly<{
    sorted: Sorted;
    unread: ReadonlyMap<string, Unread>;
    closing: Money;
    backward: Money | undefined;
    difference: Money;
  }>,
): readonly Finding[] {
  const { currency, ledger, documents } = input;
  const { unread, closing, backward, difference } = made;
  const rows = made.sorted.flatMap(({ part, line, why }): Finding[] =>
    line === undefined ? [rowWithoutDocument(part, why)] : [],
  );
  const isCounted = isCountedIn(input);
  const books =
    ledger === undefined ? [] : checkBooks({ ...ledger, documents, unread, currency, isCounted });
  const sides = sidesOf(input.stripe, closing, backward);
  const rest = subtract(difference, explainedBy([...rows, ...books], currency));
  const account = input.hasAccount === false ? [noAccount(currency)] : [];
  return [
    ...account,
    ...rows,
    ...books,
    ...sides,
    ...reportOf(input.stripe, closing),
    ...(rest.minor === 0n ? [] : [unexplained(rest, input)]),
  ];
}

function rowWithoutDocument(part: UnownedPart, why: string): Finding {
  const { rowId, amount, category, sourceId = "no object" } = part;
  const words = `${part.part} of ${category} row ${rowId} (${sourceId}) of ${part.day}: ${why}`;
  return { kind: "row-without-document", id: rowId, amount, words };
}

/** They are no part of the equation, which stands on the rows: so they explain nothing of it. */
function sidesOf(
  { unread, start, opening }: StripeSide,
  closing: Money,
  backward: Money | undefined,
): Finding[] {
  const { currency } = closing;
  const missing = unread.map(
    ({ rowId, amount }): Finding => ({
      kind: "row-not-read",
      id: rowId,
      amount: zero(currency),
      words: `Stripe lists it with ${toDecimal(amount)}, and the hub has not read it`,
    }),
  );
  if (backward === undefined) return missing;
  const known = sum([closing, ...unread.map(({ amount }) => amount)], currency);
  if (isSameAmount(known, backward)) return missing;
  const opened =
    start === undefined || opening.minor !== 0n
      ? ""
      : `; no opening entry stands of what there was before ${start}`;
  const words =
    `Stripe's balance less later rows is ${toDecimal(backward)}, rows and opening balance ` +
    `make ${toDecimal(known)}: ${toDecimal(subtract(backward, known))} is not known to the hub` +
    opened;
  return [...missing, { kind: "stripe-sides", id: currency, amount: zero(currency), words }];
}

/** A third reading of the same balance, which explains nothing of a difference either. */
function reportOf({ report, unread }: StripeSide, closing: Money): Finding[] {
  if (report === undefined) return [];
  const { currency } = closing;
  const known = sum([closing, ...unread.map(({ amount }) => amount)], currency);
  const told = reported(report);
  if (isSameAmount(known, told)) return [];
  const words =
    `Stripe's report says ${toDecimal(report.ending)}, which is ${toDecimal(told)} as the ` +
    `balance counts; rows and opening balance make ${toDecimal(known)}`;
  return [{ kind: "stripe-report", id: currency, amount: zero(currency), words }];
}

/** What a report says, counted as the balance of payments is. */
export function reported({ ending, underWay, held }: ReportSide): Money {
  const later = underWay.map(({ amount }) => amount);
  return subtract(sum([ending, ...later], ending.currency), held);
}

function noAccount(currency: string): Finding {
  const words = `accounts.clearing.${currency} is not set: nothing of it can be booked`;
  return { kind: "no-clearing-account", id: currency, amount: zero(currency), words };
}

function unexplained(amount: Money, { ledger, currency }: ProofInput): Finding {
  const words =
    ledger === undefined
      ? `${toDecimal(amount)} of the rows is in no line`
      : `${toDecimal(amount)} lies before the days that were looked at line by line`;
  return { kind: "unexplained", id: currency, amount, words };
}

function unpostedOf(input: ProofInput): readonly string[] {
  const isCounted = isCountedIn(input);
  const lines = (input.ledger?.lines ?? []).filter((line) => line.isPosted === false);
  return [...new Set(lines.filter(isCounted).map(({ batNbr }) => batNbr))];
}

function orphansOf(ledger: LedgerSide | undefined, sorted: Sorted): LedgerSide["unreleased"] {
  const spoken = new Set(sorted.map(({ part }) => part.standing.sent?.key));
  return (ledger?.unreleased ?? []).filter(({ key }) => !spoken.has(key));
}
