const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How often a pair's events are asked for. */
export const PULL_EVERY_MS = 15 * SECOND_MS;

/**
 * How far a round goes back behind the newest event it knows. Events share a second, and one may
 * become visible after younger ones; so the newest id is no cursor. A minute covers what is usual
 * and costs one call for every hundred events of a minute.
 */
export const OVERLAP_MS = MINUTE_MS;
/** Every five minutes a round goes back further, for an event that Stripe shows minutes late. */
export const DEEP_OVERLAP_MS = 15 * MINUTE_MS;
export const DEEP_EVERY_MS = 5 * MINUTE_MS;
/**
 * An event that becomes visible no later than this is found by the pull itself: the far look, less
 * the time between two of them and a round. What comes later is found by the check for gaps.
 */
export const LATE_MAX_MS = DEEP_OVERLAP_MS - DEEP_EVERY_MS - MINUTE_MS;

/** A longer way is taken window by window, oldest first, so that each window done is progress. */
export const OPEN_SPAN_MAX_MS = HOUR_MS;
export const WINDOW_MIN_MS = MINUTE_MS;
const WINDOW_MAX_MS = DAY_MS;
/** A window with more pages is taken in quarters instead: a crash in it repeats all of them. */
export const WINDOW_PAGES_MAX = 40;

/** How often a pair's store is compared with Stripe. */
export const GAP_EVERY_MS = HOUR_MS;
/** Each comparison repeats the end of the one before, for clocks that differ and late events. */
export const GAP_OVERLAP_MS = 2 * HOUR_MS;
/** A younger event may still be on its way as a webhook, so it is not missing yet. */
export const IN_FLIGHT_MS = 10 * MINUTE_MS;
/** How often a pair's balance transactions are asked for: their journals wait for the day's end. */
export const ROWS_EVERY_MS = 5 * MINUTE_MS;
/**
 * How far each look goes back. It stays well below `OPEN_SPAN_MAX_MS`: a longer way would be taken
 * in windows up to the far look of events, and begin anew for ever.
 */
export const ROWS_OVERLAP_MS = 30 * MINUTE_MS;
/** Once a day it is a day, so that each row is read twice and no more. */
export const ROWS_DEEP_OVERLAP_MS = DAY_MS;
export const ROWS_DEEP_EVERY_MS = DAY_MS;
/** Nothing is read for a pair while it is being set up. */
export const ROWS_FIRST_MS = MINUTE_MS;

/** How often refunds, disputes and payouts are gone over for changes without an event. */
export const SWEEP_EVERY_MS = DAY_MS;
/** How far back by the time they were made: a refund fails days later, a payout within a week. */
export const SWEEP_TRAILING_MS = 35 * DAY_MS;
export const SWEEP_FIRST_MS = 10 * MINUTE_MS;
/** Between two pages of a sweep: its calls are in nobody's way. */
export const SWEEP_PAUSE_MS = 100;

/** Stripe shows the events of the last 30 days. */
export const KEPT_MS = 30 * DAY_MS;

/**
 * The delays before the next round after 429, 5xx, a time-out or a database that went away; the
 * last one repeats for ever, since an event that is not asked for is not booked.
 */
export const PULL_RETRY_MS: readonly number[] = [
  15 * SECOND_MS,
  30 * SECOND_MS,
  MINUTE_MS,
  2 * MINUTE_MS,
  5 * MINUTE_MS,
];

/**
 * The span of the next window after one of `spanMs` that had so many pages, of so many lists: each
 * list has a page even where it is empty.
 */
export function nextSpan(spanMs: number, pages: number, lists: number): number {
  if (pages <= 2 * lists) return Math.min(spanMs * 2, WINDOW_MAX_MS);
  return pages > WINDOW_PAGES_MAX / 2 ? narrower(spanMs) : spanMs;
}

/** A quarter of a span, but not less than a minute; whole seconds, as Stripe's filter has them. */
export function narrower(spanMs: number): number {
  return Math.max(Math.floor(spanMs / 4 / SECOND_MS) * SECOND_MS, WINDOW_MIN_MS);
}

export function earlier(a: Date, b: Date): Date {
  return a < b ? a : b;
}

export function later(a: Date, b: Date): Date {
  return a > b ? a : b;
}

/** `instant` moved by so many milliseconds, which may be negative. */
export function moved(instant: Date, byMs: number): Date {
  return new Date(instant.getTime() + byMs);
}
