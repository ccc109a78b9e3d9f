import type { Pool, PoolClient } from "pg";
import type { Purpose } from "../../base/ids.ts";
import { fromJson } from "../../base/json.ts";
import { type Money, money } from "../../base/money.ts";
import { TELL } from "../../hub-events/index.ts";
import { type ClaimedLane, FENCE_CTE, fenced } from "../../lanes/index.ts";
import type { ShownWorth } from "../../mapping/index.ts";
import type { DocumentReceipt } from "../write/intent.ts";

/**
 * A document that goes back: its intent, and what SL showed of it when it was asked: what nothing
 * had taken of it, and of one in another currency what it is worth.
 */
export type ToReverse = Readonly<{ key: string; open: Money | null; worth?: ShownWorth }>;

/** What a person has asked to be taken back, as a run of its lane finds it. */
export type Reversal = Readonly<{
  id: string;
  state: "asked" | "reversed" | "rebooked" | "withdrawn";
  /** The Stripe objects whose documents go back. */
  objects: readonly string[];
  /** In the order in which they go back. */
  documents: readonly ToReverse[];
  /** `YYYY-MM-DD`. */
  dated: string;
  rebook: boolean;
  reason: string;
  by: string;
  askedAt: Date;
}>;

/** Who takes it back, and why. */
export function wordsOf({ by, reason }: Pick<Reversal, "by" | "reason">): string {
  return `Reversed by ${by}: ${reason}`;
}

/** A reversal as JSON has it. */
export type StoredReversal = Omit<Reversal, "documents" | "askedAt"> &
  Readonly<{
    askedAt: string;
    documents: readonly Readonly<{
      key: string;
      open: StoredMoney | null;
      worth?: Readonly<{ whole: StoredMoney; lines: readonly StoredMoney[] }>;
    }>[];
  }>;

type StoredMoney = Readonly<{ minor: string; currency: string }>;

/** $1 pair, $2 lane: all of them as one value, oldest first. */
export const REVERSALS_SQL = `
  select json_agg(json_build_object('id', v.id::text, 'state', v.state, 'objects', v.objects,
    'documents', v.documents, 'dated', v.dated, 'rebook', v.rebook, 'reason', v.reason,
    'by', v.asked_by, 'askedAt', v.asked_at) order by v.id)
  from reversal v where v.pair = $1 and v.lane_key = $2`;

/** With amounts as the hub counts them. */
export function toReversal(stored: StoredReversal): Reversal {
  const of = ({ minor, currency }: StoredMoney) => money(BigInt(minor), currency);
  const documents = stored.documents.map(({ key, open, worth }) => ({
    key,
    open: open === null ? null : of(open),
    ...(worth === undefined
      ? {}
      : { worth: { whole: of(worth.whole), lines: worth.lines.map(of) } }),
  }));
  return { ...stored, documents, askedAt: new Date(stored.askedAt) };
}

/** The documents of a reversal as its row keeps them. */
export function storedDocuments(documents: readonly ToReverse[]): string {
  const of = ({ minor, currency }: Money): StoredMoney => ({ minor: minor.toString(), currency });
  const stored: StoredReversal["documents"] = documents.map(({ key, open, worth }) => ({
    key,
    open: open === null ? null : of(open),
    ...(worth === undefined
      ? {}
      : { worth: { whole: of(worth.whole), lines: worth.lines.map(of) } }),
  }));
  return JSON.stringify(stored);
}

/**
 * From which day on the facts of which objects are dated when they are booked again: that on which
 * the earlier booking was taken back.
 */
export function daysRebooked(reversals: readonly Reversal[]): ReadonlyMap<string, string> {
  const days = new Map<string, string>();
  for (const { state, objects, dated } of reversals) {
    if (state !== "rebooked") continue;
    for (const object of objects) {
      if (dated > (days.get(object) ?? "")) days.set(object, dated);
    }
  }
  return days;
}

/** An intent as it stands in the table, whatever generation of its fact it is. */
export type StoredIntent = Readonly<{
  key: string;
  laneKey: string;
  object: string;
  purpose: Purpose;
  part: string;
  generation: number;
  stage: string;
  draft: unknown;
  receipt: Partial<DocumentReceipt> | undefined;
  batNbr: string;
  isReversed: boolean;
}>;

type IntentSqlRow = Omit<StoredIntent, "draft" | "receipt"> & {
  draft: string;
  receipt: string | null;
};

/** Columns of a `StoredIntent`, of the table `i`. */
export const STORED_COLUMNS = `i.key, i.lane_key as "laneKey", i.object, i.purpose, i.part,
  i.generation, i.stage, i.draft::text as draft, i.receipt::text as receipt,
  coalesce(i.bat_nbr, '') as "batNbr", i.reversed_by is not null as "isReversed"`;

export function toStoredIntent({ draft, receipt, ...row }: IntentSqlRow): StoredIntent {
  return {
    ...row,
    draft: fromJson(draft),
    receipt: receipt === null ? undefined : (fromJson(receipt) as Partial<DocumentReceipt>),
  };
}

/** Intents by their keys, in the order of the keys. */
export async function readIntents(
  db: Pool | PoolClient,
  pair: string,
  keys: readonly string[],
): Promise<readonly StoredIntent[]> {
  const { rows } = await db.query<IntentSqlRow>(
    `select ${STORED_COLUMNS} from unnest($2::text[]) with ordinality as w (key, nr)
     join intent i on i.pair = $1 and i.key = w.key order by w.nr`,
    [pair, keys],
  );
  return rows.map(toStoredIntent);
}

/** Whether it is a customer's part of a charge that pays invoices which SL had. */
export function isOfShare({ purpose, part }: Pick<StoredIntent, "purpose" | "part">): boolean {
  return purpose === "payment" && part !== "";
}

/**
 * What follows for the documents `marked`, taken back on `day`: the rows that they owned have no
 * owner any more, their links stay under a name of their own, and nothing of them is listed as
 * unapplied.
 */
export const freedSince = (day: string) => `freed as (
  delete from row_owner o using marked m where o.pair = m.pair and o.intent_key = m.key
  returning o.pair, o.row_id, o.part, o.intent_key
), kept as (
  insert into former_owner (pair, row_id, part, intent_key, until_on)
  select pair, row_id, part, intent_key, ${day} from freed on conflict do nothing
), opened as (
  update balance_row b set settled_at = null, woken_at = clock_timestamp() from freed f
  where b.pair = f.pair and b.row_id = f.row_id
), renamed as (
  update link l set part = l.part || '#' || m.generation from marked m
  where l.pair = m.pair and l.intent_key = m.key and l.kind = m.purpose
), cleared as (
  update unapplied u set cleared_at = now() from marked m
  where u.pair = m.pair and u.intent_key = m.key and u.cleared_at is null
)`;

/**
 * $5 key of the original, $6 that of the document that took it back, $7 its date, $8 what is told.
 */
const MARK_SQL = `
with ${FENCE_CTE}, marked as (
  update intent set reversed_by = $6, reversed_on = $7, updated_at = now()
  where pair = $1 and key = $5 and stage = 'done' and reversed_by is null
    and exists (select 1 from fence)
  returning pair, key, object, purpose, part, generation, receipt
), ${freedSince("$7")}, told as (
  ${TELL}
  select m.pair, $2, 'document.reversed', $8::jsonb || jsonb_build_object('object', m.object,
    'purpose', m.purpose, 'part', m.part, 'generation', m.generation, 'document', m.receipt)
  from marked m
)
select (select count(*) from fence)::int as held`;

/** Notes that a document was taken back by another one, in one statement. */
export async function markReversed(
  pool: Pool,
  lane: ClaimedLane,
  of: Readonly<{ key: string; byKey: string; on: string; told: object }>,
): Promise<void> {
  const values = [lane.pair, lane.key, lane.owner, lane.attempt];
  const { rows } = await pool.query<{ held: number }>(MARK_SQL, [
    ...values,
    ...[of.key, of.byKey, of.on, JSON.stringify(of.told)],
  ]);
  if (rows[0]?.held !== 1) throw fenced(lane);
}

/**
 * $5 object, $6 date. An order has no document to take it back: what saw it cancelled does, and all
 * intents of it are over. Its ledger is the next order's.
 */
const MARK_ORDER_SQL = `
with ${FENCE_CTE}, back as (
  select key from intent
  where pair = $1 and object = $5 and purpose = 'order' and stage = 'done' and strpos(part, '#') > 0
  order by created_at desc limit 1
), marked as (
  update intent set reversed_by = (select key from back), reversed_on = $6, updated_at = now()
  where pair = $1 and object = $5 and purpose = 'order' and stage = 'done' and reversed_by is null
    and exists (select 1 from fence) and exists (select 1 from back)
  returning pair, key, object, generation
), renamed as (
  update link l set part = l.part || '#' || m.generation from marked m
  where l.pair = $1 and l.intent_key = m.key and l.kind = 'order'
), forgotten as (
  delete from sales_order s using marked m where s.pair = $1 and s.object = m.object
)
select (select count(*) from fence)::int as held`;

/** Notes that an order was cancelled in SL and is to count no more. */
export async function markOrderReversed(
  pool: Pool,
  lane: ClaimedLane,
  { object, on }: Readonly<{ object: string; on: string }>,
): Promise<void> {
  const values = [lane.pair, lane.key, lane.owner, lane.attempt, object, on];
  const { rows } = await pool.query<{ held: number }>(MARK_ORDER_SQL, values);
  if (rows[0]?.held !== 1) throw fenced(lane);
}

/** $5 the reversal. */
const END_SQL = `
with ${FENCE_CTE}
update reversal set state = case when rebook then 'rebooked' else 'reversed' end,
  reversed_at = clock_timestamp(),
  rebooked_at = case when rebook then clock_timestamp() end,
  rebooked_by = case when rebook then asked_by end
where id = $5::bigint and state = 'asked' and exists (select 1 from fence)`;

/** Notes that everything is taken back. */
export async function endReversal(pool: Pool, lane: ClaimedLane, id: string): Promise<void> {
  const values = [lane.pair, lane.key, lane.owner, lane.attempt, id];
  const { rowCount } = await pool.query(END_SQL, values);
  if (rowCount !== 1) throw fenced(lane);
}
