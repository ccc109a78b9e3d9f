import {
  bookableAt,
  type JournalId,
  openPartsBetween,
  partsOfJournal,
  plannedJournals,
  planParts,
  rowsReadUntil,
  settleRows,
  spanOfDay,
} from "../../ledger/index.ts";
import { bookingZone } from "../../mapping/index.ts";
import { NOTHING_NEW } from "../charges/charge-run.ts";
import type { RunContext } from "../context.ts";
import { Waiting } from "../waiting.ts";
import { doneReceipt } from "../write/book.ts";
import type { DocumentReceipt, Intent } from "../write/intent.ts";
import { bookPlanned } from "./book-planned.ts";
import { bookRows, ownBooked } from "./book-rows.ts";
import { bookConversion } from "./conversion-run.ts";
import { planDay } from "./day-plan.ts";
import { takeOverDay } from "./day-take-over.ts";
import { partsDueByDay, type RowsBooked } from "./fees-awaited.ts";
import { leftAmong, type RowsPerson } from "./left-parts.ts";
import { keepRowJournals } from "./rebuilt-fees.ts";

/**
 * What a day does outside, in order: a journal for each kind of its rows, currency by currency, and
 * another one for rows that come once it was sent. docs/architecture.md shows it.
 */
export const DAY_EFFECTS = [
  { purpose: "category", target: "SL", writes: ["reserve", "fill", "release"] },
  { purpose: "fee", target: "SL", writes: ["reserve", "fill", "release"] },
] as const;

/** How soon it is looked again whether the day's rows are read. */
const READ_LOOK_MS = 5 * 60_000;

/**
 * Books the journals of a day: all parts of rows that no other document owns. It waits until the
 * day is over and its rows are read, fixes which journal each part goes into before anything is
 * sent, and finishes every journal that was begun. Parts that come later go into a journal of the
 * next number.
 * Where fees go with their payout, those of the day that none has taken in time are booked by the
 * day; until then they wait, and the day is due again.
 *
 * @throws HubError for the first part that cannot be booked, once all others are
 */
export async function runDay(
  context: RunContext,
  day: string,
  person: RowsPerson,
): Promise<RowsBooked> {
  const { pool, lane, pair, steps } = context;
  await waitForDay(context, day);
  await settleRows(pool, pair);
  const span = spanOfDay(day, bookingZone(pair.settings));
  const { mine, all, waiting, next } = await partsDueByDay(context, day, () =>
    openPartsBetween(pool, pair, span),
  );
  const { left, words } = leftAmong(person, mine);
  if (words !== undefined) return { outcome: "not_applicable", reason: words, next };
  const begun = await plannedJournals(pool, lane);
  await context.door.store.loadLane(lane.key);
  await context.door.store.load([lane.key, ...begun.map(({ object }) => object)]);
  await keepRowJournals(context, mine);
  const takenOver = await takeOverDay(context, { mine, all });
  const plan = await planDay(context, { parts: mine, left, begun });
  await planParts(pool, lane, plan.planned);
  await ownBooked(context, [...new Set([...mine, ...takenOver])]);
  const receipts = await bookPlanned(context, {
    journals: await inOrder(context, await plannedJournals(pool, lane)),
    book: (journal) => bookJournal(context, journal, day),
    refused: plan.refused,
    left,
    person,
  });
  if (waiting > 0) steps.note("rows", `${waiting} fees wait until their payments are booked`);
  if (next !== undefined) steps.note("rows", `Waits for ${next.waitsFor}`);
  const numbers = receipts.map(({ batNbr }) => `journal ${batNbr}`).join(", ");
  const isNothing = receipts.length === 0;
  const reason = isNothing ? `${NOTHING_NEW}: nothing of ${day} is left to book` : numbers;
  return { outcome: "booked", reason, next };
}

async function waitForDay({ pool, pair }: RunContext, day: string): Promise<void> {
  const dueInMs = bookableAt(day, pair.settings).getTime() - Date.now();
  if (dueInMs > 0) throw new Waiting(`${day} to be over, and journal-delay after it`, dueInMs);
  const { until } = spanOfDay(day, bookingZone(pair.settings));
  const readUntil = await rowsReadUntil(pool, pair.id);
  if (readUntil !== null && readUntil >= until) return;
  throw new Waiting(`the balance transactions of ${day} to be read`, READ_LOOK_MS);
}

/** The base currency's side of a conversion takes what the other side has put on the bridge. */
async function inOrder(
  { pool, lane, pair }: RunContext,
  planned: readonly JournalId[],
): Promise<readonly JournalId[]> {
  const last: JournalId[] = [];
  for (const journal of planned.filter(({ purpose }) => purpose === "bridge")) {
    const [part] = await partsOfJournal(pool, lane, journal);
    if (part?.row.gross.currency === pair.settings.sl.baseCurrency) last.push(journal);
  }
  return [...planned.filter((journal) => !last.includes(journal)), ...last];
}

/** @returns undefined where it was booked before */
async function bookJournal(
  context: RunContext,
  journal: JournalId,
  day: string,
): Promise<DocumentReceipt | undefined> {
  const { purpose } = journal;
  if (purpose !== "bridge") return bookRows(context, { ...journal, purpose });
  const known = context.door.store.find(journal) as Intent<unknown, DocumentReceipt> | undefined;
  if (doneReceipt(known) !== undefined) return undefined;
  return bookConversion(context, journal, day);
}
