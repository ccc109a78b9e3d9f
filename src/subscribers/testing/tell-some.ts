import type { Pool, PoolClient } from "pg";
import { TELL } from "../../hub-events/index.ts";

/** One event for each key, in one statement; what it carries does not matter here. */
export async function tellSome(
  db: Pool | PoolClient,
  keys: readonly string[],
  { type = "order.booked", pair = "acme-us" }: { type?: string; pair?: string } = {},
): Promise<void> {
  await db.query(
    `${TELL}
     select $1, k.key, $2, jsonb_build_object('object', k.key)
     from unnest($3::text[]) with ordinality as k (key, nr) order by k.nr`,
    [pair, type, keys],
  );
}
