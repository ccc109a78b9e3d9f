import type { Pool } from "pg";
import type { ErrorCode } from "../base/error-codes.ts";
import { LEASE_MS } from "../lanes/index.ts";
import {
  DEEP_EVERY_MS,
  KEPT_MS,
  moved,
  ROWS_DEEP_EVERY_MS,
  ROWS_FIRST_MS,
  SWEEP_FIRST_MS,
} from "./span.ts";
import type { Walk, WalkKind } from "./walk.ts";

/** A walk that this process is to go on with; owner and round are its fence. */
export type ClaimedWalk = Walk &
  Readonly<{ pair: string; kind: WalkKind; owner: string; round: string; tries: number }>;

/** A walk that may be worked on, and the day from which on its events count, where one is set. */
export type WalkId = Readonly<{ pair: string; kind: WalkKind; eventsSince: string | undefined }>;

// What the hub knows of a pair begins on the day that its settings name, else with its first event.
const FROM_ITS_START = `
cross join lateral (
  select coalesce((c.since || 'T00:00:00Z')::timestamptz, least(
    clock_timestamp() - interval '1 minute',
    (select e.created_at from event e where e.pair = c.pair order by e.seq limit 1))) as start
) as n`;

// A pair is met for the first time: what came before is nobody's business, but for a minute, since
// whoever adds a pair and pays at once must not win the race. A pair that has events already began
// with the first of them. A pull begins where the check for gaps stands.
const MEET_SQL = `
insert into event_walk (pair, kind, since, position)
select c.pair, c.kind, n.start, greatest(
  coalesce((select g.position from event_walk g where g.pair = c.pair and g.kind = 'gap'), n.start),
  clock_timestamp() - $4 * interval '1 millisecond')
from unnest($1::text[], $2::text[], $3::text[]) as c (pair, kind, since)
${FROM_ITS_START}
on conflict (pair, kind) do nothing`;

// Stripe keeps balance transactions for ever, so no time of theirs is ever lost.
const MEET_ROWS_SQL = `
insert into event_walk (pair, kind, since, position, due_at)
select c.pair, $4, n.start, n.start, clock_timestamp() + $3 * interval '1 millisecond'
from unnest($1::text[], $2::text[]) as c (pair, since)
${FROM_ITS_START}
on conflict (pair, kind) do nothing`;

// A round that is under way would move the mark on again: the next number fences it off.
const MOVE_ROWS_BACK_SQL = `
update event_walk w set since = n.start, position = n.start, due_at = clock_timestamp(),
  round = w.round + 1
from unnest($1::text[], $2::text[]) as c (pair, since)
cross join lateral (select (c.since || 'T00:00:00Z')::timestamptz as start) as n
where w.pair = c.pair and w.kind = $3 and n.start < w.since`;

const MOVE_BACK_SQL = `
update event_walk w set since = n.start, due_at = clock_timestamp(), round = w.round + 1,
  position = least(w.position, greatest(n.start, clock_timestamp() - $4 * interval '1 millisecond'))
from unnest($1::text[], $2::text[], $3::text[]) as c (pair, kind, since)
cross join lateral (select (c.since || 'T00:00:00Z')::timestamptz as start) as n
where w.pair = c.pair and w.kind = c.kind and w.kind = 'gap' and n.start < w.since`;

const CLAIM_SQL = `
with picked as (
  select w.pair, w.kind from event_walk w
  join unnest($2::text[], $3::text[]) as c (pair, kind) on c.pair = w.pair and c.kind = w.kind
  where w.due_at <= clock_timestamp()
    and (w.owner is null or w.owner = $1 or not exists (
      select 1 from hub_process h where h.id = w.owner
        and h.heartbeat_at > clock_timestamp() - $4 * interval '1 millisecond'))
    and not exists (
      select 1 from pair_state s where s.pair = w.pair and s.paused_code = 'stripe.auth')
  order by w.due_at limit $5
  for update of w skip locked
)
update event_walk w
set owner = $1, round = w.round + 1, started_at = clock_timestamp()
from picked p where p.pair = w.pair and p.kind = w.kind
returning w.pair, w.kind, w.since, w.position, w.span_ms::float8 as "spanMs", w.owner,
  w.round::text as round, w.tries, w.started_at as now, w.deep_at as "deepAt"`;

const END_SQL = `
update event_walk set owner = null, tries = $6, trouble_code = $7, trouble = $8, trouble_cure = $9,
  -- Somebody who asked for it meanwhile has not been answered by a round that had begun.
  due_at = clock_timestamp()
    + case when due_at > started_at then 0 else $5::float8 end * interval '1 millisecond',
  done_at = case when $10 then started_at else done_at end,
  deep_at = case when $11 then started_at else deep_at end,
  walk_from = case when $10 then null else walk_from end,
  walk_to = case when $10 then null else walk_to end
where pair = $1 and kind = $2 and owner = $3 and round = $4::bigint`;

/** Makes a row for each walk that has none, and moves one back whose first day was set earlier. */
export async function meetWalks(pool: Pool, walks: readonly WalkId[]): Promise<void> {
  for (const kind of ["gap", "pull"] as const) {
    const some = walks.filter((walk) => walk.kind === kind);
    const since = some.map(({ eventsSince }) => eventsSince ?? null);
    const values = [some.map(pairOf), some.map(kindOf), since, KEPT_MS];
    await pool.query(MEET_SQL, values);
    await pool.query(MOVE_BACK_SQL, values);
  }
  for (const kind of ["rows", "sweep"] as const) {
    const some = walks.filter((walk) => walk.kind === kind);
    const values = [some.map(pairOf), some.map(({ eventsSince }) => eventsSince ?? null)];
    const firstMs = kind === "rows" ? ROWS_FIRST_MS : SWEEP_FIRST_MS;
    await pool.query(MEET_ROWS_SQL, [...values, firstMs, kind]);
    await pool.query(MOVE_ROWS_BACK_SQL, [...values, kind]);
  }
}

/** Takes walks that are due for this process, each for one round, at most `room` of them. */
export async function claimWalks(
  pool: Pool,
  owner: string,
  from: Readonly<{ walks: readonly WalkId[]; room: number }>,
): Promise<ClaimedWalk[]> {
  const { walks, room } = from;
  const values = [owner, walks.map(pairOf), walks.map(kindOf), LEASE_MS, room];
  const result = await pool.query<ClaimedWalk & { deepAt: Date | null }>(CLAIM_SQL, values);
  return result.rows.map(({ deepAt, ...walk }) => ({
    ...walk,
    isDeep: deepAt === null || deepAt <= moved(walk.now, -deepEveryMs(walk.kind)),
  }));
}

function deepEveryMs(kind: WalkKind): number {
  return kind === "rows" ? ROWS_DEEP_EVERY_MS : DEEP_EVERY_MS;
}

/** What went wrong in a round, for people. */
export type Trouble = Readonly<{ code: ErrorCode; message: string; cure: string }>;

/** How a round ended. */
export type RoundEnd = Readonly<{
  dueInMs: number;
  isDone: boolean;
  tries: number;
  trouble?: Trouble;
}>;

/** How many walks a sweep of all lets begin. */
const SWEPT_WALKS = 3;

/** Gives a walk back; without effect when another hub has it meanwhile. */
export async function endRound(pool: Pool, walk: ClaimedWalk, end: RoundEnd): Promise<void> {
  const { dueInMs, isDone, tries, trouble } = end;
  const told = [trouble?.code ?? null, trouble?.message ?? null, trouble?.cure ?? null];
  const isDeepDone = isDone && walk.isDeep;
  const { pair, kind, owner, round } = walk;
  await pool.query(END_SQL, [
    ...[pair, kind, owner, round],
    ...[dueInMs, tries, ...told, isDone, isDeepDone],
  ]);
}

/** Lets the checks for gaps begin at once: a hub that starts may have missed deliveries. */
export async function checkGapsNow(pool: Pool, pairs: readonly string[]): Promise<void> {
  await pool.query(
    "update event_walk set due_at = clock_timestamp() where kind = 'gap' and pair = any ($1)",
    [pairs],
  );
}

/**
 * Lets the balance transactions of these pairs be asked for at once.
 *
 * @returns the pairs whose rows are asked for; one that was added a moment ago is not met yet
 */
export async function sweepRowsNow(pool: Pool, pairs: readonly string[]): Promise<string[]> {
  const { rows } = await pool.query<{ pair: string }>(
    `update event_walk set due_at = clock_timestamp()
     where kind = 'rows' and pair = any ($1) returning pair`,
    [pairs],
  );
  return rows.map(({ pair }) => pair);
}

/**
 * Lets all that is asked of Stripe for a pair, beside the pull of its events, be asked at once.
 *
 * @returns when: rounds that begin from then on answer it. Nothing for a pair that is not met yet
 */
export async function sweepAllNow(pool: Pool, pair: string): Promise<Date | undefined> {
  const { rows } = await pool.query<{ at: Date }>(
    `update event_walk set due_at = clock_timestamp()
     where pair = $1 and kind in ('gap', 'rows', 'sweep') returning due_at as at`,
    [pair],
  );
  return rows.length < SWEPT_WALKS ? undefined : rows[0]?.at;
}

/** Notes the time of which Stripe can tell nothing any more; a longer one takes its place. */
export async function noteLost(
  pool: Pool,
  pair: string,
  lost: Readonly<{ from: Date; to: Date }>,
): Promise<void> {
  await pool.query(
    `update event_walk set lost_from = least(lost_from, $2), lost_to = greatest(lost_to, $3)
     where pair = $1 and kind = 'gap'`,
    [pair, lost.from, lost.to],
  );
}

/** A rebuild has read what was paid since `since`: time that Stripe had forgotten is made good. */
export async function forgetLost(pool: Pool, pair: string, since: Date): Promise<void> {
  await pool.query(
    `update event_walk set lost_from = null, lost_to = null
     where pair = $1 and kind = 'gap' and lost_from >= $2`,
    [pair, since],
  );
}

const pairOf = ({ pair }: WalkId) => pair;
const kindOf = ({ kind }: WalkId) => kind;
