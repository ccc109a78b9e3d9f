import type { Pool } from "pg";
import { counted } from "../base/counted.ts";
import { countOpenRows, countSuspense, type JournalPair } from "../ledger/index.ts";
import { type Condition, RECORDS_SHOWN } from "./rules.ts";

/** Balance transactions that no document owns, and those that stand on suspense. */
export async function rowConditions(
  pool: Pool,
  pairs: readonly JournalPair[],
): Promise<Condition[]> {
  const [open, suspense] = await Promise.all([
    countOpenRows(pool, pairs, RECORDS_SHOWN),
    countSuspense(pool, RECORDS_SHOWN),
  ]);
  const late = open.filter((one) => one.late > 0);
  return [
    ...late.map(({ pair, late: count, lateIds }): Condition => {
      const has = counted(count, "balance transaction has", "balance transactions have");
      return {
        rule: "rows-unowned",
        pair,
        key: "",
        title: `${has} no document in SL`,
        cure: `slipway rows unowned --late --pair ${pair} names each with what it waits for.`,
        records: lateIds,
        count,
      };
    }),
    ...suspense.map(({ pair, count, ids }): Condition => {
      const were = counted(count, "balance transaction was", "balance transactions were");
      return {
        rule: "rows-suspense",
        pair,
        key: "",
        title: `${were} booked on suspense in the last week: no known kind, or no account for it`,
        cure:
          "Name the account in categories: or accounts: of the pair, and clear suspense in SL; " +
          "slipway close looks whether it is empty.",
        records: ids,
        count,
      };
    }),
  ];
}
