import type { Pool } from "pg";
import type { WalkKind } from "./walk.ts";

/** How far the hub has asked Stripe for a pair's events. */
export type WalkState = Readonly<{
  pair: string;
  kind: WalkKind;
  since: Date;
  position: Date;
  /** How much of a long way is done, 0 to 1; null while there is none. */
  progress: number | null;
  walkFrom: Date | null;
  walkTo: Date | null;
  /** When the last round began that came to its end. */
  doneAt: Date | null;
  /** When the last round began that is over, whether it came to its end or into trouble. */
  triedAt: Date | null;
  /** Seconds since then, or since the walk was to begin. */
  behindSeconds: number;
  troubleCode: string | null;
  trouble: string | null;
  troubleCure: string | null;
  lostFrom: Date | null;
  lostTo: Date | null;
  /** Events that were found missing, ever and in the last day. */
  found: number;
  foundLately: number;
}>;

// Found events are few; the partial index holds nothing else.
const STATE_SQL = `
select w.pair, w.kind, w.since, w.position, w.walk_from as "walkFrom", w.walk_to as "walkTo",
  w.done_at as "doneAt", case when w.owner is null then w.started_at else w.done_at end
    as "triedAt", w.trouble_code as "troubleCode", w.trouble,
  w.trouble_cure as "troubleCure", w.lost_from as "lostFrom", w.lost_to as "lostTo",
  extract(epoch from clock_timestamp() - coalesce(w.done_at, w.started_at, w.due_at))::float8
    as "behindSeconds",
  case when w.walk_to > w.walk_from then least(greatest(
    extract(epoch from w.position - w.walk_from) / extract(epoch from w.walk_to - w.walk_from),
    0), 1)::float8 end as progress,
  coalesce(g.found, 0)::int as found, coalesce(g.lately, 0)::int as "foundLately"
from event_walk w
left join lateral (
  select count(*) as found,
    count(*) filter (where e.received_at > clock_timestamp() - interval '1 day') as lately
  from event e where e.pair = w.pair and e.via = 'gap' and w.kind = 'gap'
) as g on true
where w.kind = any ($1)
order by w.pair, w.kind`;

/** Every walk through events of every pair that the hub has met. */
export async function readWalks(pool: Pool): Promise<WalkState[]> {
  return (await pool.query<WalkState>(STATE_SQL, [["gap", "pull"]])).rows;
}

/** How far the sweeps of each pair have come. */
export async function readSweepWalks(pool: Pool): Promise<WalkState[]> {
  return (await pool.query<WalkState>(STATE_SQL, [["gap", "rows", "sweep"]])).rows;
}

/** How far what is no event is read: balance transactions, and what is swept. */
export async function readSlowWalks(pool: Pool): Promise<WalkState[]> {
  return (await pool.query<WalkState>(STATE_SQL, [["rows", "sweep"]])).rows;
}

/** How far each pair's balance transactions are read. */
export async function readRowWalks(pool: Pool): Promise<WalkState[]> {
  return (await pool.query<WalkState>(STATE_SQL, [["rows"]])).rows;
}
