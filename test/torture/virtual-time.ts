import type { Pool } from "pg";
import type { Clock } from "../../src/base/clock.ts";
import { withTransaction } from "../../src/db/index.ts";
import type { Admin } from "../oracle/rows.ts";

// A run that has just begun writes under its lane's lock: whoever shifts has to take those first,
// in the order that all statements keep, or the two wait for each other.
const LOCK_SQL = "select 1 from lane order by pair, key for update";

// Everything in the database that an age or a due time is told from. To move it back is the same
// as letting time pass.
const SHIFT_SQL = `
with span as (select $1::float8 * interval '1 millisecond' as by),
  lanes as (update lane set due_at = due_at - span.by, lease_until = lease_until - span.by
    from span returning 1),
  attempts as (update attempt set sent_at = sent_at - span.by, answered_at = answered_at - span.by
    from span returning 1),
  intents as (update intent set updated_at = updated_at - span.by, created_at = created_at - span.by
    from span returning 1),
  locks as (update customer_lock set held_until = held_until - span.by from span returning 1),
  orders as (update sales_order set placed_at = placed_at - span.by,
    changed_at = changed_at - span.by, looked_at = looked_at - span.by,
    left_since = left_since - span.by, left_due_at = left_due_at - span.by from span returning 1),
  states as (update pair_state set probe_at = probe_at - span.by,
    circuit_opened_at = circuit_opened_at - span.by from span returning 1)
select pg_notify('slipway_lane', $2)`;

const LAST_STEP_MS = 3_000;

/**
 * Time that is moved on instead of waited for: the ages and due times in the hub's database, SL's
 * clock, and the monotonic clocks of the workers all jump together, always while nothing runs.
 */
export class VirtualTime {
  #offsetMs = 0;

  /** How far time has been moved on in all. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  nowMs(): number {
    return performance.now() + this.#offsetMs;
  }

  /** A clock that stands still while `frozenAtMs` gives a moment. */
  clock(frozenAtMs: () => number | undefined): Clock {
    return { now: () => new Date(), monotonicMs: () => frozenAtMs() ?? this.nowMs() };
  }

  async jump(world: { pool: Pool; sl: Admin; pair: string }, byMs: number): Promise<void> {
    const ms = Math.ceil(byMs);
    // The workers' clocks first: a lane that falls due by this must not be claimed at an old time.
    this.#offsetMs += ms;
    // What falls due in SL on the way takes effect at the end of a step, and look-ups lag behind by
    // up to two seconds: without the last small step everything would seem to happen just now.
    const last = Math.min(ms, LAST_STEP_MS);
    await world.sl("/clock", { action: "advance", ms: ms - last });
    await world.sl("/clock", { action: "advance", ms: last });
    await withTransaction(world.pool, async (tx) => {
      await tx.query(LOCK_SQL);
      await tx.query(SHIFT_SQL, [ms, world.pair]);
    });
  }
}

const MORNING = 10;

/**
 * A zone in which it is morning now: its day neither begins nor ends while a run goes on, and the
 * journals of the day are due after all else.
 */
export function morningZone(): string {
  const west = Math.min(12, new Date().getUTCHours() - MORNING);
  return west < 0 ? `Etc/GMT${west}` : `Etc/GMT+${west}`;
}
