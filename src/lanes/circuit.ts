import { PAIR_KEY, TELL } from "../hub-events/index.ts";
import type { Queryable } from "./lane.ts";

/** After this many answers in a row that were none, a pair's lanes wait for a probe. */
export const FAILURES_TO_OPEN = 5;

/**
 * How long the circuit stays open before the first, second … single lane may try; the last delay
 * repeats. Short first, since most outages are a restart of SL's web server.
 */
export const PROBE_DELAYS_MS = [5_000, 10_000, 20_000, 30_000, 60_000];

/** The pause that only the pair's settings lift: what is found beside it replaces it never. */
export const PAUSED_FOR_SETTINGS = "config.booked_otherwise";

/** Whether a pair may be worked on, and why not. */
export type PairState = Readonly<{
  pair: string;
  pausedCode: string | undefined;
  pausedReason: string | undefined;
  /** The person who has stopped the pair, why, and when. */
  held: Readonly<{ by: string; reason: string; at: Date }> | undefined;
  circuit: "closed" | "open";
  circuitFailures: number;
  circuitOpenedAt: Date | undefined;
  probeAt: Date | undefined;
}>;

// Of the failures that open a circuit, and of those while it is open, only the first tells so.
const FAILURE_SQL = `
with failed as (
insert into pair_state as s (pair, circuit_failures) values ($1, 1)
on conflict (pair) do update set
  circuit_failures = s.circuit_failures + 1, updated_at = now(),
  circuit = case when s.circuit_failures + 1 >= $2 then 'open' else s.circuit end,
  circuit_opened_at = case when s.circuit_failures + 1 >= $2
    then coalesce(s.circuit_opened_at, clock_timestamp()) end,
  probe_at = case when s.circuit_failures + 1 >= $2
    then coalesce(s.probe_at, clock_timestamp() + $3 * interval '1 millisecond') end
returning pair, circuit, circuit_failures, circuit_opened_at
), told as (
  ${TELL}
  select pair, '${PAIR_KEY}', 'pair.sl_unreachable', jsonb_build_object('since', circuit_opened_at)
  from failed where circuit = 'open' and circuit_failures = $2
)
select circuit from failed`;

/** What one answer of SL makes of the `pair_state` of a pair that has counted failures. */
export const CIRCUIT_CLOSED = `circuit = 'closed', circuit_failures = 0, circuit_opened_at = null,
    probe_at = null, probes = 0, updated_at = now()`;

/** Selects from rows of `pair` and `since`, the time at which its circuit had opened. */
export const TELL_REACHABLE = `${TELL}
  select pair, '${PAIR_KEY}', 'pair.sl_reachable', jsonb_build_object('since', since)`;

const SUCCESS_SQL = `
with closed as (
  update pair_state s set ${CIRCUIT_CLOSED}
  from pair_state before
  where s.pair = $1 and before.pair = s.pair and s.circuit_failures > 0
  returning s.pair, before.circuit_opened_at as since
), told as (
  ${TELL_REACHABLE} from closed where since is not null
)
select pg_notify('slipway_lane', pair) from closed`;

// A pair that is paused again for the same reason, as each run with a refused key does, tells once.
const PAUSE_SQL = `
with before as (
  select paused_code, paused_reason from pair_state where pair = $1
), paused as (
insert into pair_state (pair, paused_code, paused_reason) values ($1, $2, $3)
on conflict (pair) do update
  set paused_code = excluded.paused_code, paused_reason = excluded.paused_reason,
      updated_at = now()
  where pair_state.paused_code is distinct from '${PAUSED_FOR_SETTINGS}'
    or excluded.paused_code = '${PAUSED_FOR_SETTINGS}'
returning pair, paused_code, paused_reason
)
${TELL}
select pair, '${PAIR_KEY}', 'pair.paused',
  jsonb_build_object('code', paused_code, 'reason', paused_reason)
from paused
where not exists (
  select from before b where b.paused_code = $2 and b.paused_reason = $3)`;

const RESUME_SQL = `
with resumed as (
  update pair_state set paused_code = null, paused_reason = null, updated_at = now()
  where pair = $1 and paused_code = $2
  returning pair
), told as (
  ${TELL} select pair, '${PAIR_KEY}', 'pair.resumed', '{}' from resumed
), woken as (
  select pg_notify('slipway_lane', pair) from resumed
)
select 1 from woken`;

const HOLD_SQL = `
insert into pair_state (pair, held_by, held_reason, held_at)
values ($1, $2, $3, clock_timestamp())
on conflict (pair) do update
  set held_by = excluded.held_by, held_reason = excluded.held_reason, held_at = excluded.held_at,
      updated_at = now()`;

const LET_GO_SQL = `
with let_go as (
  update pair_state set held_by = null, held_reason = null, held_at = null, updated_at = now()
  where pair = $1 and held_by is not null
  returning pair
), told as (
  select pg_notify('slipway_lane', pair) from let_go
)
select 1 from told`;

const PAUSE_OF_SQL = `
select paused_code as code, paused_reason as reason from pair_state
where pair = $1 and paused_code is not null`;

/**
 * Notes whether the pair's ERP answered. `FAILURES_TO_OPEN` failures in a row open the circuit for
 * every process: then one lane at a time may probe, on the schedule of `PROBE_DELAYS_MS`. One
 * answer closes it.
 *
 * @returns whether the circuit is open now
 */
export async function recordAnswer(
  tx: Queryable,
  pair: string,
  hasAnswered: boolean,
): Promise<boolean> {
  if (hasAnswered) {
    await tx.query(SUCCESS_SQL, [pair]);
    return false;
  }
  const values = [pair, FAILURES_TO_OPEN, PROBE_DELAYS_MS[0]];
  const result = await tx.query<{ circuit: string }>(FAILURE_SQL, values);
  return result.rows[0]?.circuit === "open";
}

/** Stops all claims of a pair until `resumePair`; lanes at work now go on to their end. */
export async function pausePair(
  tx: Queryable,
  pair: string,
  code: string,
  reason: string,
): Promise<void> {
  await tx.query(PAUSE_SQL, [pair, code, reason]);
}

/** Lets a pair go on that is paused for this reason, and no other. Returns whether it was. */
export async function resumePair(tx: Queryable, pair: string, code: string): Promise<boolean> {
  const result = await tx.query(RESUME_SQL, [pair, code]);
  return result.rows.length > 0;
}

/**
 * Stops all claims of a pair for a person, until `letPairGo`: nothing that the hub cures by itself
 * takes this back. Lanes at work now go on to their end.
 */
export async function holdPair(
  tx: Queryable,
  pair: string,
  hold: Readonly<{ by: string; reason: string }>,
): Promise<void> {
  await tx.query(HOLD_SQL, [pair, hold.by, hold.reason]);
}

/** Takes a person's hold back. Returns whether there was one; a pause of the hub's own stays. */
export async function letPairGo(tx: Queryable, pair: string): Promise<boolean> {
  const result = await tx.query(LET_GO_SQL, [pair]);
  return result.rows.length > 0;
}

/** Why the hub has paused a pair; undefined while it has not. */
export async function pauseOf(
  tx: Queryable,
  pair: string,
): Promise<{ code: string; reason: string } | undefined> {
  const result = await tx.query<{ code: string; reason: string }>(PAUSE_OF_SQL, [pair]);
  return result.rows[0];
}

/** The state of every pair that ever had a failure or a pause; others are closed and run. */
export async function readPairStates(tx: Queryable): Promise<PairState[]> {
  const result = await tx.query<StateRow>("select * from pair_state order by pair");
  return result.rows.map((row) => ({
    pair: row.pair,
    pausedCode: row.paused_code ?? undefined,
    pausedReason: row.paused_reason ?? undefined,
    held:
      row.held_by === null || row.held_at === null
        ? undefined
        : { by: row.held_by, reason: row.held_reason ?? "", at: row.held_at },
    circuit: row.circuit,
    circuitFailures: row.circuit_failures,
    circuitOpenedAt: row.circuit_opened_at ?? undefined,
    probeAt: row.probe_at ?? undefined,
  }));
}

type StateRow = {
  pair: string;
  paused_code: string | null;
  paused_reason: string | null;
  held_by: string | null;
  held_reason: string | null;
  held_at: Date | null;
  circuit: "closed" | "open";
  circuit_failures: number;
  circuit_opened_at: Date | null;
  probe_at: Date | null;
};
