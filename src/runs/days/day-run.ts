import { HubError } from "../../base/errors.ts";
import {
  bookableAt,
  type JournalId,
  type OpenPart,
  openPartsBetween,
  partName,
  partsOfJournal,
  plannedAmong,
  plannedJournals,
  planParts,
  rowsReadUntil,
  settleRows,
  spanOfDay,
} from "../../ledger/index.ts";
import {
  bookingZone,
  choosePeriod,
  type DayPurpose,
  type JournalPart,
  mapDayJournal,
} from "../../mapping/index.ts";
import { NOTHING_NEW } from "../charges/charge-run.ts";
import type { RunContext } from "../context.ts";
import { Waiting } from "../waiting.ts";
import { book, doneReceipt, withNotes } from "../write/book.ts";
import type { DocumentReceipt, Intent } from "../write/intent.ts";
import { bookConversion } from "./conversion-run.ts";
import { type DayPlan, planDay } from "./day-plan.ts";
import { takeOverDay } from "./day-take-over.ts";

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
/** Rows that a parked day names; `slipway rows unowned` lists them all. */
const ROWS_NAMED = 50;

/**
 * Books the journals of a day: all parts of rows that no other document owns. It waits until the
 * day is over and its rows are read, fixes which journal each part goes into before anything is
 * sent, and finishes every journal that was begun. Parts that come later go into a journal of the
 * next number.
 *
 * @throws HubError for the first part that cannot be booked, once all others are
 */
export async function runDay(
  context: RunContext,
  day: string,
  person: Readonly<{
    /** Rows that a person has seen refused, and left alone. */
    leftAlone: ReadonlySet<string>;
    onRefused: (rowIds: readonly string[]) => void;
  }>,
): Promise<Readonly<{ reason: string }>> {
  const { pool, lane, pair, steps } = context;
  await waitForDay(context, day);
  await settleRows(pool, pair);
  const zone = bookingZone(pair.settings);
  const open = await openPartsBetween(pool, pair, spanOfDay(day, zone));
  const mine = open.filter(({ laneKey, isWaiting }) => laneKey === lane.key && !isWaiting);
  const begun = await plannedJournals(pool, lane);
  await context.door.store.loadLane(lane.key);
  await context.door.store.load([lane.key, ...begun.map(({ object }) => object)]);
  await takeOverDay(context, mine);
  const plan = await planDay(context, { parts: mine, begun });
  await planParts(pool, lane, plan.planned);
  await ownBooked(context, mine);
  const receipts: DocumentReceipt[] = [];
  const planned = await plannedJournals(pool, lane);
  for (const journal of await inOrder(context, planned)) {
    const receipt = await bookJournal(context, journal, day);
    if (receipt !== undefined) receipts.push(receipt);
  }
  await settleRows(pool, pair);
  const refused = plan.refused.filter(({ rowId }) => !person.leftAlone.has(rowId));
  person.onRefused(plan.refused.map(({ rowId }) => rowId));
  throwRefused(refused);
  const waiting = open.filter(({ isWaiting }) => isWaiting).length;
  if (waiting > 0) steps.note("rows", `${waiting} fees wait until their payments are booked`);
  const numbers = receipts.map(({ batNbr }) => `journal ${batNbr}`).join(", ");
  const words = numbers === "" ? `nothing of ${day} is left to book` : numbers;
  return { reason: receipts.length === 0 ? `${NOTHING_NEW}: ${words}` : words };
}

async function waitForDay({ pool, pair }: RunContext, day: string): Promise<void> {
  const dueInMs = bookableAt(day, pair.settings).getTime() - Date.now();
  if (dueInMs > 0) throw new Waiting(`${day} to be over, and journal-delay after it`, dueInMs);
  const { until } = spanOfDay(day, bookingZone(pair.settings));
  const readUntil = await rowsReadUntil(pool, pair.id);
  if (readUntil !== null && readUntil >= until) return;
  throw new Waiting(`the balance transactions of ${day} to be read`, READ_LOOK_MS);
}

/**
 * Lets journals that stand own the parts that are planned for them: one that a rebuild took over,
 * or that a crash left half taken over. A part goes into a journal before its first send alone.
 */
async function ownBooked(
  { pool, pair, door }: RunContext,
  open: readonly OpenPart[],
): Promise<void> {
  const ids = [...new Set(open.map(({ row }) => row.id))];
  const planned = await plannedAmong(pool, pair.id, ids);
  await door.store.load([...new Set([...planned.values()].map(({ object }) => object))]);
  const byIntent = Map.groupBy(open, ({ row, part }) => {
    const journal = planned.get(partName(row.id, part));
    return journal === undefined ? undefined : door.store.find(journal);
  });
  for (const [intent, parts] of byIntent) {
    if (intent?.stage !== "done") continue;
    await door.store.advance(intent, { stage: "done", rows: { owners: ownersOf(parts) } });
  }
}

/** What nothing can be done about without a person stops none of its neighbours. */
function throwRefused(refused: DayPlan["refused"]): void {
  const [first, ...others] = refused;
  if (first === undefined) return;
  const { error } = first;
  const rest = others.length === 0 ? "" : `, and ${others.length} more parts of rows`;
  throw new HubError(error.code, `${error.message}${rest}`, {
    facts: {
      ...error.facts,
      rows: refused
        .slice(0, ROWS_NAMED)
        .map(({ rowId }) => rowId)
        .join(),
    },
    cause: error,
  });
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
  const { pool, lane, pair, door, steps } = context;
  const known = door.store.find(journal) as Intent<unknown, DocumentReceipt> | undefined;
  if (doneReceipt(known) !== undefined) return undefined;
  const { object, purpose, part } = journal;
  if (purpose === "bridge") return bookConversion(context, journal, day);
  const parts = await partsOfJournal(pool, lane, journal);
  const calendar = await pair.reference.calendar();
  const chosen = choosePeriod(day, calendar, pair.settings.closedPeriod);
  const receipt = await book(door, {
    object,
    purpose,
    part,
    make: (key) =>
      withNotes(chosen, draftOf(context, { object, purpose }, { parts, key, ...chosen })),
    owners: ownersOf(parts),
  });
  const { batNbr } = receipt;
  steps.note(purpose, `journal ${batNbr} of ${parts.length} parts of rows`, { batNbr });
  return receipt;
}

function draftOf(
  { pair }: RunContext,
  { object, purpose }: Readonly<{ object: string; purpose: DayPurpose }>,
  of: Readonly<{ parts: readonly JournalPart[]; key: string; period: string }>,
) {
  const { parts, key, period } = of;
  return mapDayJournal(parts, { settings: pair.settings, purpose, object, key, period });
}

function ownersOf(parts: readonly JournalPart[]) {
  return parts.map(({ row, part }) => ({ rowId: row.id, part }));
}
