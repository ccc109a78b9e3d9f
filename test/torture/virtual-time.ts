import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
  collected as (update collected_document set collected_at = collected_at - span.by
    from span returning 1),
  locks as (update customer_lock set held_until = held_until - span.by from span returning 1),
  orders as (update sales_order set placed_at = placed_at - span.by,
    changed_at = changed_at - span.by, looked_at = looked_at - span.by,
    left_since = left_since - span.by, left_due_at = left_due_at - span.by from span returning 1),
  states as (update pair_state set probe_at = probe_at - span.by,
    circuit_opened_at = circuit_opened_at - span.by from span returning 1)
select pg_notify('slipway_lane', $2)`;

const LAST_STEP_MS = 3_000;
const OFFSET_BYTES = 8;

/**
 * Time that is moved on instead of waited for: the ages and due times in the hub's database, SL's
 * clock, and the monotonic clocks of the workers all jump together, always while nothing runs.
 */
export class VirtualTime {
  /** Tells other processes how far time has been moved on; for `clockOf`. */
  readonly file: string;
  readonly #folder: string;
  readonly #told: number;
  #offsetMs = 0;

  constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), "slipway-torture-"));
    this.file = join(this.#folder, "time");
    this.#told = openSync(this.file, "w");
    this.#moveTo(0);
  }

  close(): void {
    closeSync(this.#told);
    rmSync(this.#folder, { recursive: true });
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
    this.#moveTo(this.#offsetMs + ms);
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

  #moveTo(offsetMs: number): void {
    this.#offsetMs = offsetMs;
    const told = Buffer.alloc(OFFSET_BYTES);
    told.writeDoubleLE(offsetMs);
    writeSync(this.#told, told, 0, OFFSET_BYTES, 0);
  }
}

/**
 * The clock of another process. It reads the file anew each time: a process that stood still knows
 * at its first look how much time has passed, as it would by the clock of the machine.
 */
export function clockOf(file: string): Clock {
  const told = openSync(file, "r");
  const buffer = Buffer.alloc(OFFSET_BYTES);
  return {
    now: () => new Date(),
    monotonicMs: () => {
      readSync(told, buffer, 0, OFFSET_BYTES, 0);
      return performance.now() + buffer.readDoubleLE();
    },
  };
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
