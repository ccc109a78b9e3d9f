import type { Pool, PoolClient } from "pg";
import { withTransaction } from "../../db/index.ts";
import { type ClaimedLane, FENCE_CTE, lockLanes, wakeLanes } from "../../lanes/index.ts";
import { freedSince } from "./reversal.ts";

/** $1 pair: what each reversing document (`back`) takes back. */
const BACK_CTE = `back as (
  select r.key, r.object, m[1] as purpose, coalesce(m[2], '') as part, m[3]::int as generation
  from intent r cross join lateral regexp_match(r.part, '^([a-z-]+)(?:/(.*))?#([0-9]+)$') as m
  where r.pair = $1 and r.purpose = 'reverse' and r.stage = 'done' and m is not null
)`;
const IS_TAKEN_BACK = `o.pair = $1 and o.object = b.object and o.purpose = b.purpose
    and o.part = b.part and o.generation = b.generation and o.stage = 'done'
    and o.reversed_by is null`;

const TAKEN_BACK_SQL = `
with ${BACK_CTE}
select distinct o.lane_key as key from intent o join back b on ${IS_TAKEN_BACK}`;

/**
 * $1 pair, $2 day. The part of a reversing document names purpose, part and generation of what it
 * takes back; what is not booked again since is left alone, as it was before the hub was lost. What
 * a person had asked for and is still to come to its end says itself what follows.
 */
const ADOPTED_SQL = `
with ${BACK_CTE}, marked as (
  update intent o set reversed_by = b.key, reversed_on = $2, updated_at = now()
  from back b where ${IS_TAKEN_BACK}
  returning o.pair, o.key, o.lane_key, o.object, o.purpose, o.part, o.generation
), ${freedSince("$2")}, reversals as (
  insert into reversal (pair, lane_key, named, objects, documents, dated, state, rebook, reason,
    asked_by, reversed_at)
  select $1, m.object, m.object, array[m.object],
    jsonb_agg(jsonb_build_object('key', m.key, 'open', null)), $2, 'reversed', false,
    'taken over from SL', 'a rebuild', clock_timestamp()
  from marked m
  where m.purpose <> 'payment' and not exists (
    select from intent n
    where n.pair = $1 and n.object = m.object and n.purpose = m.purpose and n.part = m.part
      and n.generation > m.generation and n.stage = 'done')
    and not exists (
      select from reversal a
      where a.pair = $1 and a.state = 'asked'
        and a.documents @> jsonb_build_array(jsonb_build_object('key', m.key)))
  group by m.object
)
select distinct m.lane_key as key from marked m join freed f on f.intent_key = m.key`;

/**
 * Marks what documents of SL take back, as far as the hub does not know that any more. A run that
 * came first has given such a document its rows: its lane is woken, so that what was booked again
 * in its place owns them.
 */
export async function markAdopted(pool: Pool, pair: string, day: string): Promise<void> {
  const ofPair = ({ key }: { key: string }) => ({ pair, key });
  await withTransaction(pool, async (tx) => {
    // As runs do: their lanes first, and what these have booked after that.
    const taken = await tx.query<{ key: string }>(TAKEN_BACK_SQL, [pair]);
    await lockLanes(tx, taken.rows.map(ofPair));
    const { rows } = await tx.query<{ key: string }>(ADOPTED_SQL, [pair, day]);
    await wakeLanes(tx, rows.map(ofPair));
  });
}

/**
 * $5 charges. Of a sales order SL keeps no document that names its sale: only a run of that knows
 * whose payments were taken back, and that no person has had booked again since.
 */
const KEEP_SQL = `
with ${FENCE_CTE}, went as (
  select i.key, i.object, i.reversed_on from intent i
  where i.pair = $1 and i.object = any ($5::text[]) and i.purpose = 'payment'
    and i.reversed_by is not null and not exists (
      select from reversal v
      where v.pair = $1 and v.lane_key = $2 and v.rebooked_at > i.updated_at)
)
insert into reversal (pair, lane_key, named, objects, documents, dated, state, rebook, reason,
  asked_by, reversed_at)
select $1, $2, $2, array[$2] || $5::text[],
  jsonb_agg(jsonb_build_object('key', w.key, 'open', null)), max(w.reversed_on), 'reversed', false,
  'taken over from SL', 'a rebuild', clock_timestamp()
from went w
where exists (select from fence)
having count(*) > 0
returning id::text as id`;

/** Notes that the money of a sale went back before a rebuild; its number where that is news. */
export async function keepReversedSale(
  pool: Pool,
  lane: ClaimedLane,
  charges: readonly string[],
): Promise<string | undefined> {
  const values = [lane.pair, lane.key, lane.owner, lane.attempt, charges];
  const { rows } = await pool.query<{ id: string }>(KEEP_SQL, values);
  return rows[0]?.id;
}

/** $1 pair, $2 keys: what they had taken back owns its rows again. */
const OWN_AGAIN_SQL = `
insert into row_owner (pair, row_id, part, intent_key)
select f.pair, f.row_id, f.part, f.intent_key from former_owner f
join intent o on o.pair = f.pair and o.key = f.intent_key
where f.pair = $1 and o.reversed_by = any ($2::text[]) on conflict do nothing`;
const FORGET_SQL = `
delete from former_owner f using intent o
where f.pair = $1 and o.pair = $1 and o.key = f.intent_key and o.reversed_by = any ($2::text[])`;
const ASK_AGAIN_SQL = `
update reversal v set state = 'asked', reversed_at = null, rebook = v.rebook or state = 'rebooked'
where v.pair = $1 and v.state in ('reversed', 'rebooked') and exists (
  select from jsonb_array_elements(v.documents) as d
  join intent o on o.pair = v.pair and o.key = d ->> 'key'
  where o.reversed_by = any ($2::text[]) or exists (
    select from intent x where x.pair = v.pair and x.key = any ($2::text[])
      and x.object = o.object and x.purpose = 'reverse'
      and x.part in ('exchange/' || o.purpose || '#' || o.generation,
        concat('wash/', concat_ws('/', o.purpose, nullif(o.part, '')), '#', o.generation))))`;
const STAND_AGAIN_SQL = `
update intent set reversed_by = null, reversed_on = null, updated_at = now()
where pair = $1 and reversed_by = any ($2::text[])`;

/**
 * SL has lost these documents: what they had taken back stands again, and is taken back once more
 * before anything of it is booked again.
 */
export async function reopenReversals(
  tx: PoolClient,
  pair: string,
  keys: readonly string[],
): Promise<void> {
  for (const sql of [OWN_AGAIN_SQL, FORGET_SQL, ASK_AGAIN_SQL, STAND_AGAIN_SQL]) {
    await tx.query(sql, [pair, keys]);
  }
}
