import { HubError } from "../base/errors.ts";
import type { PairSettings } from "../config/index.ts";
import type { FiscalCalendar } from "../erp/port.ts";
import { addDays, bookingZone, documentDate, periodOf } from "../mapping/index.ts";

/** Longer than any fiscal period. */
const PERIOD_DAYS_MAX = 400;

/** The day that it is in the pair's zone. */
export function todayOf(settings: PairSettings, now: Date): string {
  return documentDate(now, bookingZone(settings));
}

/** The last day that is over in the pair's zone. */
export function lastDayOver(settings: PairSettings, now: Date): string {
  return addDays(todayOf(settings, now), -1);
}

/** What is proved: days from one to another, both counted in, and their period where it is one. */
export type Span = Readonly<{ from: string; day: string; period: string | undefined }>;

/** One day alone. */
export function daySpan(day: string): Span {
  return { from: day, day, period: undefined };
}

/** The whole fiscal period in which a calendar month `YYYY-MM` ends. */
export function monthSpan(month: string, calendar: FiscalCalendar): Span {
  const next = addDays(`${month}-28`, 7).slice(0, 7);
  const last = addDays(`${next}-01`, -1);
  const period = periodOf(last, calendar);
  const isIn = (day: string) => periodOf(day, calendar) === period;
  return { from: farthest(last, -1, isIn), day: farthest(last, 1, isIn), period };
}

/**
 * All days of a fiscal period `YYYYPP`.
 *
 * @throws HubError `api.invalid` for a period that the calendar has not
 */
export function periodSpan(period: string, calendar: FiscalCalendar): Span {
  const year = Number(period.slice(0, 4));
  const isIn = (day: string) => periodOf(day, calendar) === period;
  let day = `${year - 1}-01-01`;
  while (!isIn(day)) {
    day = addDays(day, 1);
    if (day > `${year + 1}-12-31`) throw unknownPeriod(period);
  }
  return { from: day, day: farthest(day, 1, isIn), period };
}

function unknownPeriod(period: string): HubError {
  return new HubError("api.invalid", `The fiscal calendar has no period ${period}`, {
    facts: { field: "period", example: "202603" },
  });
}

function farthest(start: string, step: 1 | -1, isIn: (day: string) => boolean): string {
  let day = start;
  for (let walked = 0; walked < PERIOD_DAYS_MAX && isIn(addDays(day, step)); walked += 1) {
    day = addDays(day, step);
  }
  return day;
}
