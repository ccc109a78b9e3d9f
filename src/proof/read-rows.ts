import type { Pool } from "pg";
import { isCurrency } from "../base/currency.ts";
import { type Money, money } from "../base/money.ts";
import { IS_STILL_LEFT } from "../ledger/index.ts";
import type { PartName, SentDocument } from "./parts.ts";

/** Net of all rows of a currency, before an instant and from it on. */
export type RowSums = Readonly<{
  currency: string;
  before: Money;
  since: Money;
  rowCount: number;
}>;

/** The stored rows of one moment, added up. */
export type StoredRows = Readonly<{
  sums: readonly RowSums[];
  /** When the newest of them was made; undefined where there is none. */
  newest: Date | undefined;
  /** Those that are among the sums and so young that Stripe may still show rows beside them. */
  recent: ReadonlySet<string>;
}>;

/** Stripe may show a row so much later than it was made. */
export const SHOWN_LATE_MS = 10 * 60_000;

/** A row part that no released document owns. */
export type BareRow = Readonly<{
  rowId: string;
  part: PartName;
  created: Date;
  category: string;
  type: string;
  sourceId: string | undefined;
  description: string;
  amount: Money;
  /** The payout that has taken it along, by a list that was read, and when that was made. */
  payout?: Readonly<{ id: string; madeAt: Date }> | undefined;
  /** The lane of its journal, or where it was left alone; with the journal's batch once sent. */
  pinned?: Readonly<{ lane: string; sent: SentDocument | undefined }> | undefined;
  /** Until when it waits for a payout. */
  awaitsUntil?: Date | undefined;
}>;

// One statement sees one moment: a row that is stored meanwhile is in all its answers or in none.
const STORED_SQL = `
with sums as materialized (
  select currency, sum(net) filter (where created < $2)::text as before,
    coalesce(sum(net) filter (where created >= $2), 0)::text as since,
    count(*) filter (where created < $2)::int as rows, max(created) as newest
  from balance_row
  where pair = $1 and balance_type = 'payments' and created >= $3
  group by currency),
newest as materialized (select max(newest) as at from sums)
select s.currency, s.before, s.since, s.rows, n.at as newest, array(
  select r.row_id from balance_row r
  where r.pair = $1 and r.currency = s.currency and r.balance_type = 'payments'
    and r.created >= n.at - $4 * interval '1 ms') as recent
from sums s cross join newest n order by s.currency`;

/**
 * The rows since the pair's start by currency, of those that this version knows; summed from an
 * index alone, as far as the table is vacuumed.
 */
export async function readStoredRows(
  pool: Pool,
  pair: string,
  { until, start }: Readonly<{ until: Date; start: Date | undefined }>,
): Promise<StoredRows> {
  const { rows } = await pool.query<{
    currency: string;
    before: string | null;
    since: string;
    rows: number;
    newest: Date;
    recent: string[];
  }>(STORED_SQL, [pair, until, start ?? "-infinity", SHOWN_LATE_MS]);
  const known = rows.filter(({ currency }) => isCurrency(currency));
  const sums = known.map(({ currency, before, since, rows: rowCount }) => ({
    currency,
    before: money(BigInt(before ?? "0"), currency),
    since: money(BigInt(since), currency),
    rowCount,
  }));
  const recent = new Set(known.flatMap((one) => one.recent));
  return { sums, newest: rows[0]?.newest, recent };
}

const COLUMNS =
  "r.row_id, r.gross, r.fee, r.created, r.category, r.type, r.source_id, r.description, " +
  "r.payout_id, r.fee_awaits_until";

/** Of an intent `i`: something of it was sent, and the hub has not seen it released. */
export const IS_SENT = "i.stage not in ('planned', 'done', 'abandoned')";

/** What was sent, from columns of its intent. */
export function sentDocument(
  { sent_key: key, sent_batch: batNbr }: { sent_key: string | null; sent_batch: string | null },
  isOfPart: boolean,
): SentDocument | undefined {
  return key === null ? undefined : { key, batNbr: batNbr ?? "", isOfPart };
}

const ALL_ROWS = `
  select ${COLUMNS} from balance_row r
  where r.pair = $1 and r.currency = $2 and r.created < $3 and r.balance_type = 'payments'
    and r.created >= $4`;

/** $6 the instant from which all rows are held against their owners, whatever is said of them. */
const SUSPECT_ROWS = `
  ${ALL_ROWS} and r.created >= $6
  union all
  ${ALL_ROWS} and r.created < $6 and r.settled_at is null`;

/**
 * $1 pair, $2 currency, $3 instant, $4 the pair's start, $5 the day that ends then; `rows` may take
 * $6. What a document that was taken back has owned until a later day was owned on this one.
 */
const unownedSql = (rows: string) => `
with rows as materialized (${rows}), bare as materialized (
  select r.*, p.part, p.amount
  from rows r
  cross join lateral (values ('gross', r.gross), ('fee', -r.fee)) as p (part, amount)
  where p.amount <> 0 and not exists (
    select from row_owner o where o.pair = $1 and o.row_id = r.row_id and o.part = p.part)
  and not exists (
    select from former_owner f
    where f.pair = $1 and f.row_id = r.row_id and f.part = p.part and f.until_on > $5)
)
select b.row_id, b.part, b.amount::text as amount, b.created, b.category, b.type, b.source_id,
  b.description, b.payout_id, b.fee_awaits_until, l.made_at as payout_made_at,
  coalesce(j.lane_key, f.lane_key) as pinned_by, s.key as sent_key, s.bat_nbr as sent_batch
from bare b
left join payout_list l on l.pair = $1 and l.payout_id = b.payout_id
left join journal_row j on j.pair = $1 and j.row_id = b.row_id and j.part = b.part
left join left_part f on f.pair = $1 and f.row_id = b.row_id and f.part = b.part
  and ${IS_STILL_LEFT}
left join lateral (
  select i.key, i.bat_nbr from intent i
  where i.pair = $1 and i.object = j.object and i.purpose = j.purpose and i.part = j.journal_part
    and ${IS_SENT}
  order by i.generation desc limit 1) s on true
order by b.created, b.row_id, b.part desc`;

/**
 * Every part that moved the balance before the instant and that no document owns. Earlier rows than
 * `from` are left out once they were seen to be owned: that such a mark is wrong shows in the
 * difference, and without `from` all rows are held against their owners.
 */
export async function readUnowned(
  pool: Pool,
  of: Readonly<{
    pair: string;
    currency: string;
    until: Date;
    /** The day that ends then, `YYYY-MM-DD`. */
    day: string;
    from: Date | undefined;
    /** Rows of before it stand in the opening entries. */
    start: Date | undefined;
  }>,
): Promise<readonly BareRow[]> {
  const { pair, currency, until, day, from, start } = of;
  const [rowsSql, more] = from === undefined ? [ALL_ROWS, []] : [SUSPECT_ROWS, [from]];
  const { rows } = await pool.query<{
    row_id: string;
    part: PartName;
    amount: string;
    created: Date;
    category: string;
    type: string;
    source_id: string | null;
    description: string;
    payout_id: string | null;
    payout_made_at: Date | null;
    pinned_by: string | null;
    sent_key: string | null;
    sent_batch: string | null;
    fee_awaits_until: Date | null;
  }>(unownedSql(rowsSql), [pair, currency, until, start ?? "-infinity", day, ...more]);
  return rows.map((row) => ({
    rowId: row.row_id,
    part: row.part,
    created: row.created,
    category: row.category,
    type: row.type,
    sourceId: row.source_id ?? undefined,
    description: row.description,
    amount: money(BigInt(row.amount), currency),
    payout:
      row.payout_id === null || row.payout_made_at === null
        ? undefined
        : { id: row.payout_id, madeAt: row.payout_made_at },
    pinned:
      row.pinned_by === null ? undefined : { lane: row.pinned_by, sent: sentDocument(row, true) },
    awaitsUntil: row.fee_awaits_until ?? undefined,
  }));
}
