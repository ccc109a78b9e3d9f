import type { PoolClient } from "pg";
import type { HubError } from "../base/errors.ts";

type LaneId = Readonly<{ pair: string; key: string }>;

// The same trouble again keeps its row and version; other trouble is a new version, so that a
// command that saw the old reason is refused.
const PARK_SQL = `
insert into parked (pair, lane_key, category, code, reason, cure, facts)
values ($1, $2, $3, $4, $5, $6, $7::jsonb)
on conflict (pair, lane_key) where state = 'open' do update
  set category = excluded.category, code = excluded.code, reason = excluded.reason,
      cure = excluded.cure, facts = excluded.facts,
      version = parked.version + case when parked.reason = excluded.reason then 0 else 1 end,
      changed_at = now()`;

const RESOLVE_SQL = `
update parked set state = 'resolved', closed_at = now(), closed_by = 'the run', changed_at = now()
where pair = $1 and lane_key = $2 and state = 'open'`;

/** Parks the lane for a person: what is wrong, and what to do about it. */
export async function parkLane(tx: PoolClient, lane: LaneId, error: HubError): Promise<void> {
  const { category, code, message, cure, facts } = error;
  const values = [lane.pair, lane.key, category, code, message, cure, JSON.stringify(facts)];
  await tx.query(PARK_SQL, values);
}

/** The run came through: what was parked on its lane is over. */
export async function resolveParked(tx: PoolClient, lane: LaneId): Promise<void> {
  await tx.query(RESOLVE_SQL, [lane.pair, lane.key]);
}
