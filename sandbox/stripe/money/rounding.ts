/** A decimal text as an exact fraction: "1.0831" is 10831 / 10000. */
export type Fraction = { top: bigint; bottom: bigint };

/**
 * Reads a plain decimal.
 *
 * @throws Error for anything else, exponents included
 */
export function fraction(text: string): Fraction {
  const match = /^(-?)(\d{1,18})(?:\.(\d{1,18}))?$/.exec(text);
  if (match === null) throw new Error(`not a decimal: ${text}`);
  const decimals = match[3] ?? "";
  const top = BigInt(`${match[1] ?? ""}${match[2] ?? ""}${decimals}`);
  return { top, bottom: 10n ** BigInt(decimals.length) };
}

/** `amount` times the fraction in whole minor units, halves away from zero. */
export function timesRounded(amount: number | bigint, by: Fraction): number {
  const top = BigInt(amount) * by.top;
  const half = top < 0n ? -by.bottom : by.bottom;
  return Number((2n * top + half) / (2n * by.bottom));
}

/**
 * Splits `total` over `weights` so that the parts add up exactly: floors first, then a unit each by
 * the largest remainder, ties to the first.
 */
export function allocate(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((so, weight) => so + weight, 0);
  if (sum === 0) return weights.map((_, index) => (index === 0 ? total : 0));
  const exact = weights.map((weight) => BigInt(total) * BigInt(weight));
  const parts = exact.map((product) => product / BigInt(sum));
  let left = BigInt(total) - parts.reduce((so, part) => so + part, 0n);
  const order = exact
    .map((product, index) => ({ index, rest: product % BigInt(sum) }))
    .sort((a, b) => (a.rest === b.rest ? a.index - b.index : a.rest > b.rest ? -1 : 1));
  for (const { index } of order) {
    if (left === 0n) break;
    parts[index] = (parts[index] ?? 0n) + 1n;
    left -= 1n;
  }
  return parts.map(Number);
}
