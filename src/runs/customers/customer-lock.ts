import type { Pool } from "pg";
import { type ClaimedLane, FENCE_CTE } from "../../lanes/index.ts";
import { Waiting } from "../waiting.ts";

/**
 * Longer than all reads before the create take together; the create itself is guarded by its saved
 * attempt. A lane whose worker dies is taken over long before, and is the holder again.
 */
const HELD_FOR_SECONDS = 120;
/** Each look is a run, with its reads at Stripe: the longer it takes, the rarer they come. */
const TRY_AGAIN_MS_MIN = 250;
const TRY_AGAIN_MS_MAX = 5_000;

const TAKE_SQL = `
insert into customer_lock (pair, name, holder, held_until)
values ($1, $2, $3, clock_timestamp() + make_interval(secs => $4))
on conflict (pair, name) do update
  set holder = excluded.holder, held_until = excluded.held_until
  where customer_lock.held_until < clock_timestamp() or customer_lock.holder = excluded.holder
returning holder`;

const HELD_SQL = `
select $3 * 1000 - extract(epoch from held_until - clock_timestamp())::float8 * 1000 as held_ms
from customer_lock where pair = $1 and name = $2`;

// The holder is the lane, so a worker that has lost it must not free what its successor holds.
const FREE_SQL = `
with ${FENCE_CTE}
delete from customer_lock where pair = $1 and name = $5 and holder = $2
  and exists (select 1 from fence)`;

/**
 * Runs `make` while no other lane looks for or makes the same customer, so that two payments of
 * one new person cannot both find nobody. It guards against waste, not against doubles: the id of
 * a new customer comes from its intent key, and SL refuses an id that it has.
 *
 * @throws Waiting when another lane is at it
 */
export async function withCustomerLock<T>(
  pool: Pool,
  lock: { lane: ClaimedLane; name: string },
  make: () => Promise<T>,
): Promise<T> {
  const { lane, name } = lock;
  const taken = await pool.query(TAKE_SQL, [lane.pair, name, lane.key, HELD_FOR_SECONDS]);
  if (taken.rowCount !== 1) {
    const values = [lane.pair, name, HELD_FOR_SECONDS];
    const { rows } = await pool.query<{ held_ms: number }>(HELD_SQL, values);
    const againMs = Math.max(rows[0]?.held_ms ?? 0, TRY_AGAIN_MS_MIN);
    throw new Waiting("another payment of the same customer", Math.min(againMs, TRY_AGAIN_MS_MAX));
  }
  try {
    return await make();
  } finally {
    await pool.query(FREE_SQL, [lane.pair, lane.key, lane.owner, lane.attempt, name]);
  }
}
