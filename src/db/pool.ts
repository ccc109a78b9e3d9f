import pg, { type Pool, type PoolClient } from "pg";
import { HubError } from "../base/errors.ts";
import { columnTypes } from "./column-types.ts";
import { withOption } from "./url-option.ts";

/** How a pool connects and what it is called. */
export type PoolOptions = Readonly<{
  /** Connections at most; one more caller waits. Default 10. */
  max?: number;
  /** Shown in `pg_stat_activity`, so that an operator sees who holds what. */
  applicationName: string;
  /** How long a caller waits for a connection; default 10 s. */
  connectWithinMs?: number;
  /** The server ends a statement after this time. Default none: a claim may wait for its lock. */
  statementTimeoutMs?: number;
  /**
   * Plans each prepared statement once for a connection, whatever its values: for statements of a
   * name that are sent over and over by keys, where planning costs more than running them. Default
   * false: a statement whose filters depend on its values is planned better with them.
   */
  plansOnce?: boolean;
  /** Told of a connection that broke while nobody used it; the pool has replaced it already. */
  onIdleError?: (error: Error) => void;
}>;

/** For what somebody else does again soon: intake answers 503, and Stripe sends the event again. */
export const SHORT_CONNECT_MS = 2_000;
// Who asks the API, and a run, would rather wait for a busy database than begin anew.
const CONNECT_MS = 10_000;

// A run's transaction is a few statements; one that stands still holds locks that others wait for.
const IDLE_IN_TRANSACTION_MS = 15_000;

// Left to itself, the server never comes to keep a plan for lists of keys: it reckons ten of them.
const PLAN_ONCE = "plan_cache_mode=force_generic_plan";

/**
 * Opens a pool on a PostgreSQL server. Nothing connects before the first query.
 *
 * `int8` is read as bigint, `timestamptz` as Date, `date` and `timestamp` as text. A waiting or
 * connecting caller fails after `connectWithinMs` with an error that `isUnavailable` knows.
 */
export function openPool(url: string, options: PoolOptions): Pool {
  const pool = new pg.Pool({
    connectionString: options.plansOnce === true ? withOption(url, PLAN_ONCE) : url,
    max: options.max ?? 10,
    application_name: options.applicationName,
    connectionTimeoutMillis: options.connectWithinMs ?? CONNECT_MS,
    keepAlive: true,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    types: columnTypes,
    ...(options.statementTimeoutMs === undefined
      ? {}
      : { statement_timeout: options.statementTimeoutMs }),
  });
  // Without a listener, Node ends the process when the server closes an idle connection.
  pool.on("error", (error) => options.onIdleError?.(error));
  // Nor does the pool listen for whoever holds a connection between two queries, as one that keeps
  // an advisory lock does; the holder learns of the loss from its next query.
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

/**
 * Runs `work` in one database transaction and returns its result once that is committed.
 *
 * Rolled back when `work` throws. A connection whose state is unknown is closed, never reused.
 *
 * @throws HubError `bug.assertion` when `work` swallowed a failed statement: the server then turns
 * the commit into a rollback without an error, and the caller would believe in rows that are gone.
 */
export async function withTransaction<T>(
  pool: Pool,
  work: (tx: PoolClient) => Promise<T>,
): Promise<T> {
  const tx = await pool.connect();
  let broken: Error | undefined;
  // A checked-out client has no listener of the pool; a lost connection fails the query anyway.
  const onError = (error: Error) => {
    broken = error;
  };
  tx.on("error", onError);
  try {
    await tx.query("begin");
    const result = await work(tx);
    const end = await tx.query("commit");
    if (end.command !== "COMMIT") {
      throw new HubError("bug.assertion", "A failed statement was swallowed: nothing was saved", {
        facts: { command: end.command },
      });
    }
    return result;
  } catch (thrown) {
    broken ??= await rollback(tx);
    throw thrown;
  } finally {
    tx.removeListener("error", onError);
    tx.release(broken);
  }
}

async function rollback(tx: PoolClient): Promise<Error | undefined> {
  try {
    await tx.query("rollback");
    return undefined;
  } catch (thrown) {
    // The first error says what went wrong; this one only says that the connection is of no use.
    return thrown instanceof Error ? thrown : new Error(String(thrown));
  }
}
