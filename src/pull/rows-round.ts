import type { Pool } from "pg";
import type { LedgerRow } from "../canonical/balance.ts";
import type { EventsQuery, StripePort } from "../canonical/port.ts";
import { withTransaction } from "../db/index.ts";
import { daysOf, keepRows, knownRows, type LedgerPair, wakeOwners } from "../ledger/index.ts";
import type { ClaimedWalk } from "./claim.ts";
import { later, moved, ROWS_DEEP_OVERLAP_MS, ROWS_OVERLAP_MS } from "./span.ts";
import { type Listed, pullRound, spanRound, type Way } from "./walk.ts";
import { moveMark, setOut } from "./walk-fence.ts";

/** A balance transaction as a walk sees it. */
type ListedRow = Listed & Readonly<{ row: LedgerRow }>;

/** What a round of rows works with. */
export type RowsRound = Readonly<{
  pool: Pool;
  stripe: Pick<StripePort, "listRows">;
  pair: LedgerPair;
  signal: AbortSignal;
  mayGoOn: () => boolean;
  /** Gets the days whose rows were stored; to be woken once the end of the round is saved. */
  days: Set<string>;
}>;

/**
 * Keeps all balance transactions from the walk's position on, and wakes the lanes that are to own
 * what nobody owns. Once a day it goes back further, for rows that Stripe has shown late.
 *
 * @returns false where the round stopped for its time
 */
export async function rowsRound(round: RowsRound, walk: ClaimedWalk): Promise<boolean> {
  const { pool, pair } = round;
  const way = wayOf(round, walk);
  const isDone = await pullRound(walk, way);
  if (isDone && walk.isDeep) {
    const from = later(moved(walk.position, -ROWS_DEEP_OVERLAP_MS), walk.since);
    // As far as the time of this round allows: tomorrow's look goes over the same day again.
    await spanRound(walk, way, { from, to: walk.position });
  }
  await wakeOwners(pool, pair);
  return isDone;
}

function wayOf(round: RowsRound, walk: ClaimedWalk): Way<ListedRow> {
  const { pool, stripe, pair, signal, mayGoOn, days } = round;
  return {
    list: (query) => listed(stripe, query, signal),
    known: (ids) => knownRows(pool, walk.pair, ids),
    setOut: (from, to) => setOut(pool, walk, { from, to }),
    mayGoOn,
    overlapMs: ROWS_OVERLAP_MS,
    save: async (events, mark) => {
      const rows = events.map(({ row }) => row);
      await withTransaction(pool, async (tx) => {
        await keepRows(tx, walk.pair, rows);
        if (mark !== undefined) await moveMark(tx, walk, mark);
      });
      for (const day of daysOf(pair, rows)) days.add(day);
    },
  };
}

async function* listed(
  stripe: Pick<StripePort, "listRows">,
  { from, until }: EventsQuery,
  signal: AbortSignal,
): AsyncIterable<Readonly<{ events: readonly ListedRow[]; isLast: boolean }>> {
  for await (const { rows, isLast } of stripe.listRows({ from, until }, signal)) {
    yield { events: rows.map((row) => ({ id: row.id, createdAt: row.created, row })), isLast };
  }
}
