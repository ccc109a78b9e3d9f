import type { Pool } from "pg";

/** What a run must know about its lane before it writes anything. */
export type RunStart = Readonly<{
  /** Hub and SL agreed when they were last compared: first writes need no look-up by key. */
  isLineageGreen: boolean;
  /** Set while the newest decision of a person on this lane is to leave it alone. */
  dismissal: Readonly<{ at: Date; by: string; reason: string }> | undefined;
}>;

type StartRow = {
  is_green: boolean | null;
  closed_at: Date | null;
  closed_by: string | null;
  comment: string | null;
};

const START_SQL = `
select l.is_green, p.closed_at, p.closed_by, p.comment
from (select 1) as one
left join lineage l on l.pair = $1
left join lateral (
  select * from (
    select state, closed_at, closed_by, comment from parked
    where pair = $1 and lane_key = $2 order by id desc limit 1) as newest
  where state = 'dismissed') as p on true`;

/** Reads it in one statement. */
export async function readRunStart(
  pool: Pool,
  lane: Readonly<{ pair: string; key: string }>,
): Promise<RunStart> {
  const rows = await pool.query<StartRow>(START_SQL, [lane.pair, lane.key]);
  const row = rows.rows[0];
  const at = row?.closed_at ?? undefined;
  return {
    isLineageGreen: row?.is_green === true,
    dismissal:
      at === undefined ? undefined : { at, by: row?.closed_by ?? "", reason: row?.comment ?? "" },
  };
}
