import { randomUUID } from "node:crypto";
import type { Pool } from "pg";
import { type Clock, pause, systemClock } from "../base/clock.ts";
import { HubError } from "../base/errors.ts";
import { LEASE_MS } from "./claim.ts";
import { LANE_CHANNEL } from "./lane.ts";

/** A lane's run ends within seconds; an ERP that keeps all calls this long has other troubles. */
const PLACE_WITHIN_MS = 120_000;
const LOOK_FIRST_MS = 10;
const LOOK_MAX_MS = 250;
/**
 * Whoever waits looks a few times a second, and so would hardly ever meet the moment between two
 * calls of seconds: for a tenth of its call a guest leaves the place open, for a look at most.
 */
const LEFT_OPEN_SHARE = 1 / 10;
const LEFT_OPEN_MAX_MS = LOOK_MAX_MS + 50;

const TAKE_SQL = "select slipway_call_as_guest($1, $2, $3, $4, $5) as may_call";

// Whoever waits for room is told: a claim may have found none because of this guest.
const LEAVE_SQL = `
with gone as (delete from guest_call where pair = $1 and ticket = $2 returning pair)
select pg_notify('${LANE_CHANNEL}', pair) from gone`;

/** Who calls outside of all lanes, and where the calls are counted. */
export type Guest = Readonly<{
  pool: Pool;
  pair: string;
  /** The pair's call limit over all processes. */
  limit: number;
  /** The process, as its lanes name it. */
  owner: string;
  /** Ends the wait for a place: a process that stops must not sit it out. */
  signal?: AbortSignal;
  clock?: Clock;
  /** How long it waits for a place at most. Default two minutes. */
  withinMs?: number;
}>;

/**
 * Runs `call`, one call to the pair's ERP that belongs to no lane, so that calls of lanes and
 * guests together never pass the pair's limit over all processes. While a guest waits, one lane
 * less is claimed, so a busy pair does not keep it out; guests of one pair take turns.
 *
 * @throws HubError `erp.unavailable` where no place came free in time; nothing was called
 */
export async function callAsGuest<T>(guest: Guest, call: () => Promise<T>): Promise<T> {
  const { pool, pair, signal, clock = systemClock } = guest;
  const ticket = randomUUID();
  let leftOpenMs = 0;
  try {
    await takePlace(guest, ticket);
    const begunAtMs = clock.monotonicMs();
    try {
      return await call();
    } finally {
      leftOpenMs = Math.min((clock.monotonicMs() - begunAtMs) * LEFT_OPEN_SHARE, LEFT_OPEN_MAX_MS);
    }
  } finally {
    await pool.query(LEAVE_SQL, [pair, ticket]);
    if (leftOpenMs > LOOK_FIRST_MS) await pause(leftOpenMs, signal);
  }
}

async function takePlace(guest: Guest, ticket: string): Promise<void> {
  const { pool, pair, limit, owner, signal } = guest;
  const { clock = systemClock, withinMs = PLACE_WITHIN_MS } = guest;
  const deadlineMs = clock.monotonicMs() + withinMs;
  for (let waitMs = LOOK_FIRST_MS; ; waitMs = Math.min(waitMs * 2, LOOK_MAX_MS)) {
    const values = [pair, limit, owner, ticket, LEASE_MS];
    const { rows } = await pool.query<{ may_call: boolean }>(TAKE_SQL, values);
    if (rows[0]?.may_call === true) return;
    if (signal?.aborted === true || clock.monotonicMs() > deadlineMs) {
      throw new HubError("erp.unavailable", `All ${limit} calls to SL of ${pair} are in use`, {
        facts: { pair, limit },
      });
    }
    await pause(waitMs, signal);
  }
}
