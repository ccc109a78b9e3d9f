import { pause } from "../base/clock.ts";
import { type RepeatedWork, repeatWork } from "../base/repeated-work.ts";
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
export type Backfilling = RepeatedWork;

/** Goes on with backfills, one step after the other; of many hubs one does a step of each. */
export function startBackfilling(options: BackfillingOptions): Backfilling {
  return repeatWork({
    everyMs: LOOK_EVERY_MS,
    log: options.log,
    later: "Backfills go on a little later",
    work: (signal) => work(options, signal),
  });
}

/** Steps as long as there are any. */
async function work(options: BackfillingOptions, signal: AbortSignal): Promise<void> {
  const { pool, log, owner, pairs } = options;
  while (!signal.aborted) {
    const all = new Map(pairs().map((pair) => [pair.id, pair]));
    const backfill = await claimBackfill(pool, owner, [...all.keys()]);
    const pair = backfill === undefined ? undefined : all.get(backfill.pair);
    if (backfill === undefined || pair === undefined) return;
    await stepBackfill({ pool, log, signal }, backfill, pair);
    if (backfill.state === "booking") await pause(LOOK_MS, signal);
  }
}
