export type { RunOutcome } from "./end-run.ts";
export { asGuest } from "./guest.ts";
export { distrustLineage, type HousekeepingDeps, startHousekeeping } from "./housekeeping.ts";
export { readLineage } from "./lineage.ts";
export type { PairRuntime } from "./pair-runtime.ts";
export { type RebuildReport, rebuildPair } from "./rebuild.ts";
export { Reference } from "./reference.ts";
export { type RunDeps, runLane } from "./run-lane.ts";
export { learnAnswers, readSiteAnswers, type SiteAnswer } from "./site-answers.ts";
