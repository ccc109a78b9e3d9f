import type { Pool } from "pg";
import { isCurrency } from "../base/currency.ts";
import type { LedgerRow } from "../canonical/balance.ts";
import type { PairSettings } from "../config/index.ts";
import { bookingZone, documentDate, PREFUNDING_BALANCE, rowParts } from "../mapping/index.ts";
import { dayLane, startOf } from "./days.ts";
import { IS_STILL_LEFT } from "./left-parts.ts";
import { feesLane, payoutAwaitedUntil, takesFee } from "./payout-fees.ts";
import { ROW_COLUMNS, type StoredRow, toLedgerRow } from "./rows.ts";

/** A part of a row that no document owns yet, with the lane that is to book it. */
export type OpenPart = Readonly<{
  row: LedgerRow;
  part: "gross" | "fee";
  owner: ReturnType<typeof rowParts>[number]["owner"];
  /** Undefined where no run of this version books such rows. */
  laneKey: string | undefined;
  isPrefunding: boolean;
  /** It waits for the row's own gross to be booked, as the fee of a pending charge does. */
  isWaiting: boolean;
  /** Until when it may yet go with a payout; undefined where it waits for none. */
  awaitsUntil: Date | undefined;
}>;

/** An open row with what else decides about it. */
type OpenRow = StoredRow & {
  owned: ("gross" | "fee")[];
  is_prefunding: boolean;
  payout_id: string | null;
  /** Of a payout whose list was read. */
  payout_made_at: Date | null;
  /** The lanes that its parts are pinned to, or left alone in, each after the name of the part. */
  pinned: string[];
};

// Rows whose parts all have their owner are left alone for good, so that the index of the others
// stays small however long the pair lives. An owner is asked for row by row: for an `exists` all
// owners that there ever were would be read into a hash.
const SETTLE_SQL = `
update balance_row b set settled_at = clock_timestamp()
where b.pair = $1 and b.settled_at is null and (b.balance_type <> 'payments' or (
  (b.gross = 0 or (
    select true from row_owner o
    where o.pair = b.pair and o.row_id = b.row_id and o.part = 'gross'))
  and (b.fee = 0 or (
    select true from row_owner o
    where o.pair = b.pair and o.row_id = b.row_id and o.part = 'fee'))))`;

// What failed before it was money leaves two rows that cancel each other, and no document owns
// them. A person may yet resume a parked charge that failed after success: they stay open a while.
const NEVER_MONEY_SQL = `
update balance_row b set settled_at = clock_timestamp()
from (
  select n.source_id from balance_row n
  where n.pair = $1 and n.settled_at is null and n.source_id is not null
  group by n.source_id
  having sum(n.net) = 0 and count(*) > 1
    and max(n.created) < clock_timestamp() - interval '7 days'
    and bool_and(n.category in ('charge', 'charge_failure')
      or n.category = '' and n.type in ('payment', 'payment_failure_refund'))
    and bool_or(n.category = 'charge_failure' or n.type = 'payment_failure_refund')
) as never
where b.pair = $1 and b.settled_at is null and b.source_id = never.source_id and not exists (
  select 1 from balance_row f join row_owner o on o.pair = f.pair and o.row_id = f.row_id
  where f.pair = $1 and f.source_id = never.source_id)`;

// Rows of before the start are in the opening entries. Where the start is moved back, or taken
// away, they are open again.
const BEFORE_START_SQL = `
update balance_row set settled_at = '-infinity'
where pair = $1 and settled_at is null and created < $2`;
const SINCE_START_SQL = `
update balance_row set settled_at = null
where pair = $1 and settled_at = '-infinity' and created >= $2`;

const OPEN_SQL = `
select ${ROW_COLUMNS},
  array(select o.part from row_owner o where o.pair = b.pair and o.row_id = b.row_id) as owned,
  b.source_id is not null and exists (
    select 1 from balance_row s where s.pair = b.pair and s.source_id = b.source_id
      and s.balance_type = '${PREFUNDING_BALANCE}') as is_prefunding,
  b.payout_id, (
    select l.made_at from payout_list l where l.pair = b.pair and l.payout_id = b.payout_id
  ) as payout_made_at,
  array(
    select j.part || ' ' || j.lane_key from journal_row j
    where j.pair = b.pair and j.row_id = b.row_id
    union
    select f.part || ' ' || f.lane_key from left_part f
    where f.pair = b.pair and f.row_id = b.row_id and ${IS_STILL_LEFT}) as pinned
from balance_row b`;

/** Notes which rows have all their owners; to be called before anything is asked of the others. */
export async function settleRows(
  pool: Pool,
  { id, settings }: Readonly<{ id: string; settings: PairSettings }>,
): Promise<void> {
  const start = startOf(settings);
  await pool.query(SINCE_START_SQL, [id, start ?? "-infinity"]);
  if (start !== undefined) await pool.query(BEFORE_START_SQL, [id, start]);
  await pool.query(SETTLE_SQL, [id]);
  await pool.query(NEVER_MONEY_SQL, [id]);
}

/** Where a page of open rows begins, and which rows count. */
export type OpenFilter = Readonly<{
  /** Rows after this one, in the order of their time and id. */
  after?: Readonly<{ created: Date; id: string }>;
  /** Only rows made before it. */
  before?: Date;
  limit: number;
}>;

/** Parts without an owner, oldest first. */
export async function openParts(
  pool: Pool,
  pair: Readonly<{ id: string; settings: PairSettings }>,
  filter: OpenFilter,
): Promise<readonly OpenPart[]> {
  const { after, before, limit } = filter;
  const { rows } = await pool.query<OpenRow>(
    `${OPEN_SQL} where b.pair = $1 and b.settled_at is null
       and (b.created, b.row_id) > ($2::timestamptz, $3) and b.created < $4::timestamptz
     order by b.created, b.row_id limit $5`,
    [pair.id, after?.created ?? new Date(0), after?.id ?? "", before ?? "infinity", limit],
  );
  return rows.flatMap((row) => openPartsOf(row, pair.settings));
}

/** Parts without an owner of the rows made from `from` on and before `until`. */
export async function openPartsBetween(
  pool: Pool,
  pair: Readonly<{ id: string; settings: PairSettings }>,
  span: Readonly<{ from: Date; until: Date }>,
): Promise<readonly OpenPart[]> {
  const { rows } = await pool.query<OpenRow>(
    `${OPEN_SQL} where b.pair = $1 and b.settled_at is null
       and b.created >= $2 and b.created < $3 order by b.created, b.row_id`,
    [pair.id, span.from, span.until],
  );
  return rows.flatMap((row) => openPartsOf(row, pair.settings));
}

/** Parts without an owner of the rows that a payout took along. */
export async function openPartsOfPayout(
  pool: Pool,
  pair: Readonly<{ id: string; settings: PairSettings }>,
  payoutId: string,
): Promise<readonly OpenPart[]> {
  const { rows } = await pool.query<OpenRow>(
    `${OPEN_SQL} where b.pair = $1 and b.settled_at is null and b.payout_id = $2
     order by b.created, b.row_id`,
    [pair.id, payoutId],
  );
  return rows.flatMap((row) => openPartsOf(row, pair.settings));
}

/** Parts without an owner of these rows. */
export async function openPartsAmong(
  pool: Pool,
  pair: Readonly<{ id: string; settings: PairSettings }>,
  rowIds: readonly string[],
): Promise<readonly OpenPart[]> {
  const { rows } = await pool.query<OpenRow>(
    `${OPEN_SQL} where b.pair = $1 and b.row_id = any ($2::text[]) order by b.created, b.row_id`,
    [pair.id, rowIds],
  );
  return rows.flatMap((row) => openPartsOf(row, pair.settings));
}

/** Rows that this pair may wake a lane for now, longest unasked first. */
export async function rowsToWake(
  pool: Pool,
  pair: Readonly<{ id: string; settings: PairSettings }>,
  limits: Readonly<{ graceMs: number; againMs: number; limit: number }>,
): Promise<readonly OpenPart[]> {
  const { graceMs, againMs, limit } = limits;
  const { rows } = await pool.query<OpenRow>(
    `${OPEN_SQL} where b.pair = $1 and b.settled_at is null
       and b.held_for is null and b.read_at < clock_timestamp() - $2 * interval '1 millisecond'
       and (b.woken_at is null or b.woken_at < clock_timestamp() - $3 * interval '1 millisecond')
     order by b.woken_at nulls first, b.created limit $4`,
    [pair.id, graceMs, againMs, limit],
  );
  return rows.flatMap((row) => openPartsOf(row, pair.settings));
}

/** Kinds whose fee stays with them: what never becomes money costs nothing either. */
const PENDING = new Set(["payment", "return"]);

function openPartsOf(stored: OpenRow, settings: PairSettings): readonly OpenPart[] {
  const row = toLedgerRow(stored);
  const parts = rowParts(row, settings, stored.is_prefunding);
  const open = parts.filter(({ part }) => !stored.owned.includes(part));
  const gross = parts.find(({ part }) => part === "gross");
  const isGrossOpen = open.some(({ part }) => part === "gross");
  const payoutId = payoutTaking(stored, settings);
  return open.map(({ part, owner }) => {
    const pinned = stored.pinned.find((one) => one.startsWith(`${part} `))?.slice(part.length + 1);
    const withPayout = owner === "fee" ? payoutId : undefined;
    const own = withPayout === undefined ? laneOf(row, owner, settings) : feesLane(withPayout);
    // A version that knows the currency gives it its lane.
    const laneKey = isCurrency(row.gross.currency) ? (pinned ?? own) : undefined;
    const isFree = owner === "fee" && pinned === undefined && withPayout === undefined;
    return {
      ...{ row, part, owner, laneKey, isPrefunding: stored.is_prefunding },
      isWaiting: part === "fee" && isGrossOpen && PENDING.has(gross?.owner ?? ""),
      awaitsUntil: isFree ? payoutAwaitedUntil(row.created, settings) : undefined,
    };
  });
}

/** The payout that the row's fee goes with: one that was made too late takes none. */
function payoutTaking(
  { payout_id: id, payout_made_at: madeAt, created }: OpenRow,
  settings: PairSettings,
): string | undefined {
  const isTaken = id !== null && madeAt !== null && takesFee(madeAt, created, settings);
  return isTaken ? id : undefined;
}

/** Sources whose lanes this version works: all else is booked by the journals of its day. */
export const WORKED_SOURCES = /^(ch|py|re|pyr|dp|du|po|tu|ibt)_/;

function laneOf(
  row: LedgerRow,
  owner: OpenPart["owner"],
  settings: PairSettings,
): string | undefined {
  if (owner === "fee" || owner === "category") {
    return dayLane(documentDate(row.created, bookingZone(settings)));
  }
  const source = row.sourceId ?? "";
  return WORKED_SOURCES.test(source) ? source : undefined;
}
