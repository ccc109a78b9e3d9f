import { HubError } from "../../base/errors.ts";
import type { Payout } from "../../canonical/payout.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How often a payout on its way is looked at: its event comes sooner, unless it was lost. */
const LOOK_EVERY_MS = 6 * HOUR_MS;
/** How soon a balance row is looked for that Stripe has not shown yet. */
const ROW_LOOK_MS = MINUTE_MS;
/** Stripe shows the row of what has moved within moments; a top-up is pending for days. */
const ROW_SOON_MS = HOUR_MS;
/** Banks move an arrival by days, over long weekends; what is later than this is a person's. */
const OVERDUE_DAYS = 7;
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

/**
 * What is awaited of a payout whose row is booked, and when it is looked at; undefined once there
 * is nothing: it has arrived, or all of it came back.
 *
 * @throws HubError `stripe.payout_overdue`
 */
export function awaitedOf(
  payout: Payout,
  now: Date,
): Readonly<{ dueInMs: number; waitsFor: string }> | undefined {
  const { id, state, status, undone } = payout;
  if (state === "arrived" || undone !== undefined) return undefined;
  const isBack = state === "undone";
  const waitsFor = isBack ? `the row by which ${id} came back` : `${id} to arrive (now ${status})`;
  const dueInMs = nextPayoutLookMs(payout, now);
  if (dueInMs !== undefined) return { dueInMs: isBack ? ROW_LOOK_MS : dueInMs, waitsFor };
  throw overdue(payout, waitsFor);
}

/**
 * When a payout or top-up is looked at again whose row Stripe has not shown yet.
 *
 * @throws HubError `stripe.payout_overdue`
 */
export function rowLookMs(payout: Payout, now: Date): number {
  if (now.getTime() - payout.createdAt.getTime() < ROW_SOON_MS) return ROW_LOOK_MS;
  const dueInMs = nextPayoutLookMs(payout, now);
  if (dueInMs !== undefined) return dueInMs;
  throw overdue(payout, `the balance transaction of ${payout.id} (now ${payout.status})`);
}

function overdue({ id, status }: Payout, waitsFor: string): HubError {
  const days = `${OVERDUE_DAYS} days after its date`;
  return new HubError("stripe.payout_overdue", `${days} the hub still waits for ${waitsFor}`, {
    facts: { payout: id, status },
  });
}
