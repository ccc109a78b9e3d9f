export { type Arrival, readArrival } from "./arrival.ts";
export {
  GroupCommitter,
  type GroupCommitterOptions,
  type StoreResult,
} from "./group-committer.ts";
export {
  type IntakeMetrics,
  type IntakeOptions,
  type IntakePair,
  registerIntake,
} from "./plugin.ts";
export { type SignedBody, TOLERANCE_SECONDS, verifySignature } from "./signature.ts";
export { type ArrivedEvent, storeGroup } from "./store-group.ts";
