import type { Pool } from "pg";
import { present } from "../../base/assert.ts";
import { fromDecimal, type Money, toDecimal } from "../../base/money.ts";
import { type ClaimedLane, FENCE_CTE, fenced } from "../../lanes/index.ts";

/** How far an order is. */
export type OrderState = "held" | "open" | "closed" | "cancelled";

/** A document of an order as SL shows it. */
export type LedgerDocument = Readonly<{
  type: string;
  refNbr: string;
  batNbr: string;
  amount: Money;
  /** What of it is still open: of a payment what is unapplied, of an invoice what is unpaid. */
  open: Money;
  period: string;
  documentDate: string;
  /** The shipments that an invoice is for. */
  shippers: readonly string[];
}>;

/** The money of an order: what was paid is applied, refunded or left. */
export type OrderLedger = Readonly<{
  object: string;
  orderNumber: string;
  customerId: string;
  customerOrderNumber: string;
  paid: Money;
  applied: Money;
  refunded: Money;
  left: Money;
  state: OrderState;
  /** In words; empty where it waits for nothing. */
  waitsFor: string;
  documents: readonly LedgerDocument[];
}>;

/** Ages by the database's clock, and whether the order was seen otherwise than before. */
export type LedgerSaved = Readonly<{ ageMs: number; sinceChangeMs: number; hasChanged: boolean }>;

type SavedRow = { age_ms: number; since_change_ms: number; has_changed: boolean };

const SAVE_SQL = `
with ${FENCE_CTE}, saved as (
  insert into sales_order as o (pair, lane_key, object, order_number, customer_id,
    customer_order_number, currency, paid, applied, refunded, left_over, state, waits_for,
    documents, left_since, left_due_at)
  select $1, $2, $5, $6, $7, $8, $9, $10::bigint, $11::bigint, $12::bigint, $13::bigint, $14, $15,
    $16::jsonb, case when $17 then now() end,
    case when $17 then now() + $18::int * interval '1 day' end
  from fence
  on conflict (pair, object) do update
    set order_number = excluded.order_number, customer_id = excluded.customer_id,
      customer_order_number = excluded.customer_order_number, paid = excluded.paid,
      applied = excluded.applied, refunded = excluded.refunded, left_over = excluded.left_over,
      state = excluded.state, waits_for = excluded.waits_for, documents = excluded.documents,
      looked_at = now(),
      changed_at = case when o.state = excluded.state and o.left_over = excluded.left_over
        and o.documents = excluded.documents and o.order_number = excluded.order_number
        then o.changed_at else now() end,
      left_since = case when $17 then coalesce(o.left_since, now()) end,
      left_due_at = case when $17 then
        coalesce(o.left_since, now()) + $18::int * interval '1 day' end
  returning placed_at, changed_at, looked_at
)
select (extract(epoch from clock_timestamp() - placed_at) * 1000)::float8 as age_ms,
  (extract(epoch from clock_timestamp() - changed_at) * 1000)::float8 as since_change_ms,
  changed_at >= looked_at as has_changed
from saved`;

/**
 * Saves what an order's money looks like now. Money that is left of a closed order is overdue after
 * `leftDays`.
 *
 * @throws HubError `lane.fenced` when another worker has the lane
 */
export async function saveLedger(
  pool: Pool,
  lane: ClaimedLane,
  { leftDays, ...ledger }: OrderLedger & Readonly<{ leftDays: number }>,
): Promise<LedgerSaved> {
  const { paid, applied, refunded, left, state, waitsFor } = ledger;
  const isLeft = (state === "closed" || state === "cancelled") && left.minor > 0n;
  const values = [
    ...[lane.pair, lane.key, lane.owner, lane.attempt],
    ...[ledger.object, ledger.orderNumber, ledger.customerId, ledger.customerOrderNumber],
    ...[paid.currency, paid.minor, applied.minor, refunded.minor, left.minor].map(String),
    ...[state, waitsFor, JSON.stringify(ledger.documents.map(documentRow)), isLeft],
    leftDays,
  ];
  const { rows, rowCount } = await pool.query<SavedRow>(SAVE_SQL, values);
  if (rowCount === 0) throw fenced(lane);
  const row = present(rows[0], "The saved order");
  return {
    ageMs: row.age_ms,
    sinceChangeMs: row.since_change_ms,
    hasChanged: row.has_changed,
  };
}

/** Says what an order waits for, where a run does not read its money. */
export async function saveWait(
  pool: Pool,
  lane: ClaimedLane,
  { object, waitsFor }: Pick<OrderLedger, "object" | "waitsFor">,
): Promise<void> {
  await pool.query(
    `with ${FENCE_CTE}
     update sales_order set waits_for = $6, looked_at = now()
     where pair = $1 and object = $5 and exists (select 1 from fence)`,
    [lane.pair, lane.key, lane.owner, lane.attempt, object, waitsFor],
  );
}

function documentRow({ amount, open, ...document }: LedgerDocument) {
  return { ...document, amount: toDecimal(amount), open: toDecimal(open) };
}

type DocumentRow = Omit<LedgerDocument, "amount" | "open"> &
  Readonly<{ amount: string; open: string }>;

/** The documents of an order as its last run has seen them; none before the first. */
export async function readLedgerDocuments(
  pool: Pool,
  pair: string,
  object: string,
): Promise<readonly LedgerDocument[]> {
  const { rows } = await pool.query<{ currency: string; documents: DocumentRow[] }>(
    "select currency, documents from sales_order where pair = $1 and object = $2",
    [pair, object],
  );
  return rows.flatMap(({ currency, documents }) =>
    documents.map((document) => ({
      ...document,
      amount: fromDecimal(document.amount, currency),
      open: fromDecimal(document.open, currency),
    })),
  );
}
