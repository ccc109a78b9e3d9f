export {
  CIRCUIT_CLOSED,
  holdPair,
  letPairGo,
  PAUSED_FOR_SETTINGS,
  type PairState,
  pauseOf,
  pausePair,
  readPairStates,
  recordAnswer,
  resumePair,
  TELL_REACHABLE,
} from "./circuit.ts";
export { LEASE_MS } from "./claim.ts";
export { callAsGuest } from "./guest-call.ts";
export {
  type ClaimedLane,
  type DueIn,
  FENCE_CTE,
  FINISH_CTE,
  fenced,
  finishLane,
  finishValues,
  guardLane,
  LANE_CHANNEL,
  type LaneFinish,
  type LaneId,
  lockLanes,
  wakeLanes,
} from "./lane.ts";
export { countLanes, type LaneCounts, sweepStrays } from "./sweep.ts";
export { type LaneWorker, newOwnerName, startLaneWorker } from "./worker.ts";
