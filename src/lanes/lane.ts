import type { Pool, PoolClient } from "pg";
import { HubError } from "../base/errors.ts";

/** Where a statement may be sent: alone on the pool, or inside somebody's transaction. */
export type Queryable = Pool | PoolClient;

/** Names a lane. */
export type LaneId = Readonly<{ pair: string; key: string }>;

/** A lane that this process may work on until its lease ends. */
export type ClaimedLane = LaneId &
  Readonly<{
    /** The claiming process; with `attempt` it is the fence. */
    owner: string;
    attempt: number;
    /** The wake-ups that this run answers; `finishLane` compares. */
    wake: number;
    /** How many tries have failed so far, as the last run left it. */
    tries: number;
    /** The process whose lease ran out, where this claim is a take-over. */
    takenOverFrom: string | undefined;
    /**
     * The newest heartbeat of this process that the database took, in the database's words. One
     * that does not hold it any more was put back to an older copy while the process lived.
     */
    heartbeat?: string | undefined;
  }>;

/**
 * A delay, no further run until it is woken, or `in line`: at once, behind those that fell due
 * within a minute after it. So it keeps about its place, and yet another one is tried next.
 */
export type DueIn = number | null | "in line";

/** How a run leaves its lane. */
export type LaneFinish = Readonly<{
  /** When it is due again, by the database's clock; null puts it to sleep until it is woken. */
  dueInMs: DueIn;
  tries: number;
  /** What the lane waits for, in words for the operator. */
  waitsFor?: string;
}>;

/** The channel that tells every process about woken lanes; the payload is the pair. */
export const LANE_CHANNEL = "slipway_lane";

/**
 * The fence as a CTE, for statements that write on behalf of a run: `$1` pair, `$2` key, `$3`
 * owner, `$4` attempt. A statement that selects from it writes nothing once another worker has the
 * lane, and the share lock keeps a take-over waiting until the statement's transaction ends.
 */
export const FENCE_CTE = `fence as materialized (
  select 1 from lane
  where pair = $1 and key = $2 and owner = $3 and attempt = $4::bigint for share)`;

const GUARD_SQL = `with ${FENCE_CTE} select 1 from fence`;

// Rows are locked in the order of their keys everywhere, so that two statements that wake the same
// lanes wait for each other instead of dying in a deadlock.
const WAKE_SQL = `
with woken as (
  insert into lane (pair, key, wake, due_at, woken_at)
  select distinct w.pair, w.key, 1, now() + $3::bigint * interval '1 millisecond', now()
  from unnest($1::text[], $2::text[]) as w (pair, key)
  order by w.pair, w.key
  on conflict (pair, key) do update
    set wake = lane.wake + 1, due_at = least(lane.due_at, excluded.due_at),
        woken_at = excluded.woken_at, updated_at = now()
  returning pair, owner
)
select pg_notify('${LANE_CHANNEL}', pair)
from (select distinct pair from woken where owner is null) as free`;

const LOCK_SQL = `
select 1 from lane l
join unnest($1::text[], $2::text[]) as w (pair, key) on w.pair = l.pair and w.key = l.key
order by l.pair, l.key
for no key update of l`;

/** How a delay says `in line`: no other is below zero. */
const IN_LINE = -1;

/**
 * The end of a lane as a CTE, its values `$1` to `$8` by `finishValues`. A statement whose other
 * parts select from it ends the lane and writes, or does neither: no row means that another worker
 * has the lane.
 */
export const FINISH_CTE = `finished as (
  update lane set
    owner = null, lease_until = null, tries = $7, waits_for = $8, updated_at = now(),
    due_at = case when wake <> $5::bigint then clock_timestamp()
      when $6::bigint = ${IN_LINE} then least(clock_timestamp(), due_at + interval '1 minute')
      else clock_timestamp() + $6::bigint * interval '1 millisecond' end
  where pair = $1 and key = $2 and owner = $3 and attempt = $4::bigint
  returning pair, key, wake <> $5::bigint as was_woken)`;

const FINISH_SQL = `with ${FINISH_CTE} select was_woken from finished`;

/**
 * Wakes lanes, making those that do not exist yet: each is due in `dueInMs` (default: at once) or
 * earlier, and a run that is at work on it now will be followed by another.
 */
export async function wakeLanes(
  tx: Queryable,
  lanes: readonly LaneId[],
  dueInMs = 0,
): Promise<void> {
  if (lanes.length === 0) return;
  const [pairs, keys] = [lanes.map((lane) => lane.pair), lanes.map((lane) => lane.key)];
  await tx.query(WAKE_SQL, [pairs, keys, Math.round(dueInMs)]);
}

/**
 * Locks existing lanes in the order that all statements keep. A transaction that is going to touch
 * more than one lane begins with it, or two of them that cross end in a deadlock.
 */
export async function lockLanes(tx: PoolClient, lanes: readonly LaneId[]): Promise<void> {
  if (lanes.length === 0) return;
  await tx.query(LOCK_SQL, [lanes.map((lane) => lane.pair), lanes.map((lane) => lane.key)]);
}

/**
 * Ends the work on a claimed lane, in the transaction that saves what the work came to. When the
 * lane was woken since its claim it is due again at once, so no wake-up is lost.
 *
 * @returns whether it was woken meanwhile
 * @throws HubError `lane.fenced` when another worker has the lane; roll the transaction back
 */
export async function finishLane(
  tx: Queryable,
  lane: ClaimedLane,
  finish: LaneFinish,
): Promise<{ wasWoken: boolean }> {
  const values = finishValues(lane, finish);
  const result = await tx.query<{ was_woken: boolean }>(FINISH_SQL, values);
  const row = result.rows[0];
  if (row === undefined) throw fenced(lane);
  return { wasWoken: row.was_woken };
}

/** The values of `FINISH_CTE`. */
export function finishValues(lane: ClaimedLane, finish: LaneFinish): unknown[] {
  const { pair, key, owner, attempt, wake } = lane;
  const dueInMs = dueInMsOf(finish.dueInMs);
  return [pair, key, owner, attempt, wake, dueInMs, finish.tries, finish.waitsFor ?? null];
}

function dueInMsOf(dueIn: DueIn): number | null {
  if (dueIn === "in line") return IN_LINE;
  return dueIn === null ? null : Math.round(dueIn);
}

/**
 * Passes while this process holds the lane, and keeps it so until the transaction ends.
 *
 * @throws HubError `lane.fenced`
 */
export async function guardLane(tx: PoolClient, lane: ClaimedLane): Promise<void> {
  const { pair, key, owner, attempt } = lane;
  const result = await tx.query(GUARD_SQL, [pair, key, owner, attempt]);
  if (result.rows.length === 0) throw fenced(lane);
}

/** The error of whoever has lost a lane. */
export function fenced(lane: ClaimedLane): HubError {
  return new HubError("lane.fenced", "Another worker has taken this lane over", {
    facts: { pair: lane.pair, lane: lane.key, owner: lane.owner, attempt: lane.attempt },
  });
}
