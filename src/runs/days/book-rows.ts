import { counted } from "../../base/counted.ts";
import { HubError } from "../../base/errors.ts";
import {
  type JournalId,
  journalName,
  type OpenPart,
  partName,
  partsOfJournal,
  payoutOfLane,
  plannedAmong,
  plannedJournals,
} from "../../ledger/index.ts";
import {
  bookingZone,
  choosePeriod,
  type DayPurpose,
  documentDate,
  type JournalPart,
  mapDayJournal,
} from "../../mapping/index.ts";
import type { RunContext } from "../context.ts";
import { book, doneReceipt, withNotes } from "../write/book.ts";
import type { DocumentReceipt, Intent } from "../write/intent.ts";
import type { RefusedPart } from "./day-plan.ts";

/** Rows that a parked run names; `slipway rows unowned` lists them all. */
const ROWS_NAMED = 50;

/**
 * Books a journal of the rows that are pinned to it.
 *
 * @returns undefined where it was booked before
 * @throws HubError `mapping.period_closed` and those of the write protocol
 */
export async function bookRows(
  context: RunContext,
  journal: JournalId & Readonly<{ purpose: DayPurpose }>,
): Promise<DocumentReceipt | undefined> {
  const { pool, lane, pair, door, steps } = context;
  const known = door.store.find(journal) as Intent<unknown, DocumentReceipt> | undefined;
  if (doneReceipt(known) !== undefined) return undefined;
  const { object, purpose, part } = journal;
  const parts = await partsOfJournal(pool, lane, journal);
  const { settings } = pair;
  const last = parts.at(-1)?.row;
  if (last === undefined) throw new HubError("bug.assertion", `${object} ${part} has no rows`);
  const calendar = await pair.reference.calendar();
  const date = documentDate(last.created, bookingZone(settings));
  const chosen = choosePeriod(date, calendar, settings.closedPeriod);
  const receipt = await book(door, {
    object,
    purpose,
    part,
    make: (key) => {
      const of = { settings, purpose, object: shownObject(object), key, period: chosen.period };
      return withNotes(chosen, mapDayJournal(parts, of));
    },
    owners: ownersOf(parts),
  });
  const { batNbr } = receipt;
  steps.note(purpose, `journal ${batNbr} of ${counted(parts.length, "part")} of rows`, { batNbr });
  return receipt;
}

/** What SL shows beside the key: of a payout's fees the payout. */
export function shownObject(object: string): string {
  return payoutOfLane(object) ?? object;
}

/**
 * Lets journals that stand own the parts that are planned for them: one that a rebuild took over,
 * or that a crash left half taken over. A part goes into a journal before its first send alone.
 */
export async function ownBooked(
  { pool, pair, lane, door }: RunContext,
  open: readonly OpenPart[],
): Promise<void> {
  const ids = [...new Set(open.map(({ row }) => row.id))];
  const own = new Set((await plannedJournals(pool, lane)).map(journalName));
  // What another lane has pinned meanwhile is that lane's to own.
  const planned = new Map(
    [...(await plannedAmong(pool, pair.id, ids))].filter(([, one]) => own.has(journalName(one))),
  );
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
export function throwRefused(refused: readonly RefusedPart[]): void {
  const [first, ...others] = refused;
  if (first === undefined) return;
  const { error } = first;
  const rest = others.length === 0 ? "" : `, and ${counted(others.length, "more part")} of rows`;
  const rows = [...new Set(refused.map(({ rowId }) => rowId))].slice(0, ROWS_NAMED).join();
  throw new HubError(error.code, `${error.message}${rest}`, {
    facts: { ...error.facts, rows },
    cause: error,
    cure: error.cure,
  });
}

function ownersOf(parts: readonly JournalPart[]) {
  return parts.map(({ row, part }) => ({ rowId: row.id, part }));
}
