import type { Pool, PoolClient } from "pg";
import { present } from "../../base/assert.ts";
import { HubError } from "../../base/errors.ts";
import { toJson } from "../../base/json.ts";
import { wakeLanes } from "../../lanes/index.ts";
import type { DocumentReceipt } from "../write/intent.ts";
import { type Reversal, storedDocuments } from "./reversal.ts";
import type { ReversalPlan } from "./reverse-plan.ts";

/** Who commands it, in what words. */
export type Asking = Readonly<{ named: string; rebook: boolean; by: string; reason: string }>;

/**
 * $1 pair, $2 keys, $3 drafts: what SL has given back is kept before anything is sent, so that what
 * a person has seen is what is booked. Its hash goes on saying that a rebuild took it over.
 */
const KEEP_CONTENT_SQL = `
update intent i set draft = f.draft, receipt = i.receipt || jsonb_build_object(
  'period', f.draft ->> 'period', 'documentDate', f.draft ->> 'documentDate')
from (select * from unnest($2::text[], $3::jsonb[])) as f (key, draft)
where i.pair = $1 and i.key = f.key and i.draft_hash = 'rebuilt' and not i.draft ? 'kind'`;

/**
 * Saves a reversal that a person has seen the plan of, and wakes its lane.
 *
 * @returns its number
 * @throws HubError `conflict.version` while a run works on the lane, or where something of the plan
 *   has gone back or on meanwhile; `reverse.already` where another reversal is under way
 */
export async function askReversal(
  tx: PoolClient,
  plan: ReversalPlan,
  { named, rebook, by, reason }: Asking,
): Promise<string> {
  const { pair, laneKey, toReverse, foundAgain, objects, dated } = plan;
  await lockIdleLane(tx, { pair, key: laneKey });
  await tx.query(KEEP_CONTENT_SQL, [
    pair,
    foundAgain.map(({ key }) => key),
    foundAgain.map(({ draft }) => toJson(draft)),
  ]);
  const keys = toReverse.map(({ key }) => key);
  const standing = await tx.query(
    `select 1 from intent where pair = $1 and key = any ($2::text[]) and stage = 'done'
       and reversed_by is null`,
    [pair, keys],
  );
  if (standing.rowCount !== keys.length) throw changed(named);
  const saved = await tx.query<{ id: string }>(
    `insert into reversal (pair, lane_key, named, objects, documents, dated, rebook, reason,
       asked_by)
     values ($1, $2, $3, $4::text[], $5::jsonb, $6, $7, $8, $9)
     on conflict (pair, lane_key) where state = 'asked' do nothing returning id::text as id`,
    [pair, laneKey, named, objects, storedDocuments(toReverse), dated, rebook, reason, by],
  );
  const id = saved.rows[0]?.id;
  if (id === undefined) {
    throw new HubError("reverse.already", `A reversal of ${laneKey} is under way`, {
      facts: { object: laneKey },
      cure: `\`slipway trace ${laneKey}\` shows how far it is; ask again when it has ended.`,
    });
  }
  await wakeLanes(tx, [{ pair, key: laneKey }]);
  return id;
}

function changed(named: string): HubError {
  return new HubError("conflict.version", `What stands in SL of ${named} has changed meanwhile`);
}

/** A run that works on the lane now has read it before the reversal. */
async function lockIdleLane(
  tx: PoolClient,
  lane: Readonly<{ pair: string; key: string }>,
): Promise<void> {
  const { rows } = await tx.query<{ is_owned: boolean }>(
    `select owner is not null and lease_until > clock_timestamp() as is_owned
     from lane where pair = $1 and key = $2 for update`,
    [lane.pair, lane.key],
  );
  if (rows[0]?.is_owned !== true) return;
  throw new HubError("conflict.version", `A run is working on ${lane.key} at this moment`, {
    cure: "Wait until it has ended, look at the plan again and repeat.",
  });
}

/** A reversal as its lists show it. */
export type ListedReversal = Readonly<{
  id: string;
  pair: string;
  laneKey: string;
  named: string;
  state: Reversal["state"];
  dated: string;
  reason: string;
  askedBy: string;
  askedAt: Date;
  reversedAt: Date | null;
  rebookedAt: Date | null;
  rebookedBy: string | null;
  withdrawnAt: Date | null;
  withdrawnBy: string | null;
  /** What hinders it, where its run is parked. */
  trouble: string | null;
  /** What a person is to do in SL, where its run waits for that. */
  toDo: string | null;
  documents: readonly Readonly<{
    key: string;
    object: string;
    purpose: string;
    /** Of an order its number alone, and `SO` as its type. */
    numbers: DocumentReceipt;
    /** Null until it is taken back. */
    reversedBy: DocumentReceipt | null;
  }>[];
}>;

/** The numbers of intent `i` as JSON; null where there is none. */
const numbersOf = (i: string) => `case when ${i}.purpose = 'order' then jsonb_build_object(
  'type', 'SO', 'refNbr', ${i}.receipt ->> 'orderNumber', 'batNbr', '',
  'customerId', ${i}.receipt ->> 'customerId', 'period', '', 'documentDate', '')
  else ${i}.receipt end`;

/** What its lane waited for before is not what the reversal waits for. */
const LIST_SQL = `
select v.id::text as id, v.pair, v.lane_key as "laneKey", v.named, v.state, v.dated, v.reason,
  v.asked_by as "askedBy", v.asked_at as "askedAt", v.reversed_at as "reversedAt",
  v.rebooked_at as "rebookedAt", v.rebooked_by as "rebookedBy",
  v.withdrawn_at as "withdrawnAt", v.withdrawn_by as "withdrawnBy",
  (select case p.state when 'open' then p.code || ': ' || p.reason
      when 'dismissed' then 'its case was dismissed by ' || p.closed_by || ': ' || p.comment end
   from parked p
   where p.pair = v.pair and p.lane_key = v.lane_key and v.state = 'asked'
     and (p.state = 'open' or p.state in ('dismissed', 'resumed') and p.closed_at > v.asked_at)
   order by p.id desc limit 1) as trouble,
  (select w.to_do from person_wait w
   join intent i on i.pair = w.pair and i.key = w.intent_key
     and i.stage not in ('done', 'abandoned') and i.part ~ '#|^back:'
   where w.pair = v.pair and w.lane_key = v.lane_key and v.state = 'asked'
   order by w.looked_at desc limit 1) as "toDo",
  (select json_agg(json_build_object('key', i.key, 'object', i.object, 'purpose', i.purpose,
      'numbers', ${numbersOf("i")}, 'reversedBy', ${numbersOf("b")}) order by d.nr)
   from jsonb_array_elements(v.documents) with ordinality as d (document, nr)
   join intent i on i.pair = v.pair and i.key = d.document ->> 'key'
   left join intent b on b.pair = i.pair and b.key = i.reversed_by) as documents
from reversal v`;

/** The newest reversals, each with its documents. */
export async function listReversals(
  db: Pool | PoolClient,
  wanted: Readonly<{
    pair?: string | undefined;
    lane?: string | undefined;
    state?: string | undefined;
    id?: string | undefined;
  }>,
): Promise<readonly ListedReversal[]> {
  const { pair = null, lane = null, state = null, id = null } = wanted;
  const { rows } = await db.query<
    ListedReversal & { documents: ListedReversal["documents"] | null }
  >(
    `${LIST_SQL}
     where ($1::text is null or v.pair = $1) and ($2::text is null or v.lane_key = $2)
       and ($3::text is null or v.state = $3) and ($4::bigint is null or v.id = $4::bigint)
     order by v.id desc limit 200`,
    [pair, lane, state, id],
  );
  return rows.map((row) => ({ ...row, documents: row.documents ?? [] }));
}

/**
 * Lets the facts of a lane that were taken back be booked again, as a new generation each, and
 * wakes it.
 *
 * @throws HubError `api.not_found`, `conflict.version`; `reverse.already` where it was asked before
 */
export async function rebookLane(
  tx: PoolClient,
  id: string,
  how: Readonly<{ by: string; dryRun: boolean }>,
): Promise<ListedReversal> {
  const [reversal] = await listReversals(tx, { id });
  if (reversal === undefined) throw new HubError("api.not_found", `There is no reversal ${id}`);
  const { pair, laneKey, state } = reversal;
  if (state === "rebooked") {
    throw new HubError("reverse.already", `${reversal.named} is booked again already`, {
      facts: { object: laneKey },
      cure: `\`slipway trace ${laneKey}\` shows the new documents.`,
    });
  }
  if (state !== "reversed") {
    const words = state === "asked" ? "has not come to its end" : "was withdrawn";
    throw new HubError("conflict.version", `Reversal ${id} ${words}`, {
      cure: `\`slipway trace ${laneKey}\` shows how far it has come.`,
    });
  }
  if (how.dryRun) return reversal;
  await lockIdleLane(tx, { pair, key: laneKey });
  await tx.query(
    `update reversal set state = 'rebooked', rebooked_at = clock_timestamp(), rebooked_by = $3
     where pair = $1 and lane_key = $2 and state = 'reversed'`,
    [pair, laneKey, how.by],
  );
  await wakeLanes(tx, [{ pair, key: laneKey }]);
  const [after] = await listReversals(tx, { id });
  return present(after, `reversal ${id}`);
}

/** $1 reversal. A document that takes one of its documents back stands in SL, or may. */
const BEGUN_SQL = `
select 1 from reversal v
join jsonb_array_elements(v.documents) as d on true
join intent o on o.pair = v.pair and o.key = d ->> 'key'
where v.id = $1::bigint and (o.reversed_by is not null or exists (
  select from intent r
  where r.pair = o.pair and r.object = o.object and r.purpose = 'reverse'
    and r.part = concat_ws('/', o.purpose, nullif(o.part, '')) || '#' || o.generation
    and r.stage not in ('planned', 'abandoned')))
limit 1`;

/** $1 pair, $2 lane: nobody is waited for any more. An order's hold stays, for a person to lift. */
const GIVE_UP_WAITS_SQL = `
update intent set stage = 'abandoned', updated_at = now()
where pair = $1 and lane_key = $2 and purpose in ('order', 'share-out')
  and strpos(part, '#') > 0 and stage not in ('done', 'abandoned')`;

/**
 * Takes back what a person has asked for, as long as nothing of it is booked; the lane goes on as
 * if it had not been asked.
 *
 * @throws HubError `api.not_found`; `conflict.version` while a run works on the lane;
 *   `reverse.begun` where a part of it is booked already, or all of it
 */
export async function withdrawReversal(
  tx: PoolClient,
  id: string,
  how: Readonly<{ by: string; dryRun: boolean }>,
): Promise<ListedReversal> {
  const [reversal] = await listReversals(tx, { id });
  if (reversal === undefined) throw new HubError("api.not_found", `There is no reversal ${id}`);
  const { pair, laneKey, named, state } = reversal;
  await lockIdleLane(tx, { pair, key: laneKey });
  const begun = await tx.query(BEGUN_SQL, [id]);
  if (state !== "asked" || begun.rowCount !== 0) {
    const words = state === "asked" ? "is booked in part" : `is ${state}`;
    throw new HubError("reverse.begun", `Reversal ${id} of ${named} ${words}`, {
      facts: { object: laneKey },
    });
  }
  if (how.dryRun) return reversal;
  await tx.query(GIVE_UP_WAITS_SQL, [pair, laneKey]);
  await tx.query(
    `update reversal set state = 'withdrawn', withdrawn_at = clock_timestamp(), withdrawn_by = $2
     where id = $1::bigint and state = 'asked'`,
    [id, how.by],
  );
  await wakeLanes(tx, [{ pair, key: laneKey }]);
  const [after] = await listReversals(tx, { id });
  return present(after, `reversal ${id}`);
}
