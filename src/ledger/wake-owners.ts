import type { Pool } from "pg";
import type { LedgerRow } from "../canonical/balance.ts";
import type { PairSettings } from "../config/index.ts";
import { wakeLanes } from "../lanes/index.ts";
import { bookingZone, documentDate, rowParts } from "../mapping/index.ts";
import { dayLane, dayOfLane, spanOfDay } from "./days.ts";
import { type OpenPart, rowsToWake, settleRows } from "./open-rows.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Until then a webhook mostly has booked a row, and nothing has to be woken for it. */
const GRACE_MS = 15 * MINUTE_MS;
/** A row that stays open is asked for once a day: its lane says what it waits for. */
const AGAIN_MS = 24 * HOUR_MS;
/** Rows for which lanes are woken in one round: SL gets them one after the other anyway. */
const ROWS_AT_ONCE = 500;

/** A pair whose rows are looked after. */
export type LedgerPair = Readonly<{ id: string; settings: PairSettings }>;

/** When the journals of a day may be booked. */
export function bookableAt(date: string, settings: PairSettings): Date {
  const { until } = spanOfDay(date, bookingZone(settings));
  return new Date(until.getTime() + settings.journalDelay * HOUR_MS);
}

/** When the sales of a day may be booked as one. */
export function summedUpAt(date: string, settings: PairSettings): Date {
  const { until } = spanOfDay(date, bookingZone(settings));
  return new Date(until.getTime() + settings.summaryDelay * HOUR_MS);
}

/** The days that have a journal for some part of these rows. */
export function daysOf({ settings }: LedgerPair, rows: readonly LedgerRow[]): readonly string[] {
  const zone = bookingZone(settings);
  const ofJournals = rows.filter((row) =>
    rowParts(row, settings).some(({ owner }) => owner === "fee" || owner === "category"),
  );
  return [...new Set(ofJournals.map(({ created }) => documentDate(created, zone)))];
}

/** Wakes the lanes of these days, each for the time when its day is over. */
export async function wakeDays(
  pool: Pool,
  { id, settings }: LedgerPair,
  days: Iterable<string>,
): Promise<void> {
  for (const day of [...days].sort()) {
    const dueInMs = Math.max(bookableAt(day, settings).getTime() - Date.now(), 0);
    await wakeLanes(pool, [{ pair: id, key: dayLane(day) }], dueInMs);
  }
}

/**
 * Wakes the lanes of rows that nobody has booked in time, at most so many in one round and each row
 * once a day. What is parked is left to whoever looks after it.
 *
 * @returns how many rows it woke a lane for
 */
export async function wakeOwners(pool: Pool, pair: LedgerPair): Promise<number> {
  await settleRows(pool, pair);
  const limits = { graceMs: GRACE_MS, againMs: AGAIN_MS, limit: ROWS_AT_ONCE };
  const open = await rowsToWake(pool, pair, limits);
  const now = Date.now();
  const woken = open.filter(({ laneKey, isWaiting, awaitsUntil }) => {
    const isFree = awaitsUntil === undefined || awaitsUntil.getTime() <= now;
    return isFree && !isWaiting && isDue(laneKey, pair);
  });
  const keysOf = (parts: readonly OpenPart[]) => [
    ...new Set(parts.flatMap(({ laneKey }) => laneKey ?? [])),
  ];
  await wakeLanes(pool, await withoutParked(pool, pair.id, keysOf(woken)));
  // A day that has parked for another row is still to book the fees that have waited in vain.
  const inVain = woken.filter(({ awaitsUntil }) => awaitsUntil !== undefined);
  await wakeLanes(
    pool,
    keysOf(inVain).map((key) => ({ pair: pair.id, key })),
  );
  await pool.query(
    `update balance_row set woken_at = clock_timestamp()
     where pair = $1 and row_id = any ($2::text[])`,
    [pair.id, [...new Set(open.map(({ row }) => row.id))]],
  );
  return new Set(woken.map(({ row }) => row.id)).size;
}

/** A day that is not over yet has its own time. */
function isDue(laneKey: string | undefined, { settings }: LedgerPair): boolean {
  if (laneKey === undefined) return false;
  const day = dayOfLane(laneKey);
  return day === undefined || bookableAt(day, settings).getTime() <= Date.now();
}

async function withoutParked(pool: Pool, pair: string, keys: readonly string[]) {
  const { rows } = await pool.query<{ key: string }>(
    `select lane_key as key from parked
     where pair = $1 and state = 'open' and lane_key = any ($2::text[])`,
    [pair, keys],
  );
  const parked = new Set(rows.map(({ key }) => key));
  return keys.filter((key) => !parked.has(key)).map((key) => ({ pair, key }));
}
