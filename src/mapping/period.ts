import { assert } from "../base/assert.ts";
import { HubError } from "../base/errors.ts";
import type { PairSettings } from "../config/index.ts";
import type { FiscalCalendar } from "../erp/port.ts";
import { addDays } from "./dates.ts";

/** A period is found within this many days after any date: two of SL's longest years. */
const PERIOD_DAYS_MAX = 800;

/** The period a fact is booked in, with the period its date lies in when that one is closed. */
export type PeriodChoice = Readonly<{
  period: string;
  notes: readonly string[];
  /** Why no new document may be drafted in it, though one may stand there. */
  closed?: HubError;
}>;

/**
 * The fiscal period `YYYYPP` of a calendar date, as SL finds it: the first period whose end
 * (`MMDD`) is not before the date; after the last end of the calendar year the next cycle begins.
 * An end on `0228` or `0229` is the last day of February in every year, so that 29 February lies in
 * February's period whichever of the two a site has entered (SL's own function
 * `GetCalendarEndDateOfGLPeriod` adds and takes away that day).
 */
export function periodOf(date: string, calendar: FiscalCalendar): string {
  const ends = calendar.periodEnds.slice(0, calendar.periods);
  assert(ends.length > 0 && ends.length === calendar.periods, "The fiscal calendar has no ends");
  const year = Number(date.slice(0, 4));
  const dayOfYear = date.slice(5, 7) + date.slice(8, 10);
  // Of two that end on one day the later is for adjustments: no date is in it.
  const inOrder = ends
    .map((end, index) => ({ end, index }))
    .sort((a, b) => Number(a.end) - Number(b.end) || a.index - b.index);
  const sameYear = inOrder.find(({ end }) => lastDayOf(end) >= dayOfYear);
  const { index } = sameYear ?? inOrder[0] ?? { index: 0 };
  const endsIn = sameYear === undefined ? year + 1 : year;
  const fiscalYear = fiscalYearOf(ends, { index, endsIn }, calendar.namedAfterStart);
  return `${String(fiscalYear).padStart(4, "0")}${String(index + 1).padStart(2, "0")}`;
}

/** No date of a common year lies between the two, so the later one serves in every year. */
function lastDayOf(end: string): string {
  return end === "0228" ? "0229" : end;
}

/**
 * The period for all documents of a fact: that of its date while AR and GL are open for it, else,
 * by `closed-period`, the first one open for both. Under the policy `park` it stays the fact's own
 * and says why nothing new may be drafted in it: what is begun keeps its period all the same.
 */
export function choosePeriod(
  date: string,
  calendar: FiscalCalendar,
  policy: PairSettings["closedPeriod"],
): PeriodChoice {
  const own = periodOf(date, calendar);
  const { firstOpenReceivables, firstOpenLedger } = calendar;
  const firstOpen = later(firstOpenReceivables, firstOpenLedger);
  if (own >= firstOpen) return { period: own, notes: [] };
  if (policy === "park") {
    const closed = new HubError("mapping.period_closed", `Period ${own} of ${date} is closed`, {
      facts: { date, period: own, firstOpen },
    });
    return { period: own, notes: [], closed };
  }
  return {
    period: firstOpen,
    notes: [`Period ${own} of ${date} is closed; booked in ${firstOpen}, the first open one.`],
  };
}

/**
 * The choice, where something new may be drafted in it.
 *
 * @throws HubError `mapping.period_closed`
 */
export function openOnly<C extends Pick<PeriodChoice, "closed">>(chosen: C): C {
  if (chosen.closed !== undefined) throw chosen.closed;
  return chosen;
}

/**
 * The period in which the first document of a fact stands, for all others of it: a fact is not
 * spread over two. Where the period was closed since, what is begun may still be finished.
 */
export function keptPeriod(period: string, calendar: FiscalCalendar): PeriodChoice {
  const firstOpen = later(calendar.firstOpenReceivables, calendar.firstOpenLedger);
  if (period >= firstOpen) return { period, notes: [] };
  const words = `Period ${period} was closed after a part of the fact was booked in it`;
  const closed = new HubError("mapping.period_closed", words, {
    facts: { period, firstOpen },
    cure:
      "Open the period in SL, then resume; or take back what stands with `slipway reverse ID " +
      "--rebook`, which books all of the fact in an open period.",
  });
  return { period, notes: [], closed };
}

/** The date itself where the period is its own, else the first day of the period after it. */
export function dateWithin(period: string, date: string, calendar: FiscalCalendar): string {
  for (let days = 0; days < PERIOD_DAYS_MAX; days += 1) {
    const day = addDays(date, days);
    if (periodOf(day, calendar) >= period) return day;
  }
  assert(false, `No day after ${date} lies in period ${period}`);
}

/** The calendar written in the settings, for sites whose own cannot be read. */
export function calendarOfSettings(settings: PairSettings): FiscalCalendar | undefined {
  const { calendar } = settings;
  if (calendar === undefined) return undefined;
  return {
    periods: calendar.periodEnds.length,
    periodEnds: calendar.periodEnds,
    namedAfterStart: calendar.namedAfter === "start",
    firstOpenReceivables: calendar.firstOpen,
    firstOpenLedger: calendar.firstOpen,
  };
}

/** Periods compare as text: `YYYYPP` has a fixed width. */
function later(a: string, b: string): string {
  if (a < b) return b;
  return a;
}

/** Walks to the last period of the fiscal year; a year that ends on 1231 is the calendar year. */
function fiscalYearOf(
  ends: readonly string[],
  at: Readonly<{ index: number; endsIn: number }>,
  namedAfterStart: boolean,
): number {
  let year = at.endsIn;
  for (let next = at.index + 1; next < ends.length; next += 1) {
    if ((ends[next] ?? "") < (ends[next - 1] ?? "")) year += 1;
  }
  const startsInYearBefore = ends.at(-1) !== "1231";
  return namedAfterStart && startsInYearBefore ? year - 1 : year;
}
