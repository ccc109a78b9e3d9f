import { assert } from "../base/assert.ts";
import { isCalendarDate } from "../base/calendar-date.ts";
import type { PairSettings } from "../config/index.ts";
import { addDays, bookingZone, documentDate } from "../mapping/index.ts";

const PREFIX = "day:";
const HOUR_MS = 3_600_000;
/** No zone is further from UTC. */
const OFFSET_MAX_MS = 15 * HOUR_MS;

/** The lane that books the journals of a calendar day. */
export function dayLane(date: string): string {
  return `${PREFIX}${date}`;
}

/** The day of such a lane; undefined for every other lane. */
export function dayOfLane(laneKey: string): string | undefined {
  const date = laneKey.slice(PREFIX.length);
  return laneKey.startsWith(PREFIX) && isCalendarDate(date) ? date : undefined;
}

const SUMMARY_PREFIX = "summary:";

/** The lane that books the sales of a calendar day as one. */
export function summaryLane(date: string): string {
  return `${SUMMARY_PREFIX}${date}`;
}

/** The day of such a lane; undefined for every other lane. */
export function dayOfSummary(laneKey: string): string | undefined {
  const date = laneKey.slice(SUMMARY_PREFIX.length);
  return laneKey.startsWith(SUMMARY_PREFIX) && isCalendarDate(date) ? date : undefined;
}

/** The zone whose days a pair is booked by. */
export function zoneOf({ settings }: Readonly<{ settings: PairSettings }>): string {
  return bookingZone(settings);
}

/** The first instant of the pair's start; undefined where none is set. */
export function startOf(settings: PairSettings): Date | undefined {
  const { start } = settings;
  return start === undefined ? undefined : spanOfDay(start, bookingZone(settings)).from;
}

/** The instants between which a calendar day lies in a zone; `until` is the first of the next. */
export function spanOfDay(date: string, zone: string): Readonly<{ from: Date; until: Date }> {
  return { from: startOfDay(date, zone), until: startOfDay(addDays(date, 1), zone) };
}

/** The first second of a date: not always midnight, where the clock is put forward at night. */
function startOfDay(date: string, zone: string): Date {
  const midnight = Date.parse(`${date}T00:00:00Z`);
  let before = (midnight - OFFSET_MAX_MS) / 1_000;
  let within = (midnight + OFFSET_MAX_MS) / 1_000;
  assert(documentDate(new Date(before * 1_000), zone) < date, "A zone is further from UTC");
  while (within - before > 1) {
    const middle = Math.floor((before + within) / 2);
    if (documentDate(new Date(middle * 1_000), zone) < date) before = middle;
    else within = middle;
  }
  return new Date(within * 1_000);
}
