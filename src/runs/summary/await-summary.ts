import type { Pool } from "pg";
import { type LaneId, wakeLanes } from "../../lanes/index.ts";
import { summaryLane, summedUpAt } from "../../ledger/index.ts";
import type { RunContext } from "../context.ts";
import { Waiting } from "../waiting.ts";

/** A summary wakes what it is made of itself; what waits in vain says so once a day. */
const LOOK_AGAIN_MS = 24 * 60 * 60_000;

/**
 * Waits for the summary that something is collected for, and sees to it that there will be one:
 * whoever has collected it may have died before it could tell the day. One that has parked is left
 * to its person, unless there is something new for it: thousands of sales may wait for it.
 *
 * @throws Waiting
 */
export async function awaitSummary(
  { pool, pair }: RunContext,
  { day, isNew }: Readonly<{ day: string; isNew: boolean }>,
): Promise<never> {
  const dueInMs = Math.max(summedUpAt(day, pair.settings).getTime() - Date.now(), 0);
  const lane = { pair: pair.id, key: summaryLane(day) };
  if (isNew || !(await isParked(pool, lane))) await wakeLanes(pool, [lane], dueInMs);
  throw new Waiting(`the summary of ${day}`, dueInMs + LOOK_AGAIN_MS);
}

async function isParked(pool: Pool, { pair, key }: LaneId): Promise<boolean> {
  const { rowCount } = await pool.query(
    "select from parked where pair = $1 and lane_key = $2 and state = 'open'",
    [pair, key],
  );
  return rowCount !== 0;
}
