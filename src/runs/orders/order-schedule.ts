const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How often an order is looked at as long as its newest change is younger than `untilMs`. */
export type OrderLook = Readonly<{ untilMs: number; everyMs: number }>;

/**
 * When the run of an open order looks at SL again. SL tells nobody that a shipper was invoiced, so
 * it is asked: soon after something happened, seldom where nothing does. A look is four calls,
 * so an order that ships after two days costs about 160. `docs/operating.md` shows it.
 */
export const ORDER_LOOKS: readonly OrderLook[] = [
  { untilMs: 10 * MINUTE_MS, everyMs: 2 * MINUTE_MS },
  { untilMs: HOUR_MS, everyMs: 10 * MINUTE_MS },
  { untilMs: DAY_MS, everyMs: HOUR_MS },
  { untilMs: 7 * DAY_MS, everyMs: 4 * HOUR_MS },
  { untilMs: Number.POSITIVE_INFINITY, everyMs: DAY_MS },
];

/** Money of a closed order that no document took may be taken by a person any day. */
export const LEFT_LOOK_MS = DAY_MS;

/** The delay before the next look at an order whose newest change is this old. */
export function nextLookMs(sinceChangeMs: number): number {
  return ORDER_LOOKS.find(({ untilMs }) => sinceChangeMs < untilMs)?.everyMs ?? DAY_MS;
}

/** Whether an order has been open for longer than the pair waits. */
export function isOverdue(ageMs: number, days: number): boolean {
  return ageMs > days * DAY_MS;
}
