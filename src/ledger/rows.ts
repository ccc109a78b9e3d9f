import type { Pool, PoolClient } from "pg";
import { toJson } from "../base/json.ts";
import type { Money } from "../base/money.ts";
import type { FeeDetail, LedgerRow } from "../canonical/balance.ts";

/** A statement goes to the pool alone, or into somebody's transaction. */
export type Queryable = Pool | PoolClient;

/** A row of `balance_row` as it is read. */
type StoredRow = {
  id: string;
  created: Date;
  currency: string;
  category: string;
  type: string;
  gross: string;
  fee: string;
  net: string;
  fee_details: StoredDetail[];
  balance_type: string;
  status: string;
  available_on: Date | null;
  source_id: string | null;
  description: string;
  exchange_rate: string | null;
};

type StoredDetail = Omit<FeeDetail, "amount"> &
  Readonly<{ amount: Readonly<{ minor: string; currency: string }> }>;

/** The columns that `toLedgerRow` reads, of the table under this name. */
export const ROW_COLUMNS = `b.row_id as id, b.created, b.currency, b.category, b.type,
  b.gross::text, b.fee::text, b.net::text, b.fee_details, b.balance_type, b.status, b.available_on,
  b.source_id, b.description, b.exchange_rate`;

const KEEP_SQL = `
insert into balance_row (pair, row_id, created, currency, category, type, gross, fee, net,
  fee_details, balance_type, status, available_on, source_id, description, exchange_rate)
select $1, r.id, r.created, r.currency, r.category, r.type, r.gross, r.fee, r.net,
  r.details, r."balanceType", r.status, r."availableOn", r."sourceId", r.description, r.rate
from jsonb_to_recordset($2::jsonb) as r(
  id text, created timestamptz, currency text, category text, type text, gross bigint, fee bigint,
  net bigint, details jsonb, "balanceType" text, status text, "availableOn" timestamptz,
  "sourceId" text, description text, rate text)
order by r.id
on conflict (pair, row_id) do nothing`;

/** Keeps rows; one that is kept already stays as it is. */
export async function keepRows(
  tx: Queryable,
  pair: string,
  rows: readonly LedgerRow[],
): Promise<void> {
  if (rows.length > 0) await tx.query(KEEP_SQL, [pair, toJson(rows.map(toStored))]);
}

/** Which of these ids are kept. */
export async function knownRows(
  pool: Pool,
  pair: string,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await pool.query<{ id: string }>(
    "select row_id as id from balance_row where pair = $1 and row_id = any ($2::text[])",
    [pair, ids],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Every row of a source that is kept, oldest first. */
export async function rowsOfSource(
  pool: Pool,
  pair: string,
  sourceId: string,
): Promise<readonly LedgerRow[]> {
  const { rows } = await pool.query<StoredRow>(
    `select ${ROW_COLUMNS} from balance_row b where b.pair = $1 and b.source_id = $2
     order by b.created, b.row_id`,
    [pair, sourceId],
  );
  return rows.map(toLedgerRow);
}

function toStored(row: LedgerRow): Readonly<Record<string, unknown>> {
  const { gross, fee, net, feeDetails, exchangeRate, ...rest } = row;
  return {
    ...rest,
    currency: gross.currency,
    gross: gross.minor,
    fee: fee.minor,
    net: net.minor,
    details: feeDetails,
    rate: exchangeRate,
  };
}

/** The row as Stripe told it, also in a currency that this version does not know. */
export function toLedgerRow(row: StoredRow): LedgerRow {
  const { currency } = row;
  const amount = (minor: string): Money => ({ minor: BigInt(minor), currency });
  return {
    id: row.id,
    created: row.created,
    category: row.category,
    type: row.type,
    gross: amount(row.gross),
    fee: amount(row.fee),
    net: amount(row.net),
    feeDetails: row.fee_details.map((detail) => ({
      ...detail,
      amount: { minor: BigInt(detail.amount.minor), currency: detail.amount.currency },
    })),
    balanceType: row.balance_type,
    status: row.status,
    availableOn: row.available_on ?? undefined,
    sourceId: row.source_id ?? undefined,
    description: row.description,
    exchangeRate: row.exchange_rate ?? undefined,
  };
}

/** What `ROW_COLUMNS` selects. */
export type { StoredRow };
