import type { Pool } from "pg";
import type { ClaimedLane } from "../lanes/index.ts";
import type { PairRuntime } from "./pair-runtime.ts";
import type { StepLog } from "./step-log.ts";
import type { Door } from "./write/door.ts";

/** All that the steps of one run share. */
export type RunContext = Readonly<{
  pool: Pool;
  lane: ClaimedLane;
  pair: PairRuntime;
  door: Door;
  signal: AbortSignal;
  steps: StepLog;
  /** An event tells of money that went back, or none tells why the lane was woken. */
  mayHaveRefunds: boolean;
  /** The same of disputes, or one is known. */
  mayHaveDisputes: boolean;
  /** Applications that a person has to make in SL: the run ends with the first, booked all else. */
  byHand: Error[];
  /** A person wants put right what somebody changed in SL of this lane's documents. */
  isHealing?: boolean;
}>;
