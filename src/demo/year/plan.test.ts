import { expect, it } from "vitest";
import { spanOfDay } from "../../ledger/index.ts";
import { planYear } from "./plan.ts";
import { tradingDays } from "./trading-days.ts";

const DAYS = tradingDays("2026-01", 12, (date) => spanOfDay(date, "America/New_York").from);
const SEEDS = [1, 7, 42, 20_261_127];

function planOf(seed: number, transactions = 2_000) {
  return planYear({ seed, transactions, days: DAYS });
}

it("plans the same year for the same seed, and another one for another", () => {
  const year = JSON.stringify(planOf(7));

  expect(JSON.stringify(planOf(7))).toBe(year);
  expect(JSON.stringify(planOf(8))).not.toBe(year);
});

it.each(SEEDS)("names nothing in the year of seed %i before it was made", (seed) => {
  const made = new Set<string>();
  const missing: string[] = [];
  for (const { path, body, name } of planOf(seed).acts) {
    for (const [, used = ""] of JSON.stringify({ path, body }).matchAll(/\{\{([\w-]+)/g)) {
      if (!made.has(used)) missing.push(used);
    }
    if (name !== undefined) made.add(name);
  }

  expect(made.size).toBeGreaterThan(1_000);
  expect(missing).toEqual([]);
});

it.each(SEEDS)("gives back no more than was paid in the year of seed %i", (seed) => {
  const paid = new Map<string, number>();
  const tooMuch: string[] = [];
  for (const { path, body, name } of planOf(seed).acts) {
    if (path === "/v1/payment_intents") paid.set(`{{${name}.latest_charge}}`, Number(body.amount));
    if (path !== "/v1/refunds") continue;
    const charge = String(body.charge);
    const left = (paid.get(charge) ?? 0) - Number(body.amount);
    paid.set(charge, left);
    if (left < 0) tooMuch.push(charge);
  }

  expect(tooMuch).toEqual([]);
});

it("brings about as many balance transactions as were asked for", () => {
  const isRow = /^\/(v1\/(payment_intents|refunds|topups)|_sandbox\/(payouts|fees|reserves))/;
  const counted = planOf(7, 20_000).acts.filter(
    ({ path, mayBeRefused }) => isRow.test(path) && mayBeRefused !== true,
  );

  expect(counted.length).toBeGreaterThan(14_000);
  expect(counted.length).toBeLessThan(20_000);
});

it("sells most before Christmas, and little on Sundays", () => {
  const sales = planOf(7, 20_000).acts.filter(({ name = "" }) => name.startsWith("sale-"));
  const dates = sales.map(({ at }) => new Date(at));
  const ofMonth = (month: number) => dates.filter((date) => date.getUTCMonth() === month).length;
  const ofWeekday = (day: number) => dates.filter((date) => date.getUTCDay() === day).length;

  expect(ofMonth(11)).toBeGreaterThan(2 * ofMonth(6));
  expect(ofWeekday(2)).toBeGreaterThan(1.4 * ofWeekday(0));
});

it("seeds the year with what only a person can book, and with nothing else", () => {
  const { seeded, acts } = planOf(7);

  const unknown = acts.filter(({ body }) => JSON.stringify(body).includes("NO-SUCH-ITEM"));
  expect(seeded).toEqual(["cheque-1", "cheque-2"]);
  expect(unknown).toHaveLength(2);
});
