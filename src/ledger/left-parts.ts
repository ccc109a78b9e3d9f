import type { PoolClient } from "pg";
import { dayOfLane } from "./days.ts";
import { payoutOfLane } from "./payout-fees.ts";

const FORGET_SQL = "delete from left_part where pair = $1 and lane_key = $2";

/** Earlier versions named the row alone: its gross and its fee. */
const LEAVE_SQL = `
insert into left_part (pair, row_id, part, lane_key)
select $1, b.row_id, p.part, $2
from unnest($3::text[]) as name
cross join (values ('gross'), ('fee')) as p (part)
join balance_row b on b.pair = $1 and b.row_id = split_part(name, ' ', 1)
where split_part(name, ' ', 2) in (p.part, '')
order by b.row_id, p.part
on conflict (pair, row_id, part) do nothing`;

/**
 * Keeps which parts of rows a person has left alone: they stay with the lane of their case,
 * whatever the settings say later, until the case is resumed. Lanes that book no rows have none.
 *
 * @param names the parts that the case named, as `partName` does; undefined where it is resumed
 */
export async function leaveParts(
  tx: PoolClient,
  { pair, key }: Readonly<{ pair: string; key: string }>,
  names: readonly string[] | undefined,
): Promise<void> {
  if (dayOfLane(key) === undefined && payoutOfLane(key) === undefined) return;
  await tx.query(FORGET_SQL, [pair, key]);
  if (names !== undefined) await tx.query(LEAVE_SQL, [pair, key, names]);
}

/** Of `left_part` f: its lane is not to be booked anew by a reversal since. */
export const IS_STILL_LEFT = `not exists (
  select from reversal v
  where v.pair = f.pair and v.lane_key = f.lane_key and v.rebooked_at > f.left_at)`;
