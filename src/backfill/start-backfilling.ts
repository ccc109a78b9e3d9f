import { pause } from "../base/clock.ts";
import { toHubError } from "../base/errors.ts";
import { type BackfilledPair, type StepDeps, stepBackfill } from "./step.ts";
import { claimBackfill } from "./store.ts";

/** How often a process looks for a backfill to go on with: one small statement. */
const LOOK_EVERY_MS = 1_000;
/** How soon it is looked again how far the lanes are. */
const LOOK_MS = 200;

/** What backfills go on with. */
export type BackfillingOptions = Omit<StepDeps, "signal"> &
  Readonly<{
    /** Names this process. */
    owner: string;
    /** Read anew at each look. */
    pairs: () => readonly BackfilledPair[];
  }>;

/** Backfills at work. */
export type Backfilling = Readonly<{ stop(): Promise<void> }>;

/** Goes on with backfills, one step after the other; of many hubs one does a step of each. */
export function startBackfilling(options: BackfillingOptions): Backfilling {
  const closing = new AbortController();
  let working: Promise<void> | undefined;
  const look = () => {
    working ??= work(options, closing.signal).finally(() => {
      working = undefined;
    });
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      closing.abort();
      await working;
    },
  };
}

/** Steps as long as there are any. */
async function work(options: BackfillingOptions, signal: AbortSignal): Promise<void> {
  const { pool, log, owner, pairs } = options;
  try {
    while (!signal.aborted) {
      const all = new Map(pairs().map((pair) => [pair.id, pair]));
      const backfill = await claimBackfill(pool, owner, [...all.keys()]);
      const pair = backfill === undefined ? undefined : all.get(backfill.pair);
      if (backfill === undefined || pair === undefined) return;
      await stepBackfill({ pool, log, signal }, backfill, pair);
      if (backfill.state === "booking") await pause(LOOK_MS, signal);
    }
  } catch (thrown) {
    const { code, message } = toHubError(thrown);
    log.warn({ code }, `Backfills go on a little later: ${message}`);
  }
}
