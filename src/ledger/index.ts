export { listAtRest } from "./at-rest.ts";
export { holdToBooks, refuseUnderBooks } from "./books-stand-on.ts";
export { countBeside, countOpenRows, countSuspense, type JournalPair } from "./counts.ts";
export {
  dayLane,
  dayOfLane,
  dayOfSummary,
  spanOfDay,
  startOf,
  summaryLane,
  zoneOf,
} from "./days.ts";
export {
  type JournalId,
  journalName,
  type PlannedPart,
  partName,
  partsOfJournal,
  plannedAmong,
  plannedJournals,
  planParts,
  rowsReadUntil,
} from "./journal-rows.ts";
export { IS_STILL_LEFT, leaveParts } from "./left-parts.ts";
export {
  type OpenPart,
  openParts,
  openPartsAmong,
  openPartsBetween,
  openPartsOfPayout,
  settleRows,
} from "./open-rows.ts";
export {
  feesLane,
  keepPayoutList,
  noteAwaited,
  payoutListsRead,
  payoutOfLane,
  takesFee,
} from "./payout-fees.ts";
export { keepRows, knownRows, rowsOfSource } from "./rows.ts";
export {
  bookableAt,
  daysOf,
  type LedgerPair,
  summedUpAt,
  wakeDays,
  wakeOwners,
} from "./wake-owners.ts";
