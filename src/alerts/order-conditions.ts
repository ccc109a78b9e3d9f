import type { Pool } from "pg";
import { counted } from "../base/counted.ts";
import { type Condition, RECORDS_SHOWN } from "./rules.ts";

const LEFT_SQL = `
select pair, count(*)::int as count,
  (array_agg(order_number order by left_since))[1:$1] as records
from sales_order where left_due_at <= now() group by pair`;

/** Money of closed sales orders that no document took within the days of their pair. */
export async function orderConditions(pool: Pool): Promise<Condition[]> {
  const { rows } = await pool.query<{ pair: string; count: number; records: string[] }>(LEFT_SQL, [
    RECORDS_SHOWN,
  ]);
  return rows.map(({ pair, count, records }) => ({
    rule: "order-left",
    pair,
    key: "",
    title: `money of ${counted(count, "closed order", "closed orders")} has no document`,
    cure: `Refund it at Stripe, or apply it in SL (slipway orders list --left --pair ${pair})`,
    records: records.map((number) => `order ${number}`),
    count,
  }));
}

const CREDIT_SQL = `
select u.pair, count(*)::int as count,
  (array_agg(u.object || ' CM ' || u.ref_nbr order by u.since))[1:$1] as records
from unapplied u
join intent i on i.pair = u.pair and i.key = u.intent_key
where u.cleared_at is null and i.purpose = 'refund-back-cash' group by u.pair`;

/** Money of refunds that failed, which waits to be paid out another way. */
export async function creditConditions(pool: Pool): Promise<Condition[]> {
  const { rows } = await pool.query<{ pair: string; count: number; records: string[] }>(
    CREDIT_SQL,
    [RECORDS_SHOWN],
  );
  return rows.map(({ pair, count, records }) => ({
    rule: "refund-failed",
    pair,
    key: "",
    title: `${counted(count, "refund", "refunds")} failed, and the customer has not got the money`,
    cure: "Pay it another way: refund it again at Stripe, or pay it out in SL against the memo.",
    records,
    count,
  }));
}
