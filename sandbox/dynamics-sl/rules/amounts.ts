import { Refusal } from "../soap/fault.ts";
import { num, type Row, text } from "../tables/store.ts";
import type { World } from "../world.ts";

/**
 * Rounds half away from zero at `decimals`. Noise below a hundred-thousandth of the last decimal is
 * cut first: 1.005 as a double is a little less than that, and means 1.01.
 */
export function roundTo(value: number, decimals: number): number {
  const factor = 10 ** decimals;
  const scaled = Number((Math.abs(value) * factor).toFixed(5));
  const rounded = Math.round(scaled) / factor;
  return value < 0 && rounded !== 0 ? -rounded : rounded;
}

/** Whole units of the last decimal, for comparing and adding without noise. */
export function units(value: number, decimals: number): number {
  return Math.round(roundTo(value, decimals) * 10 ** decimals);
}

/** The sum of amounts, exact at `decimals`. */
export function sumOf(values: readonly number[], decimals: number): number {
  return values.reduce((total, value) => total + units(value, decimals), 0) / 10 ** decimals;
}

/** The decimals SL keeps for a currency; an unknown one is message 8058. */
export function decimalsOf(world: World, currency: string): number {
  const row = world.store.get("Currncy", currency);
  if (row === undefined) throw new Refusal(`Currency ${currency} is not in Currncy`, 8058);
  return num(row, "DecPl");
}

/** An exchange rate: base = amount × rate for M, amount ÷ rate for D. */
export type Rate = Readonly<{ rate: number; multDiv: string }>;

/** Newest rate not after `date`, for one unit of `currency` in base currency. */
export function findRate(world: World, currency: string, type: string, date: string): Rate {
  const base = world.baseCurrency;
  if (currency === base) return { rate: 1, multDiv: "M" };
  const candidates = world.store
    .find("CuryRate", "byPair", currency, base, type === "" ? "SPOT" : type)
    .filter((row) => text(row, "EffDate") <= date)
    .sort((a, b) => text(b, "EffDate").localeCompare(text(a, "EffDate")));
  const newest = candidates[0];
  if (newest === undefined) {
    throw new Refusal(`No rate from ${currency} to ${base} on or before ${date.slice(0, 10)}`);
  }
  return { rate: num(newest, "Rate"), multDiv: text(newest, "MultDiv") };
}

/** The base amount of `amount` at `rate`, rounded to the base currency's decimals. */
export function toBase(world: World, amount: number, { rate, multDiv }: Rate): number {
  const value = multDiv === "D" ? amount / rate : amount * rate;
  return roundTo(value, decimalsOf(world, world.baseCurrency));
}

/** The rate a row carries. */
export function rateOf(row: Row): Rate {
  return { rate: num(row, "CuryRate"), multDiv: text(row, "CuryMultDiv") || "M" };
}

/**
 * Spreads `total` over `weights` at `decimals`: each share is its rounded part, and what is left
 * goes to the largest weight. SL keeps base lines in step with their document that way.
 */
export function withResidue(
  shares: readonly number[],
  total: number,
  decimals: number,
): readonly number[] {
  const left = units(total, decimals) - units(sumOf(shares, decimals), decimals);
  if (left === 0) return shares;
  const largest = shares.reduce(
    (best, share, index) => (Math.abs(share) > Math.abs(shares[best] ?? 0) ? index : best),
    0,
  );
  return shares.map((share, index) =>
    index === largest ? (units(share, decimals) + left) / 10 ** decimals : share,
  );
}
