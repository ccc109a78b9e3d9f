import type { Pool } from "pg";
import { type ClaimedLane, FENCE_CTE, fenced } from "../../lanes/index.ts";

/** What stands is over by a reversal, what has yet to be done is not done any more. */
const over = (intent: string, by: string, on: string) => `updated_at = now(),
    stage = case when ${intent}.stage = 'done' then ${intent}.stage else 'abandoned' end,
    reversed_by = case when ${intent}.stage = 'done' then ${by} end,
    reversed_on = case when ${intent}.stage = 'done' then ${on} end`;

/**
 * $5 charges. How a charge was shared out is over once none of its payments stands, and so is each
 * application of a payment that went back, made or still to be made: the next booking shares out
 * what invoices are open then.
 */
const MARK_SQL = `
with ${FENCE_CTE}, back as (
  select object, receipt ->> 'refNbr' as number, reversed_by, reversed_on from intent
  where pair = $1 and object = any ($5::text[]) and purpose = 'payment' and part <> ''
    and reversed_by is not null
), gone as (
  select object, min(reversed_by) as by, max(reversed_on) as on_day from back b
  where not exists (
    select from intent p where p.pair = $1 and p.object = b.object and p.purpose = 'payment'
      and p.stage = 'done' and p.reversed_by is null)
  group by object
), freed as (
  update intent a set ${over("a", "b.reversed_by", "b.reversed_on")}
  from back b
  where a.pair = $1 and a.object = b.object and a.purpose = 'apply'
    and a.stage in ('planned', 'done') and a.reversed_by is null and strpos(a.part, 'back:') <> 1
    and coalesce(a.draft -> 'payer' ->> 'refNbr', a.receipt ->> 'refNbr') = b.number
    and exists (select from fence)
  returning a.key, a.generation
), renamed as (
  update link l set part = l.part || '#' || f.generation from freed f
  where l.pair = $1 and l.intent_key = f.key and l.kind = 'apply'
), shared as (
  update intent s set ${over("s", "g.by", "g.on_day")}
  from gone g
  where s.pair = $1 and s.object = g.object and s.purpose = 'share-out' and s.stage <> 'abandoned'
    and s.reversed_by is null and exists (select from fence)
)
select (select count(*) from fence)::int as held`;

/** Notes that the money of charges went back, and with it how it was shared out and applied. */
export async function markSharingReversed(
  pool: Pool,
  lane: ClaimedLane,
  charges: readonly string[],
): Promise<void> {
  if (charges.length === 0) return;
  const values = [lane.pair, lane.key, lane.owner, lane.attempt, charges];
  const { rows } = await pool.query<{ held: number }>(MARK_SQL, values);
  if (rows[0]?.held !== 1) throw fenced(lane);
}
