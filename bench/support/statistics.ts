/** What a list of measured values comes to. */
export type Summary = Readonly<{ median: number; min: number; max: number }>;

/** The middle value, or the mean of the two middle ones; `NaN` for an empty list. */
export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/**
 * The value below which `percent` of the values lie, straight between the two nearest ranks;
 * `NaN` for an empty list.
 */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = ((sorted.length - 1) * percent) / 100;
  const below = sorted[Math.floor(rank)] ?? Number.NaN;
  const above = sorted[Math.ceil(rank)] ?? Number.NaN;
  return below + (above - below) * (rank - Math.floor(rank));
}

/** Median, smallest and largest of the rounds of one measurement. */
export function summarise(values: readonly number[]): Summary {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/**
 * `values[i] / against[i]`, round by round. Rounds that lie side by side share what the machine did
 * at that moment, so the median of these is steadier than the ratio of two medians.
 */
export function ratios(values: readonly number[], against: readonly number[]): number[] {
  return values.map((value, round) => value / (against[round] ?? Number.NaN));
}
