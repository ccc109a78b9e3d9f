import type { World } from "../support/world.ts";

// Days before today in New York, for what stood at Stripe when the books were opened.

export const DAY_MS = 24 * 3_600_000;

const inNewYork = (instant: number) =>
  new Intl.DateTimeFormat("en-CA", { timeZone: "America/New_York" }).format(instant);

/** Noon in New York of today, so that a start of the day is twelve hours away on both sides. */
export const NOON = Date.parse(`${inNewYork(Date.now())}T17:00:00Z`);

/** The date so many days ago; half a day more or less is the day before or after. */
export const dayAgo = (days: number) => inNewYork(NOON - days * DAY_MS);

/** What a test does at Stripe on such days, in the world that it opens before. */
export function daysAgo(open: () => World) {
  return {
    /** Moves Stripe's clock to noon of a day so long ago; it goes back the first time alone. */
    at: async (days: number): Promise<void> => {
      const { nowMs } = await open().stripeAdmin<{ nowMs: number }>("/clock");
      const byMs = NOON - days * DAY_MS - nowMs;
      await open().stripeAdmin("/clock", byMs < 0 ? { shiftMs: byMs } : { advanceMs: byMs });
    },
    /** A payout over minor units that arrives so many days ago; gives its id. */
    payout: async (amount: number, arrivesDaysAgo: number, currency = "usd"): Promise<string> => {
      const arrival_date = Date.parse(`${dayAgo(arrivesDaysAgo)}T00:00:00Z`) / 1_000;
      const body = { amount, currency, arrival_date };
      return (await open().stripeAdmin<{ id: string }>("/payouts", body)).id;
    },
  };
}
