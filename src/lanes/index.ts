export {
  CIRCUIT_CLOSED,
  FAILURES_TO_OPEN,
  holdPair,
  letPairGo,
  PAUSED_FOR_SETTINGS,
  type PairState,
  PROBE_DELAYS_MS,
  pauseOf,
  pausePair,
  readPairStates,
  recordAnswer,
  resumePair,
  TELL_REACHABLE,
} from "./circuit.ts";
export {
  LEASE_MS,
  type PairLimit,
} from "./claim.ts";
export { callAsGuest, type Guest } from "./guest-call.ts";
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
export { countLanes, type LaneCounts, type Strays, sweepStrays } from "./sweep.ts";
export {
  type LaneWorker,
  type LaneWorkerOptions,
  newOwnerName,
  startLaneWorker,
} from "./worker.ts";
