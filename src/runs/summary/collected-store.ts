import type { Pool } from "pg";
import { type IntentIdentity, intentKey } from "../../base/ids.ts";
import { fingerprint, fromJson, toJson } from "../../base/json.ts";
import { withTransaction } from "../../db/index.ts";
import { type ClaimedLane, guardLane, lockLanes, wakeLanes } from "../../lanes/index.ts";
import type { LinkKind } from "../../links/index.ts";
import { type Collected, MAPPING_VERSION } from "../../mapping/index.ts";
import type { Dismissal } from "../dismissal.ts";
import type { DocumentReceipt } from "../write/intent.ts";

/** What a day's documents are made of: sales, or refunds of that same day. */
export type SummaryKind = "sale" | "refund";

/** Which documents of its day a sale or refund can be in. */
export type SummaryBook = Readonly<{
  day: string;
  kind: SummaryKind;
  currency: string;
  customerId: string;
  accounts: string;
}>;

type Slot = Omit<IntentIdentity, "pair" | "generation">;

/** A document to collect: its draft is made for the key that it would have by itself. */
export type ToCollect = Readonly<{
  slot: Slot;
  make: (key: string) => Readonly<{ draft: Collected; notes: readonly string[] }>;
}>;

const COLLECT_SQL = `
with made as (
  insert into intent (pair, lane_key, key, object, purpose, part, draft, draft_hash,
    mapping_version, notes, stage)
  select $1, $2, c.key, c.object, c.purpose, c.part, c.draft, c.hash, $4, c.notes, 'collected'
  from jsonb_to_recordset($3::jsonb) as c (key text, object text, purpose text, part text,
    draft jsonb, hash text, notes jsonb)
  returning key)
insert into collected_document (pair, intent_key, lane_key, day, kind, currency, customer_id,
  accounts)
select $1, key, $2, $5, $6, $7, $8, $9 from made`;

/**
 * Keeps the documents of a sale or refund for those of its day, all of them or none.
 *
 * @throws HubError `lane.fenced` when another worker has the lane
 */
export async function collect(
  pool: Pool,
  lane: ClaimedLane,
  { book, documents }: Readonly<{ book: SummaryBook; documents: readonly ToCollect[] }>,
): Promise<void> {
  const { pair, key: laneKey } = lane;
  const records = documents.map(({ slot, make }) => {
    const key = intentKey({ ...slot, pair, generation: 0 });
    const { draft, notes } = make(key);
    return { ...slot, key, draft, hash: fingerprint(draft), notes };
  });
  const { day, kind, currency, customerId, accounts } = book;
  await withTransaction(pool, async (tx) => {
    await guardLane(tx, lane);
    await tx.query(COLLECT_SQL, [
      ...[pair, laneKey, toJson(records), MAPPING_VERSION],
      ...[day, kind, currency, customerId, accounts],
    ]);
  });
}

const LET_GO_SQL = `
with of_lane as materialized (
  select key from intent where pair = $1 and lane_key = $2
), gone as (
  delete from collected_document c
  where c.pair = $1 and c.intent_key in (select key from of_lane) and c.part is null
    and not exists (
      select from collected_document o
      where o.pair = $1 and o.intent_key in (select key from of_lane)
        and o.kind = 'sale' and o.part is not null)
  returning intent_key)
delete from intent i using gone where i.pair = $1 and i.key = gone.intent_key`;

/**
 * Forgets what a sale has collected, refunds as well: nothing of it was sent to SL. Once a document
 * of the day is fixed with the sale in it, that stays.
 *
 * @returns whether there was anything
 * @throws HubError `lane.fenced` when another worker has the lane
 */
export async function letGo(pool: Pool, lane: ClaimedLane): Promise<boolean> {
  return withTransaction(pool, async (tx) => {
    await guardLane(tx, lane);
    const { rowCount } = await tx.query(LET_GO_SQL, [lane.pair, lane.key]);
    return rowCount !== 0;
  });
}

/** Whether a person has left the lane of a record, an alias, alone and not taken it back. */
export const isLaneLeft = (of: string) => `coalesce((
  select p.state = 'dismissed' from parked p
  where p.lane_key = ${of}.lane_key and p.pair = ${of}.pair and p.state in ('dismissed', 'resumed')
  order by p.id desc limit 1), false)`;

/** The same of the sale of what was collected (`c`). */
const IS_SALE_LEFT = isLaneLeft("c");

/** The same of the sale, or of all that its day had collected by then. */
export const IS_LEFT_ALONE = `(${IS_SALE_LEFT} or exists (
  select from parked p where p.pair = c.pair and p.lane_key = 'summary:' || c.day
    and p.state = 'dismissed' and p.closed_at >= c.collected_at))`;

/** $1 pair, `lane` the key: what a person has left alone of it and not taken back since. */
const newestDismissal = (lane: string) => `
select p.closed_by as by, p.comment as reason, p.closed_at as at from parked p
where p.pair = $1 and p.lane_key = ${lane} and p.state = 'dismissed'
order by p.closed_at desc limit 1`;

/**
 * Who has left a day alone, of all that was collected by then: also where a later case of the day,
 * over what came since, was resumed.
 */
export async function dayLeftAlone(
  pool: Pool,
  { pair, key }: Pick<ClaimedLane, "pair" | "key">,
): Promise<Dismissal | undefined> {
  const values = [pair, key];
  const { rows } = await pool.query<Omit<Dismissal, "money">>(newestDismissal("$2"), values);
  return rows[0] && { ...rows[0], money: "" };
}

const SUMMARY_OF_SQL = `
select c.day, d.by, d.reason, d.at
from intent i
join collected_document c on c.pair = i.pair and c.intent_key = i.key
left join lateral (${newestDismissal("'summary:' || c.day")}) as d on d.at >= c.collected_at
where i.pair = $1 and i.object = $2
limit 1`;

/** The day that something was collected for, and who has left it alone; else undefined. */
export async function readSummaryOf(
  pool: Pool,
  pair: string,
  object: string,
): Promise<Readonly<{ day: string; dismissal: Dismissal | undefined }> | undefined> {
  const { rows } = await pool.query<{ day: string } & Partial<Omit<Dismissal, "money">>>(
    SUMMARY_OF_SQL,
    [pair, object],
  );
  const [found] = rows;
  if (found === undefined) return undefined;
  const { day, by, reason, at } = found;
  const dismissal = at && { by: by ?? "", reason: reason ?? "", at, money: "" };
  return { day, dismissal: dismissal ?? undefined };
}

const TOLD_SQL = `
select exists (select from run where pair = $1 and lane_key = $2 and outcome = 'booked')
  or exists (
    select from collected_document c
    join intent s on s.pair = c.pair and s.object = 'day:' || c.day and s.part = c.part
      and s.purpose = 'summary'
    where c.pair = $1 and c.intent_key = $3 and s.draft_hash = 'rebuilt') as "isTold"`;

/**
 * Whether a sale was told as booked before: by an earlier run, or by a hub that lost its database.
 *
 * @param invoiceKey of what was collected
 */
export async function isToldBooked(
  pool: Pool,
  { pair, key }: ClaimedLane,
  invoiceKey: string,
): Promise<boolean> {
  const { rows } = await pool.query<{ isTold: boolean }>(TOLD_SQL, [pair, key, invoiceKey]);
  return rows[0]?.isTold === true;
}

/** How much of a day waits for its documents. */
export type DayCollected = Readonly<{
  /** Of what no document is fixed for: the age of the newest; undefined where there is none. */
  newestAgeMs: number | undefined;
}>;

/** What of a day waits to be put into documents. */
export async function readDay(pool: Pool, pair: string, day: string): Promise<DayCollected> {
  const { rows } = await pool.query<{ age_ms: number | null }>(
    `select extract(epoch from clock_timestamp() - max(collected_at))::float8 * 1000 as age_ms
     from collected_document where pair = $1 and day = $2 and part is null`,
    [pair, day],
  );
  return { newestAgeMs: rows[0]?.age_ms ?? undefined };
}

// Each book that has something new gets the next number of its currency and customer. Books are few
// and documents are many: what is said of a book is worked out once, and not for each of them.
const FIX_SQL = `
with open as materialized (
  select distinct kind, currency, customer_id, accounts from collected_document c
  where pair = $1 and day = $2 and part is null and collected_at > $4 and not ${IS_SALE_LEFT}
), taken as materialized (
  select part from collected_document where pair = $1 and day = $2 and part is not null
  union select unnest($3::text[])
), numbered as materialized (
  select o.*, o.currency || ':' || o.customer_id || ':' || coalesce((
      select max(substring(t.part from '[0-9]+$')::int) from taken t
      where starts_with(t.part, o.currency || ':' || o.customer_id || ':')), 0)
    + row_number() over (partition by o.kind, o.currency, o.customer_id order by o.accounts) as part
  from open o
)
update collected_document c set part = n.part from numbered n
where c.pair = $1 and c.day = $2 and c.part is null and c.collected_at > $4
  and not ${IS_SALE_LEFT} and c.kind = n.kind
  and c.currency = n.currency and c.customer_id = n.customer_id and c.accounts = n.accounts`;

/**
 * Fixes the documents of all that a day has collected since; what was fixed before stays. A sale
 * that a person has left alone is in none of them, and neither is a refund of it.
 *
 * @param of `taken` are parts that have documents already; what was collected up to `after` is left
 *   alone
 */
export async function fixParts(
  pool: Pool,
  lane: ClaimedLane,
  of: Readonly<{ day: string; taken: readonly string[]; after: Date | undefined }>,
): Promise<void> {
  await withTransaction(pool, async (tx) => {
    await guardLane(tx, lane);
    await tx.query(FIX_SQL, [lane.pair, of.day, of.taken, of.after ?? "-infinity"]);
  });
}

/** Documents of a day, by the part that tells them apart. */
export type SummaryPart = Readonly<{
  kind: SummaryKind;
  part: string;
  customerId: string;
  currency: string;
  /** Whether all that is collected in it has been told so. */
  isOver: boolean;
  /** When the last of it was collected. */
  newestAt: Date;
}>;

/** The documents of a day that are fixed, sales before refunds. */
export async function readParts(
  pool: Pool,
  pair: string,
  day: string,
): Promise<readonly SummaryPart[]> {
  const { rows } = await pool.query<SummaryPart>(
    `select c.kind, c.part, c.currency, c.customer_id as "customerId",
       bool_and(i.stage = 'done') as "isOver", max(c.collected_at) as "newestAt"
     from collected_document c join intent i on i.pair = c.pair and i.key = c.intent_key
     where c.pair = $1 and c.day = $2 and c.part is not null
     group by 1, 2, 3, 4 order by c.kind = 'refund', c.part`,
    [pair, day],
  );
  return rows;
}

/** A document that was collected. */
export type CollectedDocument = Readonly<{
  key: string;
  laneKey: string;
  object: string;
  purpose: LinkKind;
  draft: Collected;
}>;

/** What a part of a day is made of, in the order in which it was collected. */
export async function readCollected(
  pool: Pool,
  pair: string,
  of: Readonly<{ day: string }> & Pick<SummaryPart, "kind" | "part">,
): Promise<readonly CollectedDocument[]> {
  const { rows } = await pool.query<Omit<CollectedDocument, "draft"> & { draft: string }>(
    `select i.key, i.lane_key as "laneKey", i.object, i.purpose, i.draft::text as draft
     from collected_document c join intent i on i.pair = c.pair and i.key = c.intent_key
     where c.pair = $1 and c.day = $2 and c.kind = $3 and c.part = $4
     order by c.collected_at, i.key`,
    [pair, of.day, of.kind, of.part],
  );
  return rows.map((row) => ({ ...row, draft: fromJson<Collected>(row.draft) }));
}

// A payment that was collected has paid the day's invoice.
const END_SQL = `
with ended as (
  update intent i set stage = 'done', receipt = e.receipt, updated_at = now(),
    draft = case when i.purpose <> 'payment' then i.draft
      else jsonb_set(i.draft, '{applications,0,invoiceRefNbr}', to_jsonb($3::text)) end
  from jsonb_to_recordset($2::jsonb) as e (purpose text, receipt jsonb)
  where i.pair = $1 and i.key = any ($4::text[]) and i.purpose = e.purpose
  returning i.pair, i.object, i.purpose, i.part, i.key, i.receipt)
insert into link (pair, stripe_id, kind, part, sl_key, bat_nbr, intent_key)
select pair, object, purpose, part, receipt ->> 'refNbr', receipt ->> 'batNbr', key from ended
on conflict (pair, stripe_id, kind, part) do update
  set sl_key = excluded.sl_key, bat_nbr = excluded.bat_nbr, intent_key = excluded.intent_key`;

/**
 * Ends what was collected with the receipts of its day's documents, and wakes the lanes that wait
 * for it.
 *
 * @param receipts by the purpose of what was collected
 * @throws HubError `lane.fenced` when another worker has the lane
 */
export async function endCollected(
  pool: Pool,
  lane: ClaimedLane,
  of: Readonly<{
    documents: readonly CollectedDocument[];
    receipts: readonly Readonly<{ purpose: LinkKind; receipt: DocumentReceipt }>[];
    invoiceRefNbr: string;
  }>,
): Promise<void> {
  const { documents, receipts, invoiceRefNbr } = of;
  const keys = documents.map(({ key }) => key);
  const lanes = [...new Set(documents.map(({ laneKey }) => laneKey))];
  const woken = lanes.map((key) => ({ pair: lane.pair, key }));
  await withTransaction(pool, async (tx) => {
    await lockLanes(tx, [lane, ...woken]);
    await guardLane(tx, lane);
    await tx.query(END_SQL, [lane.pair, toJson(receipts), invoiceRefNbr, keys]);
    await wakeLanes(tx, woken);
  });
}
