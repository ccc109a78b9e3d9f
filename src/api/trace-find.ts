import type { Pool } from "pg";

/** Lanes of one id; a customer may have thousands, and the newest tell the story. */
const TRACE_LANES_MAX = 20;
const FOUND_MAX = 200;

export type LaneId = Readonly<{ pair: string; key: string }>;

/** Where the story of an id is to be read. */
export type TraceScope = Readonly<{
  lanes: readonly LaneId[];
  /** Intents, by their keys, that hang on no lane of these: taken over by a rebuild. */
  intents: readonly LaneId[];
  /** Events without a lane, by their Stripe ids. */
  events: readonly LaneId[];
  isCut: boolean;
}>;

// Every key of the tables begins with the pair, so the pairs are looked up first: a handful of
// index probes, whatever the tables hold.
const PAIRS_SQL = `
with recursive seen (pair) as (
  (select least((select min(pair) from event), (select min(pair) from intent),
    (select min(pair) from lane)))
  union all
  select least(
    (select min(e.pair) from event e where e.pair > seen.pair),
    (select min(i.pair) from intent i where i.pair > seen.pair),
    (select min(l.pair) from lane l where l.pair > seen.pair))
  from seen where seen.pair is not null
)
select pair from seen where pair is not null`;

// One arm for each way in, so that each is one probe of the index that it has.
const FIND_SQL = `
with linked as (
  select l.* from link l where l.pair = any ($1) and l.stripe_id = any ($2)
  union
  select l.* from link l where l.pair = any ($1) and l.sl_key = any ($2)
  union
  select l.* from link l where l.pair = any ($1) and l.bat_nbr = any ($2) and l.bat_nbr <> ''
), named (pair, key) as (
  select i.pair, i.key from intent i where i.pair = any ($1) and i.key = any ($2)
  union
  select i.pair, i.key from intent i where i.pair = any ($1) and i.object = any ($2)
  union
  select i.pair, i.key from intent i where i.pair = any ($1) and i.lane_key = any ($2)
  union
  select i.pair, i.key from intent i where i.pair = any ($1) and i.bat_nbr = any ($2)
  union
  select l.pair, l.intent_key from linked l
  union
  select o.pair, o.intent_key from row_owner o where o.pair = any ($1) and o.row_id = any ($2)
  union
  select i.pair, i.key from linked l
  join intent i on i.pair = l.pair and i.receipt ->> 'customerId' = l.sl_key
  where l.kind = 'customer'
), hit (pair, lane_key, intent_key, event_id, at) as (
  select e.pair, e.lane_key, null, e.stripe_event_id, e.received_at from event e
  where e.pair = any ($1) and e.stripe_event_id = any ($2)
  union all
  select e.pair, e.lane_key, null, e.stripe_event_id, e.received_at from event e
  where e.pair = any ($1) and e.object_id = any ($2)
  union all
  select e.pair, e.lane_key, null, e.stripe_event_id, e.received_at from balance_row b
  join event e on e.pair = b.pair and e.object_id = b.source_id
  where b.pair = any ($1) and b.row_id = any ($2)
  union all
  select l.pair, l.key, null, null, l.woken_at from lane l
  where l.pair = any ($1) and l.key = any ($2)
  union all
  select r.pair, r.lane_key, null, null, r.ended_at from run r
  where r.pair = any ($1) and r.lane_key = any ($2)
  union all
  select i.pair, i.lane_key, i.key, null, i.created_at from named n
  join intent i on i.pair = n.pair and i.key = n.key
)
select pair, lane_key, intent_key, event_id from hit
order by at desc nulls last limit ${FOUND_MAX}`;

type Hit = {
  pair: string;
  lane_key: string | null;
  intent_key: string | null;
  event_id: string | null;
};

/**
 * Finds what an id of Stripe (`pi_ ch_ in_ re_ cs_ cus_ evt_ txn_`), a number of SL (batch, RefNbr,
 * CustId) or an intent key belongs to. SL numbers may be given without their leading zeros.
 */
export async function findTraceScope(pool: Pool, id: string): Promise<TraceScope> {
  const pairs = await pool.query<{ pair: string }>(PAIRS_SQL);
  const names = pairs.rows.map((row) => row.pair);
  const found = await pool.query<Hit>(FIND_SQL, [names, spellings(id)]);
  const lanes = new Map<string, LaneId>();
  const intents: LaneId[] = [];
  const events: LaneId[] = [];
  let isCut = found.rows.length === FOUND_MAX;
  for (const { pair, lane_key: key, intent_key, event_id } of found.rows) {
    if (key !== null && key !== "") {
      const known = lanes.has(`${pair}\n${key}`);
      if (!known && lanes.size === TRACE_LANES_MAX) isCut = true;
      else lanes.set(`${pair}\n${key}`, { pair, key });
    } else if (intent_key !== null) intents.push({ pair, key: intent_key });
    else if (event_id !== null) events.push({ pair, key: event_id });
  }
  return { lanes: [...lanes.values()], intents, events, isCut };
}

/** SL shows batch 000123 and people type 123; SL's own ids know no letter case. */
function spellings(id: string): string[] {
  const isNumber = /^\d{1,10}$/.test(id);
  const padded = isNumber ? [id.padStart(6, "0"), id.padStart(10, "0")] : [];
  return [...new Set([id, id.toUpperCase(), ...padded])];
}
