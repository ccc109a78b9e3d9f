import type { Pool } from "pg";
import { followClockBack } from "./clock-step.ts";
import type { Queryable } from "./lane.ts";

/** A due lane that nobody has taken for this long means that claiming does not work. */
const OVERDUE_AFTER_MINUTES = 5;

/** What a sweep found; each is more than zero only through a fault of ours. */
export type Strays = Readonly<{
  /** Lanes woken because an event without an end had nobody to work on it. */
  wokenLanes: number;
  /** Lanes of pairs at work that have been due for over five minutes. */
  overdueLanes: number;
}>;

// One process at a time: the others get no row and report nothing. A lane that is worked keeps the
// time that it was due at.
const SWEEP_SQL = `
with turn as materialized (
  select 1 where pg_try_advisory_xact_lock(1397512017, 0)
), stray as materialized (
  select distinct e.pair, e.lane_key as key
  from event e left join lane l on l.pair = e.pair and l.key = e.lane_key
  where e.end_state is null and exists (select 1 from turn)
    and l.due_at is null
), woken as (
  insert into lane (pair, key, wake, due_at, woken_at)
  select pair, key, 1, now(), now() from stray order by pair, key
  on conflict (pair, key) do update
    set wake = lane.wake + 1, due_at = least(lane.due_at, now()), woken_at = now(),
        updated_at = now()
  returning pair
), overdue as (
  select l.pair from lane l left join pair_state s on s.pair = l.pair
  where l.owner is null and l.due_at < now() - $1 * interval '1 minute'
    and s.paused_code is null and s.held_by is null and coalesce(s.circuit, 'closed') = 'closed'
), told as (
  select pg_notify('slipway_lane', pair)
  from (select pair from woken union select pair from overdue) as of_pair
)
select (select count(*) from woken)::int as "wokenLanes",
  (select count(*) from overdue)::int as "overdueLanes",
  (select count(*) from told)::int as told
from turn`;

const COUNT_SQL = `
select pair,
  count(*) filter (where owner is not null)::int as owned,
  count(*) filter (where owner is null and due_at <= now())::int as due,
  count(*) filter (where owner is null and due_at > now())::int as waiting,
  (extract(epoch from now() - min(due_at) filter (where owner is null and due_at <= now()))
    * 1000)::float8 as "oldestDueMs"
from lane
where owner is not null or due_at is not null
group by pair order by pair`;

/** How much of a pair's work stands where. */
export type LaneCounts = Readonly<{
  pair: string;
  /** Being worked now. */
  owned: number;
  /** Could be worked now. */
  due: number;
  /** Due at a later time. */
  waiting: number;
  /** How long the oldest due lane has been due; null when none is. */
  oldestDueMs: number | null;
}>;

/**
 * Looks for work that nobody would do: an event without an end whose lane is neither due nor owned
 * is woken, a lane overdue by five minutes is counted and announced again. Every process may call
 * it every minute; while one sweeps, the others find nothing. Before that it follows a clock of the
 * database that was set back.
 */
export async function sweepStrays(pool: Pool): Promise<Strays> {
  await followClockBack(pool);
  const result = await pool.query<Strays>(SWEEP_SQL, [OVERDUE_AFTER_MINUTES]);
  const { wokenLanes = 0, overdueLanes = 0 } = result.rows[0] ?? {};
  return { wokenLanes, overdueLanes };
}

/** Counts the lanes that are not asleep, by pair. */
export async function countLanes(tx: Queryable): Promise<LaneCounts[]> {
  const result = await tx.query<LaneCounts>(COUNT_SQL);
  return result.rows;
}
