import type { Pool } from "pg";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { RunOutcome } from "./end-run.ts";
import type { PairRuntime } from "./pair-runtime.ts";

/** What runs need of the process they run in. */
export type RunDeps = Readonly<{
  pool: Pool;
  clock: Clock;
  log: Log;
  /** Name of this process in attempts and runs. */
  worker: string;
  pair: (id: string) => PairRuntime | undefined;
  onRun: (pair: string, outcome: RunOutcome) => void;
  onAttempt: (attempt: { pair: string; step: string; outcome: string }) => void;
}>;
