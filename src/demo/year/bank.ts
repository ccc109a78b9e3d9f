import type { Act, Oddity } from "./act.ts";
import type { Lots } from "./random.ts";
import { momentOf, type TradingDay } from "./trading-days.ts";

/** What happens to the balance but for sales, with about how many rows it makes. */
export type Cash = Readonly<{ acts: readonly Act[]; oddities: readonly Oddity[]; rows: number }>;

/** Below so many rows a day a shop is paid out once a week. */
const DAILY_FROM_ROWS = 8;
const DAY_MS = 86_400_000;

/** Payouts of every kind, top-ups, fees of Stripe's own, a reserve. */
export function planBank(lots: Lots, days: readonly TradingDay[], transactions: number): Cash {
  const isDaily = transactions / days.length >= DAILY_FROM_ROWS;
  const parts = [
    payouts(lots, days, isDaily ? [1, 2, 3, 4, 5] : [1]),
    manualPayouts(lots, days),
    topUps(lots, days),
    ownFees(lots, days),
    reserve(days),
  ];
  return {
    acts: parts.flatMap(({ acts }) => acts),
    oddities: parts.flatMap(({ oddities }) => oddities),
    rows: parts.reduce((sum, { rows }) => sum + rows, 0),
  };
}

/** Automatic ones; now and then a bank sends one back three days later. */
function payouts(lots: Lots, days: readonly TradingDay[], weekdays: readonly number[]): Cash {
  const acts: Act[] = [];
  const oddities: Oddity[] = [];
  for (const day of days) {
    const weekday = new Date(`${day.date}T12:00:00Z`).getUTCDay();
    if (!weekdays.includes(weekday)) continue;
    const at = momentOf(day, 6, 0);
    const name = `payout-${day.date}`;
    acts.push({ at, path: "/_sandbox/payouts/now", body: {}, name });
    if (!lots.falls(0.02)) continue;
    const failure = { code: "account_closed" };
    const path = `/_sandbox/payouts/{{${name}}}/fail`;
    acts.push({ at: at + 3 * DAY_MS, path, body: failure, mayBeRefused: true });
    oddities.push({ name, why: "a payout that the bank sent back", rank: 7 });
  }
  return { acts, oddities, rows: acts.length };
}

/** Once a month somebody takes money out by hand, at once and for a fee, or calls it off. */
function manualPayouts(lots: Lots, days: readonly TradingDay[]): Cash {
  const acts: Act[] = [];
  const oddities: Oddity[] = [];
  for (const day of days.filter(({ date }) => date.endsWith("-16"))) {
    const at = momentOf(day, 11, lots.next());
    const name = `manual-${day.date}`;
    const method = lots.falls(0.4) ? "instant" : "standard";
    const body = { amount: lots.between(50, 200) * 100, currency: "usd", method };
    acts.push({ at, path: "/_sandbox/payouts", body, name });
    if (method === "instant" || !lots.falls(0.4)) continue;
    acts.push({ at: at + 1_800_000, path: `/v1/payouts/{{${name}}}/cancel`, body: {} });
    oddities.push({ name, why: "a payout by hand, called off half an hour later", rank: 5 });
  }
  return { acts, oddities, rows: acts.length };
}

/** A top-up each quarter; the bank takes the second one back. */
function topUps(lots: Lots, days: readonly TradingDay[]): Cash {
  const acts: Act[] = [];
  const oddities: Oddity[] = [];
  for (const day of days.filter(({ date }) => /-(02|05|08|11)-03$/.test(date))) {
    const at = momentOf(day, 9, lots.next());
    const name = `topup-${day.date}`;
    const body = { amount: lots.between(5, 30) * 10_000, currency: "usd" };
    acts.push({ at, path: "/v1/topups", body: { ...body, description: "Reserve" }, name });
    if (!day.date.includes("-05-")) continue;
    const path = `/_sandbox/topups/{{${name}}}/reverse`;
    acts.push({ at: at + 4 * DAY_MS, path, body: {} });
    oddities.push({ name, why: "a top-up that the bank took back", rank: 6 });
  }
  return { acts, oddities, rows: acts.length };
}

/** What Stripe takes for its other services, on the first of a month. */
function ownFees(lots: Lots, days: readonly TradingDay[]): Cash {
  const acts = days
    .filter(({ date }) => date.endsWith("-01"))
    .map((day) => ({
      at: momentOf(day, 4, 0.5),
      path: "/_sandbox/fees",
      body: {
        ...{ amount: lots.between(500, 4_000), currency: "usd" },
        description: "Billing - Usage Fee",
      },
    }));
  return { acts, oddities: [], rows: acts.length };
}

/** Stripe holds something back over the weeks of the most sales. */
function reserve(days: readonly TradingDay[]): Cash {
  const [from, until] = [days.at(-50), days.at(-12)];
  if (from === undefined || until === undefined) return { acts: [], oddities: [], rows: 0 };
  const act = (day: TradingDay, release: boolean): Act => ({
    at: momentOf(day, 5, 0.5),
    path: "/_sandbox/reserves",
    body: { amount: 25_000, currency: "usd", release },
  });
  return { acts: [act(from, false), act(until, true)], oddities: [], rows: 2 };
}
