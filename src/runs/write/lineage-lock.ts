import type { Pool, PoolClient } from "pg";
import { type Clock, pause } from "../../base/clock.ts";
import { HubError } from "../../base/errors.ts";

/** 'SLLI' in ASCII: the number space of these locks, one for each pair. */
const TAKE_SQL = "select pg_try_advisory_lock(1397509193, hashtext($1)) as is_ours";
const FREE_SQL = "select pg_advisory_unlock(1397509193, hashtext($1))";
/** A comparison reads a hundred documents at most; a rebuild that takes longer is refused here. */
const WAITED_MAX_MS = 60_000;
const TRY_AGAIN_MS = 200;

/**
 * Runs `work` while nobody else compares or rebuilds this pair, over all hubs: a comparison that
 * began before a rebuild would pause the pair for a gap that is closed by then.
 *
 * @throws HubError `conflict.rebuild_running` when the other has not ended after a minute
 */
export async function withLineageLock<T>(
  pool: Pool,
  lock: { pair: string; clock: Clock },
  work: () => Promise<T>,
): Promise<T> {
  const { pair, clock } = lock;
  const untilMs = clock.monotonicMs() + WAITED_MAX_MS;
  for (;;) {
    const result = await tryWithLineageLock(pool, pair, work);
    if (result !== undefined) return result.value;
    if (clock.monotonicMs() > untilMs) {
      throw new HubError("conflict.rebuild_running", `The pair "${pair}" is being rebuilt already`);
    }
    await pause(TRY_AGAIN_MS);
  }
}

/** The same without waiting; undefined when somebody else compares or rebuilds the pair. */
export async function tryWithLineageLock<T>(
  pool: Pool,
  pair: string,
  work: () => Promise<T>,
): Promise<{ value: T } | undefined> {
  const client = await pool.connect();
  let isBroken = false;
  try {
    const taken = await client.query<{ is_ours: boolean }>(TAKE_SQL, [pair]);
    if (taken.rows[0]?.is_ours !== true) return undefined;
    try {
      return { value: await work() };
    } finally {
      isBroken = !(await free(client, pair));
    }
  } finally {
    client.release(isBroken);
  }
}

/** False when the connection is gone, and the lock with it. */
function free(client: PoolClient, pair: string): Promise<boolean> {
  return client.query(FREE_SQL, [pair]).then(
    () => true,
    () => false,
  );
}
