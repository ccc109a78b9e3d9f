import type { Pool } from "pg";
import { type LaneId, wakeLanes } from "../lanes/index.ts";
import type { PairRuntime } from "./pair-runtime.ts";

// A lane that a person has to see to sleeps by right, and so does one whose run has looked at the
// attempt after the horizon and left it. A customer is shared by lanes: the events without an end
// of whoever makes it tell that it is wanted.
const STRAY_SQL = `
select distinct i.pair, i.lane_key as key
from attempt a
join unnest($1::text[], $2::int[]) as h (pair, horizon_ms) on h.pair = a.pair
cross join lateral (select a.sent_at + h.horizon_ms * interval '1 millisecond' as at) as horizon
join intent i on i.pair = a.pair and i.key = a.key
left join lane l on l.pair = i.pair and l.key = i.lane_key
where a.answered_at is null and horizon.at < clock_timestamp()
  and i.stage not in ('done', 'abandoned') and i.purpose <> 'customer' and i.lane_key <> ''
  and l.due_at is null and l.owner is null
  and not exists (select from parked p
    where p.pair = i.pair and p.lane_key = i.lane_key and p.state = 'open')
  and not exists (select from run r
    where r.pair = i.pair and r.lane_key = i.lane_key and r.ended_at > horizon.at)`;

/**
 * Wakes lanes that sleep over a send whose outcome is still open although nothing of it can take
 * effect any more: whoever waited for it has been lost, through a fault of ours.
 *
 * @returns how many lanes it woke
 */
export async function wakeStrayAttempts(
  pool: Pool,
  pairs: readonly Pick<PairRuntime, "id" | "settings">[],
): Promise<number> {
  const horizonsMs = pairs.map(({ settings }) => settings.outcomeHorizon * 1_000);
  const strays = await pool.query<LaneId>(STRAY_SQL, [pairs.map(({ id }) => id), horizonsMs]);
  await wakeLanes(pool, strays.rows);
  return strays.rows.length;
}
