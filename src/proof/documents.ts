import { isIntentKey } from "../base/ids.ts";
import { add, isSameAmount, type Money, negate, subtract, sum, zero } from "../base/money.ts";

/** A released line of SL on the clearing account; a debit is positive. */
export type BookLine = Readonly<{
  /** The key of the document or journal that the line is of, or whatever stands there. */
  key: string;
  module: string;
  batNbr: string;
  refNbr: string;
  /** `YYYY-MM-DD`. */
  date: string;
  /** `YYYYPP`. */
  period: string;
  amount: Money;
  /** Who made the line in SL. */
  user: string;
  description: string;
  /** False while SL keeps it from the balances: a period that is not open yet. Default true. */
  isPosted?: boolean;
}>;

/** A released document or journal of ours, by its receipt and the draft that it was made from. */
export type OwnDocument = Readonly<{
  key: string;
  /** The Stripe object that it is for, or the day. */
  object: string;
  purpose: string;
  batNbr: string;
  period: string;
  /** `YYYY-MM-DD`; lines of a journal may have dates of their own. */
  date: string;
  /** By how much it moves the clearing account. */
  effect: Money;
  /** What the row parts that it owns moved Stripe's balance by. */
  owned: Money;
  /** Whether SL was asked for its lines; others are there for the sum of their object alone. */
  isChecked: boolean;
  /** Whether it opens the books or takes such an entry back: no rows are behind it. */
  isOpening?: boolean;
  /**
   * Of a journal whose lines have the days of their rows: what each day moves, as far as SL was
   * asked for its days. `effect` counts what came before these too, and nothing that comes after.
   */
  days?: ReadonlyMap<string, Money>;
}>;

/** Every way in which the sides can differ; docs/proof.md says what to do about each. */
export type FindingKind =
  | "row-without-document"
  | "row-not-read"
  | "line-without-key"
  | "line-of-unknown-key"
  | "document-missing"
  | "document-on-other-account"
  | "document-doubled"
  | "other-amount"
  | "other-period"
  | "rows-and-document"
  | "stripe-sides"
  | "stripe-report"
  | "no-clearing-account"
  | "unexplained"
  | "row-booked-by-hand";

/** One difference: what it is about, and how much of the whole difference it explains. */
export type Finding = Readonly<{ kind: FindingKind; id: string; amount: Money; words: string }>;

/** What the lines of SL are held against. */
export type BooksToCheck = Readonly<{
  currency: string;
  documents: readonly OwnDocument[];
  /** Keys of documents that are released in SL, which the hub has yet to read. Default none. */
  unread?: ReadonlyMap<string, unknown>;
  lines: readonly BookLine[];
  /** Keys that SL still has a document of, though not on the clearing account. */
  shownElsewhere: ReadonlySet<string>;
  /** Whether something of this date and period is part of the balance that is proved. */
  isCounted: (of: Readonly<{ date: string; period: string }>) => boolean;
}>;

/**
 * Holds what SL shows on the clearing account against the hub's own documents, and these against
 * the rows that they own. The amounts of the findings add up to what both sides differ by.
 */
export function checkBooks(books: BooksToCheck): readonly Finding[] {
  const { documents, lines, unread } = books;
  const known = new Set(documents.map(({ key }) => key));
  const byKey = Map.groupBy(lines, ({ key }) => key);
  const foreign = lines
    .filter(({ key }) => !known.has(key) && unread?.has(key) !== true)
    .map((line) => foreignLine(line, books));
  const checked = documents.filter(({ isChecked }) => isChecked);
  const own = checked.flatMap((document) =>
    checkDocument(document, byKey.get(document.key) ?? [], books),
  );
  return [...foreign, ...own, ...checkOwners(books)];
}

function foreignLine(line: BookLine, { currency, isCounted }: BooksToCheck): Finding {
  const { key, module, batNbr, refNbr, user } = line;
  const isOurs = isIntentKey(key);
  const where = `batch ${module} ${batNbr}${refNbr === "" ? "" : `, number ${refNbr}`}`;
  const what = isOurs
    ? `the key ${key}, which no released document of the hub has`
    : "no key of the hub";
  return {
    kind: isOurs ? "line-of-unknown-key" : "line-without-key",
    id: batNbr,
    amount: isCounted(line) ? negate(line.amount) : zero(currency),
    words: `${where} of ${user || "an unknown user"} on ${line.date} has ${what}`,
  };
}

function checkDocument(
  document: OwnDocument,
  lines: readonly BookLine[],
  books: BooksToCheck,
): Finding[] {
  const { currency } = books;
  const { key: id, batNbr, period, days } = document;
  const effect = days === undefined ? document.effect : sum([...days.values()], currency);
  const expected = books.isCounted(document) ? effect : zero(currency);
  const about = `${document.purpose} of ${document.object}, batch ${batNbr}`;
  const own = lines.filter((line) => line.batNbr === batNbr);
  const doubled = lines.filter((line) => line.batNbr !== batNbr);
  const found: Finding[] = doubled.map((line) => ({
    kind: "document-doubled",
    id,
    amount: books.isCounted(line) ? negate(line.amount) : zero(currency),
    words: `${about}, stands in SL's batch ${line.batNbr} of ${line.user} too`,
  }));
  if (own.length === 0) {
    if (effect.minor === 0n) return found;
    return [...found, absent(document, { expected, about, books })];
  }
  const shown = sum(
    own.map(({ amount }) => amount),
    currency,
  );
  const counted = countedOf(own, books);
  const moved = own.find((line) => line.period !== period || !isOfItsDay(line, document, own));
  if (!isSameAmount(shown, effect)) {
    const words = `${about}, has another amount in SL than it was booked with`;
    found.push({ kind: "other-amount", id, amount: subtract(expected, counted), words });
  } else if (moved !== undefined) {
    const { period: there, date } = moved;
    const booked = `${about}, booked in ${period} on ${document.date}`;
    const words = `${booked}, stands in ${there} on ${date}`;
    found.push({ kind: "other-period", id, amount: subtract(expected, counted), words });
  }
  return found;
}

/** Whether a line stands on the day of the document, or as the document has that day. */
function isOfItsDay({ date }: BookLine, document: OwnDocument, own: readonly BookLine[]): boolean {
  const { days } = document;
  if (days === undefined) return date === document.date;
  const expected = days.get(date);
  if (expected === undefined) return false;
  const shown = own.filter((line) => line.date === date).map(({ amount }) => amount);
  return isSameAmount(sum(shown, expected.currency), expected);
}

function absent(
  document: OwnDocument,
  found: Readonly<{ expected: Money; about: string; books: BooksToCheck }>,
): Finding {
  const { expected, about, books } = found;
  const isElsewhere = books.shownElsewhere.has(document.key);
  return {
    kind: isElsewhere ? "document-on-other-account" : "document-missing",
    id: document.key,
    amount: expected,
    words: isElsewhere
      ? `${about}, is in SL, but not on the clearing account`
      : `${about}, is not in SL any more`,
  };
}

function countedOf(lines: readonly BookLine[], { isCounted, currency }: BooksToCheck): Money {
  return sum(
    lines.filter((line) => isCounted(line)).map(({ amount }) => amount),
    currency,
  );
}

/** Documents of one object and their reversals together move clearing by what they own. */
function checkOwners({ documents, currency }: BooksToCheck): Finding[] {
  const found: Finding[] = [];
  for (const [object, own] of Map.groupBy(documents, (document) => document.object)) {
    const counted = own.filter(({ isOpening }) => isOpening !== true);
    const rows = sum(
      counted.map(({ owned }) => owned),
      currency,
    );
    const effect = sum(
      counted.map((document) => document.effect),
      currency,
    );
    if (isSameAmount(rows, effect)) continue;
    found.push({
      kind: "rows-and-document",
      id: object,
      amount: subtract(rows, effect),
      words: `the rows of ${object} differ from its documents: ${keysOf(own)}`,
    });
  }
  return found;
}

const keysOf = (documents: readonly OwnDocument[]) => documents.map(({ key }) => key).join(", ");

/** The sum of what the findings explain. */
export function explainedBy(findings: readonly Finding[], currency: string): Money {
  return findings.reduce((total, { amount }) => add(total, amount), zero(currency));
}
