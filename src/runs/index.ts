export { guestObject } from "../mapping/index.ts";
export { NOTHING_NEW } from "./charges/charge-run.ts";
export { listUnapplied, type Unapplied } from "./charges/unapplied.ts";
export { customerDesk } from "./customers/customer-desk.ts";
export type { RunOutcome } from "./end-run.ts";
export { isLivePair } from "./event-mode.ts";
export {
  findStraddling,
  type LaterFact,
  type ProposedEntry,
  type Straddling,
} from "./golive/find-golive.ts";
export {
  type ConfirmedEntry,
  confirmEntries,
  otherStart,
  readConfirmed,
} from "./golive/opening-store.ts";
export { asGuest } from "./guest.ts";
export { distrustLineage, holdAllToBooks, startHousekeeping } from "./housekeeping.ts";
export { noteCall } from "./last-call.ts";
export { type ReturnCredit, readReturnCredits } from "./orders/return-credits.ts";
export { overrideWords } from "./overrides.ts";
export type { PairRuntime } from "./pair-runtime.ts";
export { TELL_CLOSED } from "./park.ts";
export { asPatientReader } from "./patient-reader.ts";
export {
  listPaidRows,
  type PaidRow,
  type PayoutReport,
  reportPayout,
} from "./payouts/payout-report.ts";
export { foresee } from "./preview/foresee.ts";
export type { Foreseen, ForeseenDocument } from "./preview/foreseen.ts";
export { rebuildPair } from "./rebuild/rebuild.ts";
export { reopenApplications, reopenDocument } from "./rebuild/reopen.ts";
export {
  askReversal,
  type ListedReversal,
  listReversals,
  rebookLane,
  withdrawReversal,
} from "./reverse/reverse-command.ts";
export { originalName, planReversal, type ReversalPlan } from "./reverse/reverse-plan.ts";
export { findScope, type Scope } from "./reverse/reverse-scope.ts";
export { runLane } from "./run-lane.ts";
export { TAKEN_OVER } from "./step-log.ts";
export { readLineage } from "./write/lineage.ts";
export { type ListedWait, listPersonWaits } from "./write/person-wait.ts";
export { Reference } from "./write/reference.ts";
export { learnAnswers, readSiteAnswers, type SiteAnswer } from "./write/site-answers.ts";
