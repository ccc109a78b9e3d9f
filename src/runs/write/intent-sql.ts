import type { IntentIdentity } from "../../base/ids.ts";
import { TELL, toldRows } from "../../hub-events/index.ts";
import { FENCE_CTE } from "../../lanes/index.ts";
import type { SendStep, Stage } from "./intent.ts";

/** A row as `LOAD_SQL` gives it. */
export type IntentRow = {
  key: string;
  lane_key: string;
  object: string;
  purpose: IntentIdentity["purpose"];
  part: string;
  generation: number;
  draft: string;
  draft_hash: string;
  stage: Stage;
  bat_nbr: string | null;
  release_key: string | null;
  receipt: string | null;
  owned: string[];
  attempts: {
    nr: number;
    step: SendStep;
    isAnswered: boolean;
    outcome: string | null;
    ageMs: number;
    answerAgeMs: number | null;
  }[];
};

// Every statement that writes takes the lane's fence as its first four values. Those that each
// order sends are prepared once for each connection: planning them costs more than running them.

// What was taken back stands in SL as released, and so it does in the table; to a run it is over.
const COLUMNS = `i.key, i.lane_key, i.object, i.purpose, i.part, i.generation,
  i.draft::text as draft, i.draft_hash, i.bat_nbr, i.release_key,
  case when i.reversed_by is null then i.stage else 'reversed' end as stage,
  i.receipt::text as receipt`;

/** $1 pair, $2 objects: the newest generation of each, with its attempts and the rows it owns. */
export const LOAD_SQL = `
select distinct on (i.object, i.purpose, i.part) ${COLUMNS},
  coalesce((
    select json_agg(json_build_object(
      'nr', a.nr, 'step', a.step, 'isAnswered', a.answered_at is not null, 'outcome', a.outcome,
      'ageMs', extract(epoch from clock_timestamp() - a.sent_at) * 1000,
      'answerAgeMs', extract(epoch from clock_timestamp() - a.answered_at) * 1000) order by a.nr)
    from attempt a where a.pair = i.pair and a.key = i.key), '[]') as attempts,
  array(
    select o.row_id from row_owner o
    where (i.purpose in
      ('payment', 'pending', 'pending-back', 'return', 'bridge', 'wash', 'payout-out',
        'payout-back', 'refund-cash', 'refund-back-cash', 'dispute-open', 'dispute-back')
      or i.purpose = 'fee' and i.object ~ '^(dp|du)_')
      and o.pair = i.pair and o.intent_key = i.key) as owned
from intent i
where i.pair = $1 and i.object = any ($2::text[])
order by i.object, i.purpose, i.part, i.generation desc`;

/**
 * $5 objects: documents that a rebuild took over, whose lane nobody knew, are of the lane whose run
 * works on their objects. A customer is of no lane, and a payout or a day is one itself.
 */
export const CLAIM_SQL = `
with ${FENCE_CTE}
update intent set lane_key = $2
where pair = $1 and object = any ($5::text[]) and draft_hash = 'rebuilt' and lane_key = object
  and object !~ '^(po_|tu_|ibt_|day:|fees:)' and purpose <> 'customer'
  and exists (select 1 from fence)`;

/**
 * $5 objects: what a rebuild found to be taken back is of the lane whose run works on it, unless a
 * person has had that lane booked again since. Else the run would book it again, and nobody asked.
 */
export const CLAIM_BACK_SQL = `
with ${FENCE_CTE}
update reversal v set lane_key = $2
where v.pair = $1 and v.lane_key = any ($5::text[]) and v.lane_key = any (v.objects)
  and v.state = 'reversed' and exists (select 1 from fence)
  and not exists (
    select from reversal w
    where w.pair = $1 and w.lane_key = $2 and w.rebooked_at > v.reversed_at)`;

/**
 * $1 pair, $2 keys: sends that lie ahead of the clock, which was set back since, count from now. No
 * more is known of their age, and no wait that hangs on it ends too early.
 */
export const FOLLOW_CLOCK_SQL = `
update attempt set sent_at = least(sent_at, clock_timestamp()),
  answered_at = case when answered_at is not null then least(answered_at, clock_timestamp()) end
where pair = $1 and key = any ($2::text[])
  and greatest(sent_at, answered_at) > clock_timestamp()`;

/**
 * $5 key, $6 object, $7 purpose, $8 part, $9 generation, $10 draft, $11 hash, $12 version,
 * $13 notes.
 */
export const INSERT_SQL = `
with ${FENCE_CTE}, i as (
  insert into intent (pair, lane_key, key, object, purpose, part, generation, draft, draft_hash,
    mapping_version, notes)
  select $1, $2, $5, $6, $7, $8, $9::int, $10::jsonb, $11, $12::int, $13::jsonb from fence
  on conflict do nothing
  returning *)
select ${COLUMNS}, '[]'::json as attempts, '{}'::text[] as owned from i`;

/** As `INSERT_SQL`, with its first send: $14 stage, $15 step, $16 facts of the attempt. */
export const BEGIN_SQL = `
with ${FENCE_CTE}, i as (
  insert into intent (pair, lane_key, key, object, purpose, part, generation, draft, draft_hash,
    mapping_version, notes, stage)
  select $1, $2, $5, $6, $7, $8, $9::int, $10::jsonb, $11, $12::int, $13::jsonb, $14 from fence
  on conflict do nothing
  returning pair, key, release_key
), opened as (
  insert into attempt (pair, key, nr, step, worker, facts)
  select pair, key, 1, $15, $3, $16::jsonb from i
)
select release_key from i`;

/** $5 key, $6 the stage it is known in, $7 draft, $8 hash, $9 version, $10 whether anew. */
export const REDRAFT_SQL = `
with ${FENCE_CTE}
update intent set draft = $7::jsonb, draft_hash = $8, mapping_version = $9::int,
  stage = case when $10 then 'planned' else stage end,
  bat_nbr = case when $10 then null else bat_nbr end, updated_at = now()
where pair = $1 and key = $5 and stage = $6 and exists (select 1 from fence)`;

/**
 * $5 key, $6 stage it is known in, $7 next stage, $8 batch, $9 release key, $10 receipt,
 * $11-$13 attempt that is answered, its outcome and facts, $14 number of the next attempt,
 * $15-$16 its step and facts where it is opened, $17-$18 request and answer of the attempt that is
 * answered.
 *
 * A stage may come back where lanes share a record: its attempts tell that another lane has sent it
 * anew since.
 */
const MOVE_CTES = `
with ${FENCE_CTE}, moved as (
  update intent set stage = $7, bat_nbr = coalesce($8, bat_nbr),
    release_key = coalesce(release_key, $9), receipt = coalesce($10::jsonb, receipt),
    updated_at = now()
  where pair = $1 and key = $5 and stage = $6 and exists (select 1 from fence)
    and not exists (select from attempt n where n.pair = $1 and n.key = $5 and n.nr >= $14::int)
  returning pair, key, release_key
), answered as (
  update attempt a set answered_at = clock_timestamp(), outcome = $12,
    facts = coalesce(a.facts, '{}') || $13::jsonb,
    request = coalesce($17, a.request), answer = coalesce($18, a.answer)
  from moved where a.pair = $1 and a.key = $5 and a.nr = $11::int
), opened as (
  insert into attempt (pair, key, nr, step, worker, facts)
  select pair, key, $14::int, $15, $3, $16::jsonb from moved where $15::text is not null
)`;

/** Most moves bring nothing for other tables, and are spared the opening of those. */
export const MOVE_SQL = `${MOVE_CTES} select release_key from moved`;

/**
 * The same with $19-$20 SL table and key of the receipt, $21 links, $22 row owners, $23 what is
 * told of the move.
 */
export const ADVANCE_SQL = `${MOVE_CTES}, held as (
  insert into receipt (pair, sl_table, sl_key, intent_key)
  select pair, $19, $20, key from moved where $19::text is not null
), linked as (
  insert into link (pair, stripe_id, kind, part, sl_key, bat_nbr, intent_key)
  select moved.pair, l."stripeId", l.kind, l.part, l."slKey", l."batNbr", moved.key
  from moved, jsonb_to_recordset($21::jsonb)
    as l("stripeId" text, kind text, part text, "slKey" text, "batNbr" text)
  on conflict (pair, stripe_id, kind, part) do update
    set sl_key = excluded.sl_key, bat_nbr = excluded.bat_nbr, intent_key = excluded.intent_key
), owned as (
  insert into row_owner (pair, row_id, part, intent_key)
  select moved.pair, o."rowId", o.part, moved.key
  from moved, jsonb_to_recordset($22::jsonb) as o("rowId" text, part text)
), tell as (
  ${TELL}
  select moved.pair, coalesce(told.key, $2), told.type, told.data
  from moved, ${toldRows("$23")}
)
select release_key from moved`;

/** $5 key, $6 attempt: its claim counts from now, while it is the newest and has no end. */
export const CLAIM_AGAIN_SQL = `
with ${FENCE_CTE}
update attempt set sent_at = clock_timestamp()
where pair = $1 and key = $5 and nr = $6::int and answered_at is null
  and exists (select 1 from fence)
  and not exists (select from attempt n where n.pair = $1 and n.key = $5 and n.nr > $6::int)`;

/** $5 key, $6 attempt, $7 request, $8 answer: of a send whose outcome is still open. */
export const KEEP_EXCHANGE_SQL = `
with ${FENCE_CTE}
update attempt set request = $7, answer = $8
where pair = $1 and key = $5 and nr = $6::int and exists (select 1 from fence)`;
