import type { Pool } from "pg";
import { toHubError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { type RepeatedWork, repeatWork } from "../base/repeated-work.ts";
import type { PairRuntime } from "../runs/index.ts";
import { claimRound, endRound, leaveRound, meetPair, readProofRound } from "./proof-rounds.ts";
import { type DaysEnd, proveDays } from "./prove-days.ts";
import { lastDayOver } from "./span.ts";

const MINUTE_MS = 60_000;
/** How often a pair is asked whether a day is due. */
const LOOK_EVERY_MS = 5 * MINUTE_MS;
/** When the next round is due: what differs is mostly mended by people. */
const AGAIN_MS: Readonly<Record<DaysEnd, number>> = {
  done: LOOK_EVERY_MS,
  again: 10 * MINUTE_MS,
  differs: 60 * MINUTE_MS,
};
/** An SL that is away is back soon mostly. */
const TROUBLE_AGAIN_MS = 10 * MINUTE_MS;
/** Longer than the proofs of some weeks take. */
const CLAIMED_MS = 30 * MINUTE_MS;

export type ProvingOptions = Readonly<{
  pool: Pool;
  log: Log;
  /** The pairs as guests; read anew at each look. */
  pairs: () => readonly PairRuntime[];
}>;

/**
 * Proves every day of each pair once it is over, in one hub of all, and keeps how it came out. The
 * first is the day on which the hub has met the pair.
 */
export function startProving({ pool, log, pairs }: ProvingOptions): RepeatedWork {
  return repeatWork({
    everyMs: MINUTE_MS,
    log,
    later: "Days are proved later",
    work: async (signal) => {
      for (const pair of pairs()) {
        signal.throwIfAborted();
        await goRound({ pool, log, pair }, signal);
      }
    },
  });
}

async function goRound(
  { pool, log, pair }: Readonly<{ pool: Pool; log: Log; pair: PairRuntime }>,
  signal: AbortSignal,
): Promise<void> {
  const now = new Date();
  const round = await readProofRound(pool, pair.id);
  if (round === undefined) return meetPair(pool, pair.id, lastDayOver(pair.settings, now));
  if (!(await claimRound(pool, pair.id, CLAIMED_MS))) return;
  try {
    const { provedUntil } = round;
    const end = await proveDays({ pool, pair }, { provedUntil, now, signal });
    await endRound(pool, pair.id, { dueInMs: AGAIN_MS[end] });
  } catch (thrown) {
    // A process that stops leaves the round to the next, without a word.
    if (signal.aborted) return leaveRound(pool, pair.id);
    const { code, message } = toHubError(thrown);
    log.warn({ pair: pair.id, code }, `A day could not be proved: ${message}`);
    await endRound(pool, pair.id, { dueInMs: TROUBLE_AGAIN_MS, thrown });
  }
}
