/** What a credit takes of a sale, in minor units. */
export type Taken = Readonly<{ net: number; tax: number }>;

/**
 * How much of a sale has been credited. Tax is cumulative: of all that is credited to date its
 * share, rounded half up; the credit that completes the sale takes what is left.
 */
export class Credit {
  readonly #total: number;
  readonly #tax: number;
  #credited = 0;
  #creditedTax = 0;

  constructor(total: number, tax: number) {
    this.#total = total;
    this.#tax = tax;
  }

  get left(): number {
    return this.#total - this.#credited;
  }

  /** @param givenTax where a credit note says its own */
  take(minor: number, givenTax?: number): Taken {
    const leftTax = this.#tax - this.#creditedTax;
    let tax = leftTax;
    if (minor < this.left) {
      const due = roundedShare(this.#tax, this.#credited + minor, this.#total) - this.#creditedTax;
      const wanted = Math.max(0, givenTax ?? due);
      const goodsLeft = this.left - leftTax;
      tax = Math.max(Math.min(wanted, minor, leftTax), minor - goodsLeft);
    }
    this.#credited += minor;
    this.#creditedTax += tax;
    return { net: minor - tax, tax };
  }

  /** What was taken counts no more. */
  giveBack({ net, tax }: Taken): void {
    this.#credited -= net + tax;
    this.#creditedTax -= tax;
  }
}

/** `part` over weights by largest remainder, the first of equal ones first. */
export function spread(part: number, weights: readonly number[]): number[] {
  const whole = weights.reduce((so, weight) => so + weight, 0);
  if (part === 0 || whole === 0) return weights.map(() => 0);
  const exact = weights.map((weight) => BigInt(part) * BigInt(weight));
  const shares = exact.map((one) => Number(one / BigInt(whole)));
  const left = part - shares.reduce((so, share) => so + share, 0);
  const byRest = exact
    .map((one, at) => ({ at, rest: one % BigInt(whole) }))
    .toSorted((a, b) => Number(b.rest - a.rest) || a.at - b.at);
  for (const { at } of byRest.slice(0, left)) shares[at] = (shares[at] ?? 0) + 1;
  return shares;
}

/** `part` of `of` in proportion `share`, half a unit up; exact beyond what a float holds. */
function roundedShare(share: number, part: number, of: number): number {
  if (of === 0) return 0;
  return Number((2n * BigInt(share) * BigInt(part) + BigInt(of)) / (2n * BigInt(of)));
}
