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
