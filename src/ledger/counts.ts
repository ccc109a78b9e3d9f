import type { Pool } from "pg";
import type { Money } from "../base/money.ts";
import { WORKED_SOURCES } from "./open-rows.ts";

/** From then on a row without an owner is late: its day is over, and its journals are booked. */
const LATE_HOURS = 36;
/** The longest day, and the time that its journals may take once `journal-delay` has passed. */
const DAY_AND_BOOKING_HOURS = 25 + 9;
/** A summary may come that many hours after its day: what waits for it is late so much later. */
const SUMMARY_DELAY_MAX_HOURS = 48;
/** Bank debits are rows for weeks before they are money; nothing owns them until then. */
const PENDING_DAYS = 35;

/** A pair, and how many hours after a day its journals are booked. */
export type JournalPair = Readonly<{ id: string; journalDelay: number }>;

/** Rows of a pair that lack an owner of a part. */
export type OpenCount = Readonly<{
  pair: string;
  open: number;
  late: number;
  /** The first late ones. */
  lateIds: readonly string[];
}>;

/** What a word or a rule leaves alone for good: held back, it would be booked one day. */
const LEFT_ALONE = "'skip', 'filter', 'not-allowed', 'mode'";

// The first of these are booked by a run of their own as soon as they come, but for their fees; all
// others by the journals of their day.
const IS_OF_DAY = `(
  coalesce(b.source_id, '') !~ '${WORKED_SOURCES.source}' or exists (
    select from row_owner o
    where o.pair = b.pair and o.row_id = b.row_id and o.part = 'gross'))`;

// The lane of a row is that of its object's newest event.
const LANE = `coalesce(
  (select e.lane_key from event e where e.pair = b.pair and e.object_id = b.source_id
     and e.lane_key is not null order by e.seq desc limit 1),
  b.source_id)`;

// A row of a sale that is left alone has no document and needs none: `slipway held` lists it, and
// so does line 1 of the proof, its fee with it. Nor does one that somebody has booked by hand, and
// has matched with that.
const OPEN_SQL = `
select pair, count(*)::int as open, count(*) filter (where is_late)::int as late,
  coalesce((array_agg(row_id order by created) filter (where is_late))[1:$3], '{}') as "lateIds"
from (
  select b.pair, b.row_id, b.created, b.created < clock_timestamp() - case
      when b.category in ('charge', 'charge_failure', 'partial_capture_reversal')
        or b.category = '' and b.type in ('charge', 'payment', 'payment_failure_refund')
      then $2 * interval '1 day'
      when ${IS_OF_DAY} then greatest(
        $1, ${DAY_AND_BOOKING_HOURS} + coalesce(($5::jsonb ->> b.pair)::int, 0)) * interval '1 hour'
      else $1 * interval '1 hour' end
    and not (
      b.fee_awaits_until is not null
      and b.fee_awaits_until > clock_timestamp() - $1 * interval '1 hour'
      -- Of a row that is a fee itself the gross waits; all others have theirs booked at once.
      and (b.fee = 0 or exists (
        select from row_owner o
        where o.pair = b.pair and o.row_id = b.row_id and o.part = 'gross')))
    and not exists (
      select from held h
      where h.pair = b.pair and h.kind in (${LEFT_ALONE}) and h.lane_key = ${LANE})
    and not (
      b.created > clock_timestamp() - ($1 + $4) * interval '1 hour'
      -- With its sale, whatever has come to that, it waits for the summary of a day.
      and exists (
        select from intent c where c.pair = b.pair and c.stage = 'collected'
          and (c.object = b.source_id or c.lane_key = ${LANE})))
    and not exists (
      select from proof_match m
      where m.pair = b.pair and m.undone_at is null and b.row_id = any (m.finding_ids)) as is_late
  from balance_row b where b.settled_at is null and b.balance_type = 'payments'
) as open_row
group by pair order by pair`;

/**
 * Counts rows without an owner, for metrics and alerts, and names so many late ones of each pair.
 *
 * @param pairs what a day's journals take is late as much later as they wait
 */
export async function countOpenRows(
  pool: Pool,
  pairs: readonly JournalPair[],
  named: number,
): Promise<readonly OpenCount[]> {
  const delays = Object.fromEntries(pairs.map(({ id, journalDelay }) => [id, journalDelay]));
  const limits = [LATE_HOURS, PENDING_DAYS, named, SUMMARY_DELAY_MAX_HOURS];
  const values = [...limits, JSON.stringify(delays)];
  return (await pool.query<OpenCount>(OPEN_SQL, values)).rows;
}

/** Rows of one of Stripe's other balances, which no document is to own. */
export type RowsBeside = Readonly<{
  pair: string;
  balance: string;
  currency: string;
  count: number;
  net: Money;
  /** The newest few. */
  ids: readonly string[];
}>;

const BESIDE_SQL = `
select pair, balance_type as balance, currency, count(*)::int as count, sum(net)::text as net,
  (array_agg(row_id order by created desc))[1:5] as ids
from balance_row
where pair = any ($1::text[]) and balance_type <> 'payments'
  and created > clock_timestamp() - interval '35 days'
group by 1, 2, 3 order by 1, 2, 3`;

/** What has moved Stripe's other balances in the last 35 days. */
export async function countBeside(
  pool: Pool,
  pairs: readonly string[],
): Promise<readonly RowsBeside[]> {
  type Row = Omit<RowsBeside, "net"> & { net: string };
  const { rows } = await pool.query<Row>(BESIDE_SQL, [pairs]);
  return rows.map(({ net, ...one }) => {
    return { ...one, net: { minor: BigInt(net), currency: one.currency } };
  });
}

/** Rows that were booked on suspense in the last week, by pair. */
export async function countSuspense(
  pool: Pool,
  named: number,
): Promise<readonly Readonly<{ pair: string; count: number; ids: readonly string[] }>[]> {
  const { rows } = await pool.query<{ pair: string; count: number; ids: string[] }>(
    `select pair, count(*)::int as count, (array_agg(row_id order by planned_at))[1:$1] as ids
     from journal_row where is_suspense and planned_at > clock_timestamp() - interval '7 days'
     group by pair`,
    [named],
  );
  return rows;
}
