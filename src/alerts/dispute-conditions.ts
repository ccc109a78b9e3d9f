import type { Pool } from "pg";
import { counted } from "../base/counted.ts";
import type { AlertSettings } from "../config/index.ts";
import { type Condition, RECORDS_SHOWN } from "./rules.ts";

// What is over is lost by Stripe's own word soon after; until then the clerk may still be in time.
const DUE_SQL = `
select pair, count(*)::int as count,
  (array_agg(dispute_id || ' until ' || to_char(evidence_due_at at time zone 'UTC',
    'YYYY-MM-DD HH24:MI') || ' UTC' order by evidence_due_at))[1:$1] as records
from dispute
where stage in ('inquiry', 'open') and status like '%needs_response' and not has_evidence
  and evidence_due_at between now() and now() + $2::int * interval '1 day'
group by pair`;

// Nothing takes it back once the money is lost: after a month it is no news any more.
const OVER_SQL = `
select pair, count(distinct charge_id)::int as count,
  (array_agg(distinct charge_id))[1:$1] as records
from dispute where is_over and changed_at > now() - interval '30 days' group by pair`;

type Grouped = { pair: string; count: number; records: string[] };

/** Disputes that a person has to see to: evidence that is due, and money that is gone twice. */
export async function disputeConditions(
  pool: Pool,
  limits: AlertSettings["limits"],
): Promise<Condition[]> {
  const due = await pool.query<Grouped>(DUE_SQL, [RECORDS_SHOWN, limits.disputeEvidence]);
  const over = await pool.query<Grouped>(OVER_SQL, [RECORDS_SHOWN]);
  return [
    ...due.rows.map(
      (row): Condition => ({
        ...row,
        rule: "dispute-evidence",
        key: "",
        title: `evidence for ${counted(row.count, "dispute is", "disputes are")} due`,
        cure: `Submit it at Stripe, or accept (slipway disputes --open --pair ${row.pair})`,
      }),
    ),
    ...over.rows.map(
      (row): Condition => ({
        ...row,
        rule: "dispute-over",
        key: "",
        title:
          `refunds and disputes take more of ${counted(row.count, "charge", "charges")} ` +
          "than was charged",
        cure:
          "Answer the dispute with the refund as evidence, and get the rest from the buyer " +
          `(slipway disputes --over --pair ${row.pair})`,
      }),
    ),
  ];
}
