export { forgetLost, sweepRowsNow } from "./claim.ts";
export { readRowWalks, readWalks, type WalkState } from "./report.ts";
export { type PulledPair, type Pulling, startPulling } from "./start-pulling.ts";
export type { WalkKind } from "./walk.ts";
