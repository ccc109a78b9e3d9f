import { type Money, money, toDecimal } from "../base/money.ts";
import type { LedgerRow } from "../canonical/balance.ts";
import type { PairSettings } from "../config/index.ts";
import type { JournalDraft, JournalLine } from "../erp/port.ts";
import { checkAmount } from "./amounts.ts";
import { bookingZone, documentDate } from "./dates.ts";
import { journalDraft } from "./journal-draft.ts";
import type { Mapped } from "./mapped.ts";
import { MAPPING_VERSION } from "./note.ts";
import { clearingOf, type OwnedRow } from "./payment.ts";
import { type Posting, postingsOf } from "./row-parts.ts";
import { noteText, shortStripeId } from "./text.ts";

/** What a journal of rows is for: the fees of a day, or all else that no other document owns. */
export type DayPurpose = "fee" | "category";

/** A part of a row in a journal. */
export type JournalPart = Readonly<{
  row: LedgerRow;
  part: OwnedRow["part"];
  /** Its source has moved the prefunding balance too. */
  isPrefunding?: boolean;
}>;

/** All that a journal of rows is mapped from beside them. */
export type DayJournalContext = Readonly<{
  settings: PairSettings;
  purpose: DayPurpose;
  /** The Stripe object that SL shows: `day:2026-03-10`, the row's own id, or the payout's. */
  object: string;
  /** The intent key of the journal. */
  key: string;
  period: string;
}>;

/** Rows that a note names; the rest stands in the hub. */
const ROWS_NAMED = 50;

/**
 * The journal of row parts of one currency: those of a day, or what a payout took along in a
 * period. Fees have one line for each day, type and side, costs and returned fees never netted, and
 * one line on clearing for each day; all else has its own line on clearing for each kind and side.
 * A journal has the date of its last day, and each line that of its rows.
 *
 * @throws HubError those of `postingsOf`, `mapping.amount_out_of_range`
 */
export function mapDayJournal(
  parts: readonly JournalPart[],
  context: DayJournalContext,
): Mapped<JournalDraft> {
  const { settings, purpose, object, key, period } = context;
  const first = parts[0]?.row;
  if (first === undefined) throw new Error("A journal has rows");
  const zone = bookingZone(settings);
  const byDate = Map.groupBy(parts, ({ row }) => documentDate(row.created, zone));
  const dates = [...byDate.keys()].sort();
  const days = dates.map((date) => dayOf(byDate.get(date) ?? [], { ...context, date }));
  const date = dates.at(-1) ?? "";
  const draft = journalDraft({
    ...{ key, object, date, period },
    currency: first.gross.currency,
    title: `${TITLES[purpose]} ${date}`,
    note: noteOf(parts, context, dates),
    lines: days.flatMap(({ lines }) => lines),
  });
  return { draft, notes: days.flatMap(({ groups }) => suspenseNotes(groups)) };
}

/** What a journal holds of one day. */
function dayOf(
  parts: readonly JournalPart[],
  { settings, purpose, object, date }: DayJournalContext & Readonly<{ date: string }>,
): Readonly<{ groups: readonly Group[]; lines: readonly JournalLine[] }> {
  const currency = parts[0]?.row.gross.currency ?? "";
  const postings = parts.flatMap((one) =>
    postingsOf(one.row, one.part, { settings, isPrefunding: one.isPrefunding === true }).map(
      (posting) => ({ posting, rowId: one.row.id }),
    ),
  );
  const groups = groupsOf(postings);
  const clearing = clearingOf(currency, settings);
  const about = { date, reference: date, object };
  const lines = groups.map((group) => lineOf(group, about));
  if (purpose === "fee") {
    return { groups, lines: [...lines, ...clearingLines(lines, { clearing, currency, about })] };
  }
  const across = lines.flatMap((line) => {
    return [line, { ...line, role: "clearing", account: clearing, side: other(line.side) }];
  });
  return { groups, lines: across };
}

const TITLES: Readonly<Record<DayPurpose, string>> = {
  fee: "Stripe fees",
  category: "Stripe balance",
};

type Group = Readonly<{ posting: Posting; total: Money; rowIds: readonly string[] }>;

function groupsOf(found: readonly Readonly<{ posting: Posting; rowId: string }>[]): Group[] {
  const byLine = Map.groupBy(found, ({ posting }) =>
    JSON.stringify([posting.cost.minor < 0n, posting.role, posting.account, posting.label]),
  );
  const groups = [...byLine.values()].flatMap((members): Group[] => {
    const [first] = members;
    if (first === undefined) return [];
    const { posting } = first;
    const minor = members.reduce((sum, { posting: { cost } }) => sum + cost.minor, 0n);
    const total = money(minor, posting.cost.currency);
    return [{ posting, total, rowIds: [...new Set(members.map(({ rowId }) => rowId))] }];
  });
  return groups.sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
}

/** Costs first, then by role and label: the same rows give the same lines in the same order. */
function orderOf({ posting, total }: Group): string {
  return `${total.minor < 0n ? 1 : 0} ${posting.role} ${posting.label}`;
}

type About = Readonly<{ date: string; reference: string; object: string }>;

function lineOf({ posting, total, rowIds }: Group, about: About): JournalLine {
  const amount = absolute(total);
  checkAmount(amount, "A line of a journal");
  const only = rowIds.length === 1 ? rowIds[0] : undefined;
  return {
    role: posting.role,
    account: posting.account,
    side: total.minor < 0n ? "credit" : "debit",
    amount,
    date: about.date,
    description: posting.label,
    reference: about.reference,
    stripeId: shortStripeId(only ?? about.object),
  };
}

/** One line for what all of it took from the balance; none where it took nothing. */
function clearingLines(
  lines: readonly JournalLine[],
  of: Readonly<{ clearing: JournalLine["account"]; currency: string; about: About }>,
): JournalLine[] {
  const { clearing, currency, about } = of;
  const signed = lines.map(({ side, amount }) => (side === "debit" ? amount.minor : -amount.minor));
  const cost = signed.reduce((sum, minor) => sum + minor, 0n);
  if (cost === 0n) return [];
  return [
    {
      role: "clearing",
      account: clearing,
      side: cost < 0n ? "debit" : "credit",
      amount: absolute(money(cost, currency)),
      date: about.date,
      description: `Stripe fees ${about.date}`,
      reference: about.reference,
      stripeId: shortStripeId(about.object),
    },
  ];
}

function noteOf(
  parts: readonly JournalPart[],
  { settings, purpose, object }: DayJournalContext,
  dates: readonly string[],
): string {
  const [first = "", last = first] = [dates[0], dates.at(-1)];
  const days = first === last ? first : `${first} to ${last}`;
  const what = object.startsWith("po_") ? `${object}, ${days}` : days;
  const ids = [...new Set(parts.map(({ row }) => row.id))];
  const named = ids.slice(0, ROWS_NAMED).join(", ");
  const rest = ids.length > ROWS_NAMED ? ` and ${ids.length - ROWS_NAMED} more` : "";
  return [
    `${TITLES[purpose]} of ${what}, ${ids.length} balance transactions: ${named}${rest}`,
    `Booked by Slipway for pair ${settings.id}, mapping version ${MAPPING_VERSION}`,
  ]
    .map(noteText)
    .join("\n");
}

/** What went to suspense is said in words, since a person has to clear it. */
function suspenseNotes(groups: readonly Group[]): string[] {
  return groups
    .filter(({ posting }) => posting.role === "suspense")
    .map(({ posting, total, rowIds }) => {
      const amount = `${toDecimal(total)} ${total.currency}`;
      return `${posting.label}: ${amount} on suspense, of ${rowIds.slice(0, 10).join(", ")}`;
    });
}

function absolute({ minor, currency }: Money): Money {
  return money(minor < 0n ? -minor : minor, currency);
}

function other(side: JournalLine["side"]): JournalLine["side"] {
  return side === "debit" ? "credit" : "debit";
}
