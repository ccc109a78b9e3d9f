import type { Pool } from "pg";
import { type HubError, toHubError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { toDbError } from "../db/index.ts";
import { type ClaimedLane, finishLane, type LaneFinish } from "./lane.ts";

/**
 * The delay before the next try of a lane whose run threw; the last one repeats. Runs end their
 * own trouble, so this is for what nobody thought of.
 */
const FAILURE_DELAYS_MS = [1_000, 5_000, 15_000, 60_000, 300_000, 900_000, 3_600_000];
/** A database that gave no connection is no fault of the lane: it waits that long for the next. */
const DATABASE_DELAY_MS = 5_000;

/**
 * Ends a lane whose run threw, so that it is tried again: later each time, or at once and without
 * burning a try when the run was told to stop. Where even that cannot be saved, the lease runs out.
 *
 * @returns whether another worker has the lane
 */
export async function endFailedRun(
  pool: Pool,
  lane: ClaimedLane,
  failure: { thrown: unknown; isAborted: boolean; log: Log },
): Promise<boolean> {
  const { log, isAborted } = failure;
  const error = toDbError(failure.thrown);
  const facts = { pair: lane.pair, lane: lane.key, code: error.code, ...error.facts };
  if (error.code === "lane.fenced") {
    log.warn(facts, error.message);
    return true;
  }
  const cause = error.cause === undefined ? {} : { cause: String(error.cause) };
  log[error.category === "bug" ? "error" : "warn"]({ ...facts, ...cause }, error.message);
  try {
    await finishLane(pool, lane, nextTry(lane, error, isAborted));
    return false;
  } catch (second) {
    const { code, message } = toHubError(second);
    log.warn({ ...facts, code }, `The failed run could not be saved: ${message}`);
    return code === "lane.fenced";
  }
}

function nextTry(lane: ClaimedLane, error: HubError, isAborted: boolean): LaneFinish {
  if (isAborted) return { dueInMs: 0, tries: lane.tries };
  if (error.code === "db.unavailable") {
    return { dueInMs: DATABASE_DELAY_MS, tries: lane.tries + 1, waitsFor: error.message };
  }
  const delayMs = FAILURE_DELAYS_MS[Math.min(lane.tries, FAILURE_DELAYS_MS.length - 1)] ?? 0;
  return { dueInMs: delayMs, tries: lane.tries + 1, waitsFor: error.message };
}
