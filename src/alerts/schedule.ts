const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How often the rules are looked at, by one hub of all. */
export const ROUND_EVERY_MS = MINUTE_MS;

/**
 * When an open alert is told, by the time since it was opened: at once, after an hour, after six,
 * then every day. Early ones may be missed at night; more of them would be switched off.
 */
const NOTICE_AFTER_MS: readonly number[] = [0, HOUR_MS, 6 * HOUR_MS];
const NOTICE_EVERY_MS = DAY_MS;

/**
 * The waits after a try that a channel did not take; after the last one the notice is given up and
 * the channel is shown as failing. The next notice is tried all the same.
 */
export const SEND_RETRY_MS: readonly number[] = [
  30_000,
  2 * MINUTE_MS,
  10 * MINUTE_MS,
  HOUR_MS,
  6 * HOUR_MS,
];

/** Rounds in which a trouble must be away before it counts as over: one may just be a pause. */
export const MISSES_TO_RESOLVE = 2;

/** How long after its opening an alert's notice number `n` is due, counted from 0. */
export function noticeAfterMs(n: number): number {
  const last = NOTICE_AFTER_MS.length - 1;
  const first = NOTICE_AFTER_MS[Math.min(n, last)] ?? 0;
  return first + Math.max(0, n - last) * NOTICE_EVERY_MS;
}

/**
 * Whether an alert of this age is to be told now, and how many notices it counts then. Notices that
 * nobody was there to send are left out: one takes the place of them all.
 *
 * @param notices how many it had so far
 */
export function noticeDue(
  ageMs: number,
  notices: number,
): Readonly<{ isDue: boolean; notices: number }> {
  if (ageMs < noticeAfterMs(notices)) return { isDue: false, notices };
  let next = notices + 1;
  while (noticeAfterMs(next) <= ageMs) next += 1;
  return { isDue: true, notices: next };
}

/** The wait before the next try after so many that failed; undefined once it is given up. */
export function sendAgainMs(tries: number): number | undefined {
  return SEND_RETRY_MS[tries - 1];
}
