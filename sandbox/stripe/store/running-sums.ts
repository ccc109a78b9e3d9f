const DAY_SECONDS = 86_400;

type Day = { sum: number; bySecond: Map<number, number> };

/** What falls before a moment and what after it. */
export type Split = { until: number; after: number };

/**
 * Sums of amounts that take effect at some second, by key: whole days are added up as they come, so
 * that asking for a moment reads the days and the seconds of one day, never the amounts.
 */
export class RunningSums {
  readonly #byKey = new Map<string, Map<number, Day>>();

  add(key: string, second: number, amount: number): void {
    const days = this.#byKey.get(key) ?? new Map<number, Day>();
    this.#byKey.set(key, days);
    const number = Math.floor(second / DAY_SECONDS);
    const day = days.get(number) ?? { sum: 0, bySecond: new Map<number, number>() };
    days.set(number, day);
    day.sum += amount;
    day.bySecond.set(second, (day.bySecond.get(second) ?? 0) + amount);
  }

  keys(): string[] {
    return [...this.#byKey.keys()];
  }

  /** The sum of what takes effect up to `second`, that second included, and of the rest. */
  split(key: string, second: number): Split {
    const today = Math.floor(second / DAY_SECONDS);
    const split = { until: 0, after: 0 };
    for (const [number, day] of this.#byKey.get(key) ?? []) {
      if (number < today) split.until += day.sum;
      else if (number > today) split.after += day.sum;
      else {
        for (const [at, amount] of day.bySecond) {
          if (at <= second) split.until += amount;
          else split.after += amount;
        }
      }
    }
    return split;
  }
}
