export { NOTHING_NEW } from "./charge-run.ts";
export { customerDesk } from "./customer-desk.ts";
export type { RunOutcome } from "./end-run.ts";
export { type Foreseen, type ForeseenDocument, foresee } from "./foresee.ts";
export { asGuest } from "./guest.ts";
export { distrustLineage, type HousekeepingDeps, startHousekeeping } from "./housekeeping.ts";
export { readLineage } from "./lineage.ts";
export { overrideWords } from "./overrides.ts";
export type { PairRuntime } from "./pair-runtime.ts";
export { TELL_CLOSED } from "./park.ts";
export {
  listPaidRows,
  type PaidRow,
  type PayoutReport,
  reportPayout,
} from "./payout-report.ts";
export { type ListedWait, listPersonWaits, type PersonWait } from "./person-wait.ts";
export { type RebuildReport, rebuildPair } from "./rebuild.ts";
export { Reference } from "./reference.ts";
export { type RunDeps, runLane } from "./run-lane.ts";
export { learnAnswers, readSiteAnswers, type SiteAnswer } from "./site-answers.ts";
export { TAKEN_OVER } from "./step-log.ts";
export { listUnapplied, type Unapplied } from "./unapplied.ts";
