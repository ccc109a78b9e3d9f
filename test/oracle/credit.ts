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

/** `part` of `of` in proportion `share`, half a unit up; exact beyond what a float holds. */
export function roundedShare(share: number, part: number, of: number): number {
  if (of === 0) return 0;
  return Number((2n * BigInt(share) * BigInt(part) + BigInt(of)) / (2n * BigInt(of)));
}
