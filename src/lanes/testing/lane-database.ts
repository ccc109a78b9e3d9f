import type { Pool } from "pg";
import { createTestDatabase } from "../../../test/support/postgres.ts";
import { openPool } from "../../db/index.ts";
import { claimLanes } from "../claim.ts";
import type { ClaimedLane } from "../lane.ts";

export type LaneRow = {
  pair: string;
  key: string;
  wake: bigint;
  attempt: bigint;
  owner: string | null;
  tries: number;
  waits_for: string | null;
  due_in_ms: number | null;
  lease_in_ms: number | null;
};

/** A database of its own for one test file, and the look at lanes that tests need. */
export type LaneDatabase = Readonly<{
  url: string;
  pool: Pool;
  lane(key: string, pair?: string): Promise<LaneRow | undefined>;
  /** Claims whatever is due, as process `owner`. */
  claim(
    owner: string,
    options?: { pair?: string; room?: number; limit?: number },
  ): Promise<readonly ClaimedLane[]>;
  /** Makes the lease of a lane run out, as time would. */
  expire(key: string): Promise<void>;
  /** Removes every lane and state, for the next test. */
  clear(): Promise<void>;
  close(): Promise<void>;
}>;

const LANE_SQL = `
select pair, key, wake, attempt, owner, tries, waits_for,
  (extract(epoch from due_at - clock_timestamp()) * 1000)::float8 as due_in_ms,
  (extract(epoch from lease_until - clock_timestamp()) * 1000)::float8 as lease_in_ms
from lane where pair = $1 and key = $2`;

export async function openLaneDatabase(): Promise<LaneDatabase> {
  const database = await createTestDatabase();
  const pool = openPool(database.url, { applicationName: "lanes-test", max: 10 });
  return {
    url: database.url,
    pool,
    lane: async (key, pair = "acme") => (await pool.query<LaneRow>(LANE_SQL, [pair, key])).rows[0],
    claim: async (owner, { pair = "acme", room = 10, limit = 100 } = {}) =>
      (await claimLanes(pool, { owner, pairs: [{ pair, limit }], room })).lanes,
    expire: async (key) => {
      await pool.query(
        "update lane set lease_until = clock_timestamp() - interval '1 ms' where key = $1",
        [key],
      );
    },
    clear: async () => {
      await pool.query("truncate lane, pair_state, event, hub_process, guest_call");
    },
    close: async () => {
      await pool.end();
      await database.drop();
    },
  };
}

/** The only element; fails where there is none or more than one. */
export function only<T>(list: readonly T[]): T {
  const [first] = list;
  if (first === undefined || list.length > 1) throw new Error(`Not one but ${list.length}`);
  return first;
}
