import { ParkedPage, type ParkedRow, type ProofOfCurrency } from "../../api/contract.ts";
import { closeMonth, type MonthEnd } from "./accountant.ts";
import { Driver } from "./drive.ts";
import { type Faults, letFail } from "./faults.ts";
import { retried } from "./patience.ts";
import { planYear, type YearPlan } from "./plan.ts";
import { findStrangest, type Strange } from "./strangest.ts";
import { type TradingDay, tradingDays } from "./trading-days.ts";
import type { YearWorld } from "./world.ts";

/** What year is to be played. */
export type YearAsked = Readonly<{
  seed: number;
  /** Balance transactions at Stripe, about. */
  transactions: number;
  /** `YYYY-MM`, the first day of which is the first of the year. */
  from: string;
  months: number;
  /** Only so many days of them. */
  daysMax?: number;
  faults: Faults | undefined;
  /** The first moment of a date in the pair's zone. */
  startOf: (date: string) => Date;
}>;

/** How far it is. */
export type Progress = Readonly<{
  day: string;
  daysDone: number;
  daysAll: number;
  rows: number;
  booked: number;
  parked: number;
  residentMb: number;
}>;

/** Told of all as it happens. */
export type YearTeller = Readonly<{
  day(progress: Progress, proofs: readonly ProofOfCurrency[]): void;
  month(end: MonthEnd): void;
}>;

/** What became of the year. */
export type YearEnd = Readonly<{
  rows: number;
  booked: number;
  days: number;
  /** Days with a difference or something that does not agree. */
  unproved: readonly Readonly<{ day: string; difference: string; findings: readonly string[] }>[];
  months: readonly (MonthEnd & Readonly<{ proofs: readonly ProofOfCurrency[] }>)[];
  /** Runs that wait for a person and were meant to, and those that were not. */
  parked: Readonly<{ seeded: readonly ParkedRow[]; others: readonly ParkedRow[] }>;
  strangest: readonly Strange[];
  hub: Readonly<{ residentMb: number; cpuMs: number }>;
}>;

const HOUR_MS = 3_600_000;
/** What is on its way at the end of a day has come by then, before the day's fee journals do. */
const EVENING_MS = HOUR_MS;
/** The fee journals of a day come two hours after its end. */
const NIGHT_MS = 3 * HOUR_MS;
/** How long open sends and retries are waited for before a month is closed. */
const SETTLES_MS = 2 * HOUR_MS;
/** A stretch of the day with many more acts than this would be worked off in one heap. */
const ACTS_AT_ONCE = 80;
/** The hours at which a day is cut, by the number of its stretches. */
const CUTS: readonly (readonly number[])[] = [[], [14], [12, 18], [11, 15, 19]];

/** The plan of a year, which needs no world yet. */
function planOf(asked: YearAsked): Readonly<{ days: readonly TradingDay[] } & YearPlan> {
  const { seed, transactions, from, months, daysMax, startOf } = asked;
  const days = tradingDays(from, months, startOf).slice(0, daysMax);
  return { days, ...planYear({ seed, transactions, days }) };
}

/**
 * Plays a year: day after day what happens at Stripe, with the hub working, each day's proof, each
 * month's close, and at the end what is left. The world is left up.
 */
export async function playYear(
  world: YearWorld,
  asked: YearAsked,
  told: YearTeller & Readonly<{ signal: AbortSignal }>,
): Promise<YearEnd> {
  const plan = planOf(asked);
  const { days } = plan;
  await world.slAdmin("/switches", { autoPost: true });
  if (asked.faults !== undefined) await letFail(world, asked.faults, asked.seed);
  const driver = new Driver(world, plan.acts, days[0]?.startMs ?? 0);
  const unproved: YearEnd["unproved"][number][] = [];
  const months: YearEnd["months"][number][] = [];
  let progress: Progress | undefined;
  const proveDay = async ({ date }: TradingDay) => {
    const proofs = await driver.proveDay(date);
    unproved.push(...proofs.filter(({ isProven }) => !isProven).map(summaryOf));
    progress = await progressOf(world, driver, { date, days });
    told.day(progress, proofs);
  };
  for (const [index, day] of days.entries()) {
    told.signal.throwIfAborted();
    const endMs = days[index + 1]?.startMs ?? asked.startOf(after(day.date)).getTime();
    await playDay(driver, { plan, day, endMs });
    // The journals of the day before were booked with the first sales of this one.
    const before = days[index - 1];
    if (before !== undefined && !endsMonth(before)) await proveDay(before);
    if (!endsMonth(day) && index + 1 < days.length) continue;
    await driver.playUntil(endMs + NIGHT_MS);
    await driver.settle(SETTLES_MS);
    await proveDay(day);
    if (!endsMonth(day)) continue;
    const period = periodOf(day.date);
    const end = await closeMonth(world, driver, { period, next: periodOf(after(day.date)) });
    const month = day.date.slice(0, 7);
    months.push({ ...end, proofs: await retried(() => driver.prove({ month })) });
    told.month(end);
  }
  // What SL has failed last has come to its end by then, whatever day it is.
  await driver.settle(SETTLES_MS);
  return {
    ...{ rows: progress?.rows ?? 0, booked: progress?.booked ?? 0, days: days.length },
    ...{ unproved, months, parked: await readParked(world, plan.seeded) },
    strangest: await findStrangest(world, plan.oddities, 3),
    hub: driver.use,
  };
}

async function playDay(
  driver: Driver,
  { plan, day, endMs }: Readonly<{ plan: YearPlan; day: TradingDay; endMs: number }>,
): Promise<void> {
  const ahead = plan.acts.slice(driver.played);
  const next = ahead.findIndex(({ at }) => at > endMs);
  const count = next === -1 ? ahead.length : next;
  const cuts = CUTS[Math.min(Math.floor(count / ACTS_AT_ONCE), CUTS.length - 1)] ?? [];
  for (const hour of cuts) await driver.playUntil(day.startMs + hour * HOUR_MS);
  await driver.playUntil(endMs + EVENING_MS, "come round");
}

function endsMonth({ date }: TradingDay): boolean {
  return after(date).endsWith("-01");
}

/** The day after a date. */
function after(date: string): string {
  return new Date(Date.parse(`${date}T12:00:00Z`) + 24 * HOUR_MS).toISOString().slice(0, 10);
}

/** The sandbox's fiscal year is the calendar's. */
function periodOf(date: string): string {
  return date.slice(0, 7).replace("-", "");
}

function summaryOf({ day, difference, findings }: ProofOfCurrency) {
  const told = findings.map(({ kind, id, amount, words }) => `${kind} ${id} ${amount}: ${words}`);
  return { day, difference, findings: told };
}

async function progressOf(
  world: YearWorld,
  driver: Driver,
  { date, days }: Readonly<{ date: string; days: readonly TradingDay[] }>,
): Promise<Progress> {
  const counts = await world.database.counts();
  const { residentMb } = driver.use;
  return {
    ...{ day: date, daysDone: days.findIndex((day) => day.date === date) + 1 },
    daysAll: days.length,
    ...counts,
    residentMb,
  };
}

async function readParked(world: YearWorld, seeded: readonly string[]): Promise<YearEnd["parked"]> {
  const lanes = new Set<string>();
  for (const name of seeded) {
    const { id } = await world.stripeAdmin<{ id: string | null }>(`/script?name=${name}`);
    if (id !== null) lanes.add(id);
  }
  const query = { state: "open", limit: 100 };
  const { rows } = await world.hub.get("/api/parked", ParkedPage, { query });
  return {
    seeded: rows.filter(({ laneKey }) => lanes.has(laneKey)),
    others: rows.filter(({ laneKey }) => !lanes.has(laneKey)),
  };
}
