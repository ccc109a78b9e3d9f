import type { HubError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { toDbError } from "../db/index.ts";
import { type ClaimedLane, type DueIn, pausePair, recordAnswer } from "../lanes/index.ts";
import type { Ending, RunOutcome } from "./end-run.ts";
import { retryDelayMs } from "./retry-schedule.ts";
import type { RunDeps } from "./run-deps.ts";
import { silenceOf } from "./silence.ts";
import { Waiting } from "./waiting.ts";
import { LATE_LOOK_MS } from "./write/person-wait.ts";

/** What a run has come to know, or can read, for the row that a person reads if it parks. */
export type Seen = { money?: string; readMoney?: () => Promise<string> };

/** What a person or a bank does is seen there: these go on looking although they are parked. */
const SEEN_BY_ITSELF = new Set([
  "erp.release_by_hand",
  "erp.return_by_hand",
  "erp.apply_by_hand",
  "erp.cancel_by_hand",
  "stripe.payout_overdue",
]);

/**
 * How a run ends that has thrown. What parks names the money behind it, read to the row; where that
 * cannot be read, the run ends by what says so.
 */
export async function endingAfter(
  deps: RunDeps,
  lane: ClaimedLane,
  end: { thrown: unknown; signal: AbortSignal; seen: Seen },
): Promise<Ending> {
  const { money, readMoney: read } = end.seen;
  const endOf = async (thrown: unknown) => {
    const ending = await endingOf(deps, lane, { thrown, signal: end.signal });
    return money === undefined ? ending : { ...ending, money };
  };
  const ending = await endOf(end.thrown);
  if (ending.outcome !== "parked" || read === undefined) return ending;
  try {
    return { ...ending, money: await read() };
  } catch (unread) {
    return endOf(unread);
  }
}

async function endingOf(
  deps: RunDeps,
  lane: ClaimedLane,
  end: { thrown: unknown; signal: AbortSignal },
): Promise<Ending> {
  const { thrown, signal } = end;
  if (thrown instanceof Waiting) {
    const { waitsFor, dueInMs, held } = thrown;
    return { ...waiting(waitsFor, dueInMs, lane.tries), ...(held === undefined ? {} : { held }) };
  }
  const error = toDbError(thrown);
  const facts = { pair: lane.pair, lane: lane.key, code: error.code, ...error.facts };
  // Whoever has taken over writes the end; this worker has nothing left to say.
  if (error.code === "lane.fenced") throw error;
  if (error.code === "erp.outcome_open") {
    // A call that we cut off ourselves says nothing about SL.
    if (!signal.aborted) await recordAnswer(deps.pool, lane.pair, false);
    return waiting("the outcome of a call to SL that had no answer", 0, lane.tries);
  }
  if (error.code === "run.frozen") return waiting(error.message, 0, lane.tries);
  const isSilent = error.code === "erp.unavailable";
  const silence = isSilent ? await silenceOf(deps, lane, signal) : undefined;
  // While the circuit is open nothing burns its tries: the lane waits for the next probe.
  if (silence === "open") return waiting("SL to answer again", "in line", lane.tries);
  if (error.category === "auth") {
    deps.log.error(facts, error.message);
    await pausePair(deps.pool, lane.pair, error.code, error.message);
    return waiting(error.cure, 0, lane.tries);
  }
  if (error.category === "transient") {
    const delayMs = retryDelayMs(error, lane.tries, Math.random());
    if (delayMs !== undefined) {
      deps.log.warn(facts, error.message);
      return {
        outcome: "retry",
        reason: error.message,
        dueInMs: delayMs,
        // Only an answer counts as a try: an SL that is away burns none.
        tries: silence === "away" ? lane.tries : lane.tries + 1,
        waitsFor: error.message,
      };
    }
  }
  logParked(deps.log, error, facts);
  deps.pair(lane.pair)?.reference.clear();
  const dueInMs = SEEN_BY_ITSELF.has(error.code) ? LATE_LOOK_MS : null;
  return { outcome: "parked", reason: error.message, dueInMs, tries: 0, error };
}

/** What a person is to mend was foreseen; only a bug is an error of the hub. */
function logParked(log: Log, error: HubError, facts: object): void {
  const cause = error.cause === undefined ? {} : { cause: String(error.cause) };
  const level = error.category === "bug" ? "error" : "warn";
  log[level]({ ...facts, ...cause }, error.message);
}

/** An end of its events; it waits for nothing. */
export function done(outcome: RunOutcome, reason: string): Ending {
  return { outcome, reason, dueInMs: null, tries: 0 };
}

/** Its events wait with it for what is named. */
export function waiting(waitsFor: string, dueInMs: DueIn, tries: number): Ending {
  return { outcome: "waiting", reason: waitsFor, dueInMs, tries, waitsFor };
}
