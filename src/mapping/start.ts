import type { PairSettings } from "../config/index.ts";
import { bookingZone, documentDate } from "./dates.ts";

/** What moved before the pair's start stands in its opening entries, and is never booked itself. */
export function isBeforeStart(at: Date, settings: PairSettings): boolean {
  const { start } = settings;
  return start !== undefined && documentDate(at, bookingZone(settings)) < start;
}
