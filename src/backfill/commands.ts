import type { Pool, PoolClient } from "pg";
import { HubError } from "../base/errors.ts";
import { type LedgerPair, startOf } from "../ledger/index.ts";

/** How far a backfill is. */
export type BackfillState = Readonly<{
  id: string;
  pair: string;
  from: Date;
  until: Date;
  state: "listing" | "booking" | "done" | "cancelled";
  isPaused: boolean;
  position: Date;
  perMinute: number | null;
  startedBy: string;
  startedAt: Date;
  endedAt: Date | null;
  facts: number;
  woken: number;
  ended: number;
  /** Ended lanes by how their newest run ended. */
  booked: number;
  parked: number;
  notApplicable: number;
  /** By the rate of the last minute; null where there is none to tell by. */
  secondsLeft: number | null;
  troubleCode: string | null;
  trouble: string | null;
}>;

const STATE_SQL = `
select b.id::text, b.pair, b.from_at as "from", b.until_at as until, b.state,
  b.is_paused as "isPaused", b.position, b.per_minute as "perMinute",
  b.started_by as "startedBy", b.started_at as "startedAt", b.ended_at as "endedAt",
  b.trouble_code as "troubleCode", b.trouble,
  f.facts, f.woken, f.ended, f.booked, f.parked, f.not_applicable as "notApplicable",
  case when b.state = 'booking' and f.lately > 0
    then ((f.facts - f.ended) * 60.0 / f.lately)::int end as "secondsLeft"
from backfill b cross join lateral (
  select count(*)::int as facts, count(woken_at)::int as woken, count(ended_at)::int as ended,
    count(*) filter (where outcome = 'booked')::int as booked,
    count(*) filter (where outcome = 'parked')::int as parked,
    count(*) filter (where outcome in ('not_applicable', 'handed_over'))::int as not_applicable,
    count(*) filter (where ended_at > clock_timestamp() - interval '1 minute')::int as lately
  from backfill_fact where backfill_id = b.id) as f
where b.pair = $1
order by b.id desc limit $2`;

/** The newest backfills of a pair. */
export async function readBackfills(
  pool: Pool,
  pair: string,
  limit = 5,
): Promise<readonly BackfillState[]> {
  return (await pool.query<BackfillState>(STATE_SQL, [pair, limit])).rows;
}

/** What a backfill is to walk through. */
export type BackfillWanted = Readonly<{
  from: Date;
  until: Date;
  /** Whether days before the pair's start are meant: nothing of theirs is booked. */
  isBeforeStart: boolean;
  perMinute: number | undefined;
  by: string;
}>;

/** @throws HubError `backfill.before_start`, `api.invalid` */
export function checkSpan(
  pair: LedgerPair,
  { from, until, isBeforeStart }: Pick<BackfillWanted, "from" | "until" | "isBeforeStart">,
): void {
  if (until <= from) {
    const words = "No day of it has begun: `from` is after `to`, or still to come";
    throw new HubError("api.invalid", words, { facts: { field: "from" } });
  }
  const start = startOf(pair.settings);
  if (start === undefined || from >= start || isBeforeStart) return;
  throw new HubError(
    "backfill.before_start",
    `Pair ${pair.id} starts on ${pair.settings.start}: what moved before it is not booked`,
    { facts: { pair: pair.id, start: pair.settings.start ?? "" } },
  );
}

/**
 * Starts a backfill; the hub goes on with it by itself.
 *
 * @throws HubError `backfill.running` while the pair has one
 */
export async function startBackfill(
  tx: PoolClient,
  pair: string,
  { from, until, perMinute, by }: Omit<BackfillWanted, "isBeforeStart">,
): Promise<string> {
  const { rows } = await tx.query<{ id: string }>(
    `insert into backfill (pair, from_at, until_at, position, per_minute, started_by)
     values ($1, $2, $3, $2, $4, $5)
     on conflict (pair) where state in ('listing', 'booking') do nothing
     returning id::text`,
    [pair, from, until, perMinute ?? null, by],
  );
  const [made] = rows;
  if (made !== undefined) return made.id;
  throw new HubError("backfill.running", `Pair ${pair} is being backfilled already`, {
    facts: { pair },
  });
}

const ACTS = {
  pause: "is_paused = true",
  resume: "is_paused = false, due_at = clock_timestamp()",
  cancel: "state = 'cancelled', ended_at = clock_timestamp()",
} as const;

/**
 * Stops the backfill of a pair for a while, for good, or not any more. What it has woken ends by
 * itself; what it has not come to is left alone.
 *
 * @throws HubError `backfill.none`
 */
export async function steerBackfill(
  tx: PoolClient,
  pair: string,
  act: keyof typeof ACTS,
): Promise<void> {
  const { rowCount } = await tx.query(
    `update backfill set ${ACTS[act]}, owner = null
     where pair = $1 and state in ('listing', 'booking')`,
    [pair],
  );
  if (rowCount !== 0) return;
  throw new HubError("backfill.none", `No backfill of pair ${pair} is at work`, {
    facts: { pair },
  });
}
