import type { Pool } from "pg";
import { PROBE_DELAYS_MS } from "./circuit.ts";
import { LEASE_MS } from "./claim.ts";

/** Less than this is what keeping a clock right does anyway, and no lane waits for it. */
const STEP_MIN_SECONDS = 5;

// A lane's due time was reckoned from `updated_at`, by the clock as it was then. Rows that somebody
// is writing right now get their new times from that.
const FOLLOW_SQL = `
with ahead as materialized (
  select pair, key from lane
  where owner is null and due_at is not null
    and updated_at > clock_timestamp() + make_interval(secs => $1)
  order by pair, key for no key update skip locked
), due as (
  update lane l
  set due_at = l.due_at - (l.updated_at - clock_timestamp()), updated_at = clock_timestamp()
  from ahead a where l.pair = a.pair and l.key = a.key
  returning l.pair
), held as materialized (
  select pair, key from lane
  where owner is not null
    and lease_until > clock_timestamp() + make_interval(secs => $1 + $2::float8 / 1000)
  order by pair, key for no key update skip locked
), cut as (
  update lane l set lease_until = clock_timestamp() + $2 * interval '1 millisecond'
  from held h where l.pair = h.pair and l.key = h.key
  returning l.pair
), probed as (
  update pair_state set probe_at = clock_timestamp()
  where probe_at > clock_timestamp() + make_interval(secs => $1 + $3::float8 / 1000)
  returning pair
), told as (
  select pg_notify('slipway_lane', pair)
  from (select pair from due union select pair from probed) as of_pair
)
select (select count(*) from due)::int + (select count(*) from cut)::int
  + (select count(*) from probed)::int as moved, (select count(*) from told)::int as told`;

/**
 * Follows a database clock that was set back: what was reckoned by the clock as it went before
 * would otherwise wait for as long as the step. Waiting lanes keep the delay that they were given,
 * the lease of a process gets its usual length, so that a dead one's lanes are free after it, and
 * an open circuit may probe. A clock that is set forward needs nothing: what is due early is done
 * early, and a process whose leases ran out stops its runs.
 *
 * @returns how many times were moved
 */
export async function followClockBack(pool: Pool): Promise<number> {
  const values = [STEP_MIN_SECONDS, LEASE_MS, Math.max(...PROBE_DELAYS_MS)];
  const result = await pool.query<{ moved: number }>(FOLLOW_SQL, values);
  return result.rows[0]?.moved ?? 0;
}
