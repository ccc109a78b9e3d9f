import type { Pool, PoolClient } from "pg";
import { HubError } from "../base/errors.ts";
import type { ClaimedWalk } from "./claim.ts";
import type { Mark } from "./walk.ts";

const MARK_SQL = `
update event_walk set position = greatest(position, $5), span_ms = $6
where pair = $1 and kind = $2 and owner = $3 and round = $4::bigint`;

const SET_OUT_SQL = `
update event_walk set walk_from = $5, walk_to = $6
where pair = $1 and kind = $2 and owner = $3 and round = $4::bigint`;

/**
 * Moves a walk on, in the transaction that stores what it came upon.
 *
 * @throws HubError `lane.fenced` when another hub has the walk
 */
export function moveMark(tx: Pool | PoolClient, walk: ClaimedWalk, mark: Mark): Promise<void> {
  return fenced(tx, walk, { sql: MARK_SQL, values: [mark.position, mark.spanMs] });
}

/** Tells everybody of a long way. @throws HubError `lane.fenced` when another hub has the walk */
export function setOut(
  pool: Pool,
  walk: ClaimedWalk,
  way: Readonly<{ from: Date; to: Date }>,
): Promise<void> {
  return fenced(pool, walk, { sql: SET_OUT_SQL, values: [way.from, way.to] });
}

async function fenced(
  tx: Pool | PoolClient,
  walk: ClaimedWalk,
  statement: Readonly<{ sql: string; values: readonly unknown[] }>,
): Promise<void> {
  const { pair, kind, owner, round } = walk;
  const { sql, values } = statement;
  const result = await tx.query(sql, [pair, kind, owner, round, ...values]);
  if (result.rowCount === 1) return;
  throw new HubError("lane.fenced", "Another hub goes on with this pair's list at Stripe", {
    facts: { pair, kind, owner },
  });
}
