import { assert } from "../base/assert.ts";
import { isCalendarDate } from "../base/calendar-date.ts";
import type { PairSettings } from "../config/index.ts";
import type { TermsReading } from "../erp/port.ts";

const formatters = new Map<string, Intl.DateTimeFormat>();

/** The zone whose midnight parts the days of a pair. */
export function bookingZone(settings: PairSettings): string {
  return settings.cutoff.zone ?? settings.timeZone;
}

/** The calendar date `YYYY-MM-DD` of an instant in an IANA time zone. */
export function documentDate(instant: Date, zone: string): string {
  return formatterOf(zone).format(instant);
}

/** The calendar date `days` after `date`. */
export function addDays(date: string, days: number): string {
  assert(isCalendarDate(date), `"${date}" is no calendar date`);
  const midnight = new Date(`${date}T00:00:00Z`);
  midnight.setUTCDate(midnight.getUTCDate() + days);
  return midnight.toISOString().slice(0, 10);
}

/** When a document is due: SL leaves the sum to whoever enters it. */
export function dueDate(date: string, terms: TermsReading): string {
  return addDays(date, terms.dueDays);
}

/**
 * Making a formatter costs a hundred times more than using one, and to put a date together from its
 * parts costs six times more than to have it written as Sweden does: `YYYY-MM-DD`.
 */
function formatterOf(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("sv-SE", {
    timeZone: zone,
    calendar: "gregory",
    numberingSystem: "latn",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  });
  assert(isCalendarDate(made.format(0)), "This Node does not write dates as YYYY-MM-DD");
  formatters.set(zone, made);
  return made;
}
