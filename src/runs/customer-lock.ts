import type { Pool } from "pg";
import { Waiting } from "./waiting.ts";

/** Longer than the longest customer call would block; a holder renews by coming again. */
const HELD_FOR_SECONDS = 30;
const TRY_AGAIN_MS = 250;

const TAKE_SQL = `
insert into customer_lock (pair, name, holder, held_until)
values ($1, $2, $3, clock_timestamp() + make_interval(secs => $4))
on conflict (pair, name) do update
  set holder = excluded.holder, held_until = excluded.held_until
  where customer_lock.held_until < clock_timestamp() or customer_lock.holder = excluded.holder
returning holder`;

const FREE_SQL = "delete from customer_lock where pair = $1 and name = $2 and holder = $3";

/**
 * Runs `make` while no other lane looks for or makes the same customer, so that two payments of
 * one new person cannot both find nobody. It guards against waste, not against doubles: the id of
 * a new customer comes from its intent key, and SL refuses an id that it has.
 *
 * @throws Waiting when another lane is at it
 */
export async function withCustomerLock<T>(
  pool: Pool,
  lock: { pair: string; name: string; holder: string },
  make: () => Promise<T>,
): Promise<T> {
  const { pair, name, holder } = lock;
  const taken = await pool.query(TAKE_SQL, [pair, name, holder, HELD_FOR_SECONDS]);
  if (taken.rowCount !== 1) {
    throw new Waiting("another payment of the same customer", TRY_AGAIN_MS);
  }
  try {
    return await make();
  } finally {
    await pool.query(FREE_SQL, [pair, name, holder]);
  }
}
