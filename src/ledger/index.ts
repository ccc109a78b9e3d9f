export { dayLane, dayOfLane, spanOfDay } from "./days.ts";
export { type OpenPart, openParts, openPartsBetween, settleRows } from "./open-rows.ts";
export { keepRows, knownRows } from "./rows.ts";
export { bookableAt, type LedgerPair, wakeDays, wakeOwners } from "./wake-owners.ts";
