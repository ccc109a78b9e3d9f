import type { Pool } from "pg";
import { counted } from "../base/counted.ts";
import { type Condition, RECORDS_SHOWN } from "./rules.ts";

/** How long a look may be due, however often there is one. */
const LATE_HOURS = 30;
/** Looks are taken again every ten minutes: what they all came upon is no passing trouble. */
const TROUBLE_HOURS = 2;

const OPEN_SQL = `
select pair, count(*)::int as count,
  (array_agg(id || ' ' || kind || ': ' || document order by id desc))[1:$1] as records
from watch_finding where state = 'open' group by pair`;

/** An SL that does not answer is told once, by the circuit. */
const BEHIND_SQL = `
select r.pair, r.trouble, r.trouble_cure as cure from watch_round r
where (r.trouble_since < clock_timestamp() - make_interval(hours => $2)
    or r.due_at < clock_timestamp() - make_interval(hours => $1))
  and not exists (select from pair_state s where s.pair = r.pair and s.circuit = 'open')`;

type Grouped = { pair: string; count: number; records: string[] };
type Behind = { pair: string; trouble: string | null; cure: string | null };

/** Documents that somebody changed in SL, and pairs whose documents could not be compared. */
export async function watchConditions(pool: Pool): Promise<Condition[]> {
  const open = await pool.query<Grouped>(OPEN_SQL, [RECORDS_SHOWN]);
  const behind = await pool.query<Behind>(BEHIND_SQL, [LATE_HOURS, TROUBLE_HOURS]);
  return [
    ...open.rows.map(
      (row): Condition => ({
        ...row,
        rule: "tampered",
        key: "",
        title:
          `${counted(row.count, "document was", "documents were")} changed or doubled in SL ` +
          "by somebody",
        cure: `slipway watch ${row.pair} --list shows what was and what is; heal or accept each.`,
      }),
    ),
    ...behind.rows.map(
      ({ pair, trouble, cure }): Condition => ({
        ...{ rule: "watch-behind", pair, key: "", records: [], count: 1 },
        title: `SL's documents could not be compared: ${trouble ?? "no look has ended"}`,
        cure: cure ?? `See whether a hub runs, then slipway watch ${pair}.`,
      }),
    ),
  ];
}
