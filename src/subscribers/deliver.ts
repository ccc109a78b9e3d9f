import type { Pool } from "pg";
import { toHubError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { FAN_OUT_SQL, LET_GO_SQL, PICK_SQL, SETTLE_SQL } from "./delivery-sql.ts";
import { type Connections, type PostResult, post } from "./post.ts";
import { type EventSqlRow, toEnvelope } from "./read-events.ts";
import {
  DELIVERY_DELAYS_MS,
  DISABLE_AFTER_MS,
  delayAfter,
  FAILURES_TO_HOLD,
  HOLD_DELAYS_MS,
} from "./schedule.ts";
import { type SealingKey, signedHeaders } from "./secrets.ts";
import { disableSubscriber } from "./store.ts";

/** Deliveries to one subscriber that are under way at once, each of another key. */
const AT_ONCE = 8;
/** Deliveries that may wait for one subscriber: what comes after is read when there is room. */
const WAITING_MAX = 1_000;
/** Longer than a post may take, so that a lease runs out only on a process that stands still. */
export const DELIVERY_LEASE_MS = 30_000;
const DAY_MS = 24 * 60 * 60_000;

/** The delays by which deliveries are repeated; a test shortens them. */
export type DeliverySchedule = Readonly<{
  deliveryMs: readonly number[];
  holdMs: readonly number[];
  disableAfterMs: number;
  postWithinMs?: number;
}>;

export const WRITTEN_SCHEDULE: DeliverySchedule = {
  deliveryMs: DELIVERY_DELAYS_MS,
  holdMs: HOLD_DELAYS_MS,
  disableAfterMs: DISABLE_AFTER_MS,
};

/** What delivering needs of the process. */
export type DeliveryDeps = Readonly<{
  pool: Pool;
  log: Log;
  /** Whoever has claimed the subscriber: a name for each claim, by which it alone may save. */
  owner: string;
  key: SealingKey;
  connections: Connections;
  schedule: DeliverySchedule;
  signal: AbortSignal;
}>;

type PickedRow = EventSqlRow & {
  tries: number;
  failures: number;
  secret: string;
  previous_secret: string | null;
};
type Tried = Readonly<{ position: string; tries: number; result: PostResult }>;

/**
 * Tells a subscriber that this process has claimed all that is due, and lets it go. Events of one
 * key are sent one after the other; one that fails holds back its own key alone.
 */
export async function deliverTo(
  deps: DeliveryDeps,
  subscriber: { id: string; url: string },
): Promise<void> {
  const { pool, owner, signal } = deps;
  const { id } = subscriber;
  try {
    while (!signal.aborted) {
      const fanned = await pool.query(FAN_OUT_SQL, [id, owner, WAITING_MAX]);
      const values = [id, owner, DELIVERY_LEASE_MS, AT_ONCE, FAILURES_TO_HOLD];
      const { rows } = await pool.query<PickedRow>(PICK_SQL, values);
      if (rows.length === 0 && fanned.rowCount === 0) return;
      if (rows.length > 0 && !(await sendAll(deps, subscriber, rows))) return;
    }
  } finally {
    await pool.query(LET_GO_SQL, [id, owner]);
  }
}

/** @returns whether there may be more to do */
async function sendAll(
  deps: DeliveryDeps,
  subscriber: { id: string; url: string },
  rows: readonly PickedRow[],
): Promise<boolean> {
  const failuresBefore = rows[0]?.failures ?? 0;
  const tried = await Promise.all(rows.map((row) => sendOne(deps, subscriber, row)));
  // A post that our own stop cut off says nothing about the subscriber: it is tried again.
  if (deps.signal.aborted && tried.some(({ result }) => !result.isTaken)) {
    const taken = tried.filter(({ result }) => result.isTaken);
    await settle(deps, subscriber.id, { tried: taken, failuresBefore });
    return false;
  }
  const failingMs = await settle(deps, subscriber.id, { tried, failuresBefore });
  const reason = reasonToDisable(deps.schedule, tried, failingMs);
  if (reason === undefined) return true;
  await disableSubscriber(deps.pool, subscriber.id, { reason, owner: deps.owner });
  deps.log.error({ subscriber: subscriber.id }, `A subscriber was disabled: ${reason}`);
  return false;
}

async function sendOne(
  deps: DeliveryDeps,
  subscriber: { id: string; url: string },
  row: PickedRow,
): Promise<Tried> {
  const envelope = toEnvelope(row);
  const body = JSON.stringify(envelope);
  const { position, tries } = row;
  try {
    const sealed = row.previous_secret === null ? [row.secret] : [row.secret, row.previous_secret];
    const message = { id: envelope.id, body, sentAt: new Date(), key: deps.key };
    const result = await post(deps.connections, {
      url: new URL(subscriber.url),
      headers: signedHeaders(subscriber.id, sealed, message),
      body,
      signal: deps.signal,
      ...(deps.schedule.postWithinMs === undefined ? {} : { withinMs: deps.schedule.postWithinMs }),
    });
    return { position, tries, result };
  } catch (thrown) {
    // Without its secret nothing can be sent; the reason is shown beside the subscriber.
    const error = toHubError(thrown);
    return { position, tries, result: { isTaken: false, error: error.message, isGone: false } };
  }
}

/** @returns for how long nothing came through, in milliseconds; undefined while something does */
async function settle(
  deps: DeliveryDeps,
  id: string,
  { tried, failuresBefore }: { tried: readonly Tried[]; failuresBefore: number },
): Promise<number | undefined> {
  if (tried.length === 0) return undefined;
  const { schedule, pool, owner } = deps;
  const taken = tried.filter(({ result }) => result.isTaken);
  const failed = tried.flatMap(({ result, ...rest }) =>
    result.isTaken ? [] : [{ ...rest, error: result.error }],
  );
  // Endpoints that fail together are not asked again together.
  const spread = () => 1 + Math.random() / 10;
  const holdsBefore = Math.max(0, failuresBefore - FAILURES_TO_HOLD + 1);
  const { rows } = await pool.query<{ failingMs: number | null }>(SETTLE_SQL, [
    id,
    owner,
    taken.map(({ position }) => position),
    failed.map(({ position }) => position),
    failed.map(({ tries }) => delayAfter(schedule.deliveryMs, tries) * spread()),
    failed.map(({ error }) => error),
    delayAfter(schedule.holdMs, holdsBefore) * spread(),
    FAILURES_TO_HOLD,
  ]);
  return rows[0]?.failingMs ?? undefined;
}

function reasonToDisable(
  schedule: DeliverySchedule,
  tried: readonly Tried[],
  failingMs: number | undefined,
): string | undefined {
  const failed = tried.flatMap(({ result }) => (result.isTaken ? [] : [result]));
  if (failed.some(({ isGone }) => isGone)) return "it answered 410 Gone";
  if (failingMs === undefined || failingMs < schedule.disableAfterMs) return undefined;
  const days = Math.floor(schedule.disableAfterMs / DAY_MS);
  return `nothing came through for ${days} days; last it ${failed[0]?.error ?? "did not answer"}`;
}
