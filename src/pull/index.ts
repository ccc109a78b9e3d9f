export { forgetLost, sweepAllNow, sweepRowsNow } from "./claim.ts";
export {
  readRowWalks,
  readSlowWalks,
  readSweepWalks,
  readWalks,
  type WalkState,
} from "./report.ts";
export { type PulledPair, type Pulling, startPulling } from "./start-pulling.ts";
export { listSweptFound, type SweptFound } from "./sweep-round.ts";
export type { WalkKind } from "./walk.ts";
