import type { Pool } from "pg";
import { type Money, toDecimal } from "../../base/money.ts";
import { type ClaimedLane, FENCE_CTE } from "../../lanes/index.ts";
import type { PairRuntime } from "../pair-runtime.ts";

/** Money on a document in SL that nothing has taken. */
export type Unapplied = Readonly<{
  pair: string;
  laneKey: string;
  intentKey: string;
  /** The charge; of a credit memo the refund or credit note. */
  object: string;
  customerId: string;
  /** `PA`, or `CM` where the money of a refund came back or a credit note left some open. */
  type: string;
  refNbr: string;
  /** As SL had it at the newest look. */
  open: Money;
  since: Date;
  lookedAt: Date;
}>;

/** $5 intent, $6 object, $7 customer, $8 number, $9 currency, $10 minor units, $11 type. */
const SAVE_SQL = `
with ${FENCE_CTE}
insert into unapplied (pair, lane_key, intent_key, object, customer_id, ref_nbr, currency, minor,
  type, cleared_at)
select $1, $2, $5, $6, $7, $8, $9, $10::bigint, $11, case when $10::bigint = 0 then now() end
from fence
on conflict (pair, intent_key) do update
  set minor = excluded.minor, looked_at = now(), cleared_at = excluded.cleared_at`;

/** Notes what a document has left, or that it has nothing left any more. */
export async function noteUnapplied(
  pool: Pool,
  lane: ClaimedLane,
  left: Readonly<{
    intentKey: string;
    object: string;
    customerId: string;
    /** Default: a payment (`PA`). */
    type?: string;
    refNbr: string;
    open: Money;
  }>,
): Promise<void> {
  const { intentKey, object, customerId, refNbr, open, type = "PA" } = left;
  const money = [open.currency, open.minor.toString()];
  const values = [intentKey, object, customerId, refNbr, ...money, type];
  await pool.query(SAVE_SQL, [lane.pair, lane.key, lane.owner, lane.attempt, ...values]);
}

type UnappliedRow = {
  pair: string;
  lane_key: string;
  intent_key: string;
  object: string;
  customer_id: string;
  type: string;
  ref_nbr: string;
  currency: string;
  minor: string;
  since: Date;
  looked_at: Date;
};

const LIST_SQL = `
select pair, lane_key, intent_key, object, customer_id, type, ref_nbr, currency,
  minor::text as minor, since, looked_at
from unapplied
where cleared_at is null and ($1::text is null or pair = $1)
order by since, pair, intent_key limit $2`;

const LISTED_MAX = 1_000;

/** Payments with money left, the oldest first, as SL had them when it was looked at last. */
export async function listUnapplied(
  pool: Pool,
  wanted: Readonly<{ pair?: string | undefined; limit?: number }> = {},
): Promise<readonly Unapplied[]> {
  const { pair = null, limit = LISTED_MAX } = wanted;
  const { rows } = await pool.query<UnappliedRow>(LIST_SQL, [pair, limit]);
  return rows.map((row) => ({
    pair: row.pair,
    laneKey: row.lane_key,
    intentKey: row.intent_key,
    object: row.object,
    customerId: row.customer_id,
    type: row.type,
    refNbr: row.ref_nbr,
    open: { minor: BigInt(row.minor), currency: row.currency },
    since: row.since,
    lookedAt: row.looked_at,
  }));
}

const LOOK_SQL = `
update unapplied
set minor = $3::bigint, looked_at = now(), cleared_at = case when $3::bigint = 0 then now() end
where pair = $1 and intent_key = $2`;

const DUE_SQL = `
select intent_key as "intentKey", customer_id as "customerId", type, ref_nbr as "refNbr"
from unapplied
where pair = $1 and cleared_at is null and looked_at < now() - interval '1 hour'
order by looked_at limit $2`;

type Due = Pick<Unapplied, "intentKey" | "customerId" | "type" | "refNbr">;

/** How many payments one look reads; each is a call. */
const LOOKED_MAX = 20;

/**
 * Reads again in SL, hourly, what the listed payments of a pair have left: what was applied or
 * refunded meanwhile leaves the list. The pair must be one that may call SL outside of lanes.
 */
export async function lookAtUnapplied(
  pool: Pool,
  pair: Pick<PairRuntime, "id" | "erp">,
  signal?: AbortSignal,
): Promise<void> {
  const due = await pool.query<Due>(DUE_SQL, [pair.id, LOOKED_MAX]);
  for (const { customerId, type, refNbr, intentKey } of due.rows) {
    const shown = await pair.erp.readReleased(type, customerId, refNbr, signal);
    if (shown === undefined) continue;
    await pool.query(LOOK_SQL, [pair.id, intentKey, shown.balance.minor.toString()]);
  }
}

/** In words: `50.00 USD of payment KY3E3RUCE5`. */
export function unappliedText({ open, refNbr }: Pick<Unapplied, "open" | "refNbr">): string {
  return `${toDecimal(open)} ${open.currency} of payment ${refNbr}`;
}
