import type { PoolClient } from "pg";
import type { HubError } from "../base/errors.ts";
import { TELL } from "../hub-events/index.ts";

type LaneId = Readonly<{ pair: string; key: string }>;

// The same trouble again keeps its row and version; other trouble, or other money behind it, is a
// new version, so that a command that saw the old one is refused. A run that failed before it had
// read the money leaves what an earlier one knew. Told is a new version alone.
const PARK_SQL = `
with before as (
  select version from parked where pair = $1 and lane_key = $2 and state = 'open'
), saved as (
insert into parked (pair, lane_key, category, code, reason, cure, facts, run_id)
values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8::bigint)
on conflict (pair, lane_key) where state = 'open' do update
  set category = excluded.category, code = excluded.code, reason = excluded.reason,
      cure = excluded.cure, run_id = excluded.run_id,
      facts = case when excluded.facts ? 'money' or not parked.facts ? 'money' then excluded.facts
        else excluded.facts || jsonb_build_object('money', parked.facts -> 'money') end,
      version = parked.version + case
        when parked.reason = excluded.reason and parked.facts ->> 'money' is not distinct from
          coalesce(excluded.facts ->> 'money', parked.facts ->> 'money') then 0 else 1 end,
      changed_at = now()
returning *
)
${TELL}
select pair, lane_key, 'document.parked', jsonb_build_object(
  'case', id::text, 'version', version, 'runId', run_id::text, 'category', category,
  'code', code, 'reason', reason, 'cure', cure, 'money', facts -> 'money')
from saved where not exists (select from before b where b.version = saved.version)`;

/** Selects from rows of `parked`; the event is named after the state that it has come to. */
export const TELL_CLOSED = `${TELL}
  select pair, lane_key, 'document.' || state,
    jsonb_build_object('case', id::text, 'by', closed_by, 'comment', comment)`;

const RESOLVE_SQL = `
with closed as (
  update parked set state = 'resolved', closed_at = now(), closed_by = 'the run',
    changed_at = now()
  where pair = $1 and lane_key = $2 and state = 'open'
  returning *
)
${TELL_CLOSED} from closed`;

/** What a person is to look at: the trouble, and the money that the run knew of, if it did. */
export type Parking = Readonly<{ error: HubError; runId: string; money?: string }>;

/** Parks the lane for a person: what is wrong, what to do about it, and what money is behind it. */
export async function parkLane(tx: PoolClient, lane: LaneId, parking: Parking): Promise<void> {
  const { category, code, message, cure } = parking.error;
  const { money, runId } = parking;
  const facts = { ...parking.error.facts, ...(money === undefined ? {} : { money }) };
  const values = [lane.pair, lane.key, category, code, message, cure, JSON.stringify(facts)];
  await tx.query(PARK_SQL, [...values, runId]);
}

/** The run came through: what was parked on its lane is over. */
export async function resolveParked(tx: PoolClient, lane: LaneId): Promise<void> {
  await tx.query(RESOLVE_SQL, [lane.pair, lane.key]);
}
