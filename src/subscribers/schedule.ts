/**
 * How long a delivery that failed waits for its next try; the last delay repeats for as long as the
 * subscriber takes other deliveries. Nothing is given up: what is never taken holds back its own
 * key alone, and is shown.
 */
export const DELIVERY_DELAYS_MS = [
  5_000, 30_000, 120_000, 600_000, 3_600_000, 10_800_000, 21_600_000,
];

/** After so many failures in a row a subscriber is held: one delivery at a time asks for it. */
export const FAILURES_TO_HOLD = 5;

/** How long a held one is left alone before the first, second … single try; the last repeats. */
export const HOLD_DELAYS_MS = [5_000, 10_000, 30_000, 60_000, 300_000];

/** A subscriber that took nothing for so long is disabled, with notice: a weekend is not enough. */
export const DISABLE_AFTER_MS = 3 * 24 * 60 * 60_000;

/** The old secret signs beside the new one for so long after a roll. */
export const OLD_SECRET_MS = 24 * 60 * 60_000;

/** The delay for a count of failures before this one. */
export function delayAfter(delays: readonly number[], failures: number): number {
  return delays[Math.min(failures, delays.length - 1)] ?? 0;
}
