/** What something moves on one account on one day: minor units, debits above zero. */
export type Entry = Readonly<{ account: string; day: string; minor: number }>;

/** What must stand in SL under the id of one Stripe object. */
export type Fact = Readonly<{
  /** The id as SL shows it: of a Stripe object, or `day:2026-03-10`. */
  object: string;
  /** In a word, what was booked. */
  what: string;
  /** The sale whose customer it is about; empty for a journal. */
  family: string;
  entries: readonly Entry[];
  /**
   * What may stand there instead: where the hub saw only the end of something, it books less of the
   * way there. Empty where there is one way.
   */
  instead: readonly (readonly Entry[])[];
}>;

/** Stands for the AR account of whatever customer a document is on. */
export const RECEIVABLE = "ar";

/** A fact that has one way. */
export function fact(
  of: Readonly<{ object: string; what: string; family?: string }>,
  entries: readonly Entry[],
): Fact {
  const { object, what, family = "" } = of;
  return { object, what, family, entries, instead: [] };
}

/** Entries of one day; those of nothing are left out. */
export function onDay(
  day: string,
  amounts: readonly (readonly [account: string, minor: number])[],
): Entry[] {
  return amounts.flatMap(([account, minor]) => (minor === 0 ? [] : [{ account, day, minor }]));
}

/** The same entries taken back on another day. */
export function swapped(entries: readonly Entry[], day: string): Entry[] {
  return entries.map(({ account, minor }) => ({ account, day, minor: -minor }));
}

/** What entries leave on each account on each day, by `day account`; what is even is left out. */
export function totalsOf(entries: readonly Entry[]): ReadonlyMap<string, number> {
  const totals = new Map<string, number>();
  for (const { account, day, minor } of entries) {
    const key = `${day} ${account}`;
    totals.set(key, (totals.get(key) ?? 0) + minor);
  }
  return new Map([...totals].filter(([, minor]) => minor !== 0).toSorted());
}
