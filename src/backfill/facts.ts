import type { MoneyRow } from "../canonical/balance.ts";
import { dayLane, dayOfLane, type LedgerPair, spanOfDay } from "../ledger/index.ts";
import { bookingZone, documentDate, rowParts } from "../mapping/index.ts";

/** A lane that is to be worked, and the rows that lead to it. */
export type Fact = Readonly<{ laneKey: string; at: Date; rowIds: readonly string[] }>;

/** Which parts of rows have their owner, by `row part`. */
export type Owned = ReadonlySet<string>;

/**
 * The lanes that are to book what nobody owns of these rows: that of the sale, payout or top-up,
 * and that of the day, which comes after all else of its day.
 */
export function factsOf(
  rows: readonly MoneyRow[],
  pair: LedgerPair,
  owned: Owned,
): readonly Fact[] {
  const found = new Map<string, { at: Date; rowIds: string[] }>();
  const add = (laneKey: string, at: Date, rowId: string) => {
    const known = found.get(laneKey);
    if (known === undefined) found.set(laneKey, { at, rowIds: [rowId] });
    else {
      known.rowIds.push(rowId);
      if (at < known.at) known.at = at;
    }
  };
  const zone = bookingZone(pair.settings);
  for (const { row, laneKey } of rows) {
    if (row.balanceType !== "payments") continue;
    for (const { part, owner } of rowParts(row, pair.settings)) {
      if (owned.has(`${row.id} ${part}`)) continue;
      if (owner === "fee" || owner === "category") {
        const date = documentDate(row.created, zone);
        add(dayLane(date), spanOfDay(date, zone).until, row.id);
      } else if (laneKey !== undefined) add(laneKey, row.created, row.id);
    }
  }
  return [...found].map(([laneKey, { at, rowIds }]) => {
    return { laneKey, at, rowIds: [...new Set(rowIds)] };
  });
}

/** A day waits for all else of it, or its fees would come in several journals. */
export function isDay({ laneKey }: Pick<Fact, "laneKey">): boolean {
  return dayOfLane(laneKey) !== undefined;
}
