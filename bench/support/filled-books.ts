import type { Pool } from "pg";

/** The pair whose books `fillBooks` makes. */
export const FILLED_PAIR = "bench";
/** The clearing account of its documents. */
export const FILLED_CLEARING = { account: "1095", subaccount: "000" } as const;
/** Days that the rows are spread over, the last one `FILLED_DAY`. */
const FILLED_DAYS = 365;
export const FILLED_DAY = "2026-10-31";
/** How many rows a fee journal of a day owns the fee of is whatever the day has. */
const FEE_MINOR = 31;

const ROW_SQL = `
insert into balance_row (pair, row_id, created, currency, category, type, gross, fee, net,
  fee_details, status, available_on, source_id, description, settled_at)
select $1, 'txn_' || n, at, 'USD', 'charge', 'charge', 1000 + n % 5000, ${FEE_MINOR},
  1000 + n % 5000 - ${FEE_MINOR},
  '[{"type": "stripe_fee", "amount": {"minor": "${FEE_MINOR}", "currency": "USD"},
     "description": "Stripe processing fees", "application": ""}]',
  'available', at, 'ch_' || n, 'Order', now()
from generate_series(1, $2::int) n,
  lateral (select $3::timestamptz - (n % ${FILLED_DAYS}) * interval '1 day'
    - interval '1 hour' - (n % 70000) * interval '1 second' as at) t`;

const INTENT_SQL = `
insert into intent (pair, key, lane_key, object, purpose, draft, draft_hash, mapping_version,
  stage, bat_nbr, receipt)
select $1, 'K' || lpad(n::text, 25, 'A'), 'pi_' || n, 'ch_' || n, 'payment',
  jsonb_build_object('kind', 'payment', 'type', 'PA', 'currency', 'USD', 'period', '202610',
    'documentDate', to_char(r.created at time zone 'UTC', 'YYYY-MM-DD'),
    'cash', jsonb_build_object('account', '1095', 'subaccount', '000'),
    'amount', jsonb_build_object('minor', r.gross::text, 'currency', 'USD'),
    'note', repeat('x', 400)),
  'hash', 1, 'done', n::text, jsonb_build_object('type', 'PA', 'batNbr', n::text)
from generate_series(1, $2::int) n join balance_row r on r.pair = $1 and r.row_id = 'txn_' || n`;

const JOURNAL_SQL = `
insert into intent (pair, key, lane_key, object, purpose, draft, draft_hash, mapping_version,
  stage, bat_nbr, receipt)
select $1, 'F' || lpad(translate(day, '-', ''), 25, 'A'), 'day:' || day, 'day:' || day, 'fee',
  jsonb_build_object('kind', 'journal', 'currency', 'USD', 'period', '202610',
    'documentDate', day, 'lines', jsonb_build_array(
      jsonb_build_object('account', jsonb_build_object('account', '1095', 'subaccount', '000'),
        'side', 'credit', 'amount', jsonb_build_object('minor', fees::text, 'currency', 'USD')))),
  'hash', 1, 'done', 'F' || day, jsonb_build_object('type', 'GJ', 'batNbr', 'F' || day)
from (select to_char(created at time zone 'UTC', 'YYYY-MM-DD') as day, sum(fee) as fees
      from balance_row where pair = $1 group by 1) d`;

const OWNER_SQL = `
insert into row_owner (pair, row_id, part, intent_key)
select $1, 'txn_' || n, 'gross', 'K' || lpad(n::text, 25, 'A') from generate_series(1, $2::int) n
union all
select $1, row_id, 'fee',
  'F' || lpad(to_char(created at time zone 'UTC', 'YYYYMMDD'), 25, 'A')
from balance_row where pair = $1`;

/**
 * Books of a year: `rows` charges, each with its payment, and a journal a day that owns the fees.
 */
export async function fillBooks(pool: Pool, rows: number): Promise<void> {
  const until = `${FILLED_DAY}T24:00:00Z`;
  await pool.query("truncate balance_row, row_owner, intent cascade");
  await pool.query(ROW_SQL, [FILLED_PAIR, rows, until]);
  await pool.query(INTENT_SQL, [FILLED_PAIR, rows]);
  await pool.query(JOURNAL_SQL, [FILLED_PAIR]);
  await pool.query(OWNER_SQL, [FILLED_PAIR, rows]);
  await pool.query("vacuum analyze balance_row, row_owner, intent");
}
