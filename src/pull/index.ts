export { forgetLost, sweepAllNow, sweepRowsNow } from "./claim.ts";
export {
  readRowWalks,
  readSlowWalks,
  readSweepWalks,
  readWalks,
  type WalkState,
} from "./report.ts";
export { startPulling } from "./start-pulling.ts";
export { listSweptFound } from "./sweep-round.ts";
