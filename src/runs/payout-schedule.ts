import type { Payout } from "../canonical/payout.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How often a payout on its way is looked at: its event comes sooner, unless it was lost. */
const LOOK_EVERY_MS = 6 * HOUR_MS;
/** How soon a balance row is looked for that Stripe has not shown yet. */
export const ROW_LOOK_MS = MINUTE_MS;
/** Banks move an arrival by days, over long weekends; what is later than this is a person's. */
export const OVERDUE_DAYS = 7;
/** Where Stripe names no arrival: the slowest payouts take this long. */
const ARRIVAL_DAYS_DEFAULT = 14;

/** When a payout that has not arrived is looked at again; undefined once it is long overdue. */
export function nextPayoutLookMs(payout: Payout, now: Date): number | undefined {
  const expected =
    payout.arrivesAt?.getTime() ?? payout.createdAt.getTime() + ARRIVAL_DAYS_DEFAULT * DAY_MS;
  const untilMs = expected - now.getTime();
  if (untilMs < -OVERDUE_DAYS * DAY_MS) return undefined;
  return untilMs > LOOK_EVERY_MS ? Math.min(untilMs, DAY_MS) : LOOK_EVERY_MS;
}
