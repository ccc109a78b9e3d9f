import type { HubError } from "../base/errors.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/**
 * What a run does after an error that may pass by itself: the delay before each next try. After the
 * last one the run is parked, so nothing is ever tried for ever. This table is the whole policy;
 * `docs/operating.md` shows it.
 *
 * A pair whose ERP does not answer opens its circuit long before these run out, and a lane that
 * waits for the circuit burns no try.
 */
export const RETRY_DELAYS_MS: Readonly<Record<"busy" | "unavailable" | "limited", number[]>> = {
  /** Deadlock victim or locked batch: SL itself says that the same call may be sent again. */
  busy: [SECOND, 2 * SECOND, 5 * SECOND, 15 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR],
  /** No connection, 5xx, database gone. */
  unavailable: [
    SECOND,
    5 * SECOND,
    15 * SECOND,
    MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    4 * HOUR,
    8 * HOUR,
  ],
  /** 429 of Stripe. */
  limited: [
    2 * SECOND,
    5 * SECOND,
    15 * SECOND,
    30 * SECOND,
    MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    HOUR,
  ],
};

/** Each delay is stretched by up to this share, so that lanes that failed together spread out. */
const JITTER = 0.25;

/**
 * The delay before try number `tries + 1`, or undefined when the schedule is used up.
 *
 * @param random a number from 0 to 1
 */
export function retryDelayMs(error: HubError, tries: number, random: number): number | undefined {
  const delay = scheduleOf(error)[tries];
  return delay === undefined ? undefined : Math.round(delay * (1 + JITTER * random));
}

function scheduleOf(error: HubError): number[] {
  if (error.code === "erp.busy") return RETRY_DELAYS_MS.busy;
  if (error.code === "stripe.rate_limited") return RETRY_DELAYS_MS.limited;
  return RETRY_DELAYS_MS.unavailable;
}
