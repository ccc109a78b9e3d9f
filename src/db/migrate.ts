import pg from "pg";
import { HubError } from "../base/errors.ts";
import { columnTypes } from "./column-types.ts";
import { untilNoHubWorks } from "./hubs-at-work.ts";
import { MIGRATIONS_FOLDER, type MigrationFile, readMigrations } from "./migration-files.ts";
import { isUnavailable } from "./unavailable.ts";

/** Where the migrations stand. */
export type MigrateOptions = Readonly<{
  /** Default: the migrations of this version. */
  folder?: string;
  /** How long hubs that work on the database may take to stop. Default 15 s. */
  hubsStopWithinMs?: number;
}>;

/** One migration as the files and the database know it. */
export type MigrationState = Readonly<{
  name: string;
  state: "applied" | "pending" | "changed" | "missing" | "newer";
  appliedAt: Date | null;
}>;

type AppliedRow = Readonly<{ name: string; sha256: string; applied_at: Date }>;

// Any two hubs must name the same lock; the number itself means nothing ("slip" in ASCII).
const MIGRATION_LOCK = 0x736c6970;

// Longer than a hub counts as alive that was killed a moment before the upgrade.
const HUBS_STOP_WITHIN_MS = 15_000;

const CREATE_TABLE = `create table if not exists slipway_migration (
  name text primary key,
  sha256 text not null,
  applied_at timestamptz not null default clock_timestamp()
)`;

/**
 * Brings a database to the schema of this version and returns the names of the files it applied.
 *
 * Each file runs in a transaction of its own under one advisory lock, so any number of hubs may
 * call this at once: one works, the others wait and find nothing to do. Where something is to be
 * applied, no hub may be at work.
 *
 * @throws HubError `db.migration_failed` with the file and line; the files before it stay applied
 * @throws HubError `db.migration_changed` when an applied file differs or is gone, or when a
 * pending one stands before an applied one
 * @throws HubError `db.schema_newer` when the database has migrations that this version lacks
 * @throws HubError `db.hub_at_work` while a hub of the version before works on the database
 * @throws HubError `db.unavailable` when the server does not answer
 */
export async function migrate(url: string, options: MigrateOptions = {}): Promise<string[]> {
  const files = await readMigrations(options.folder ?? MIGRATIONS_FOLDER);
  return withClient(url, async (client) => {
    await client.query("select pg_advisory_lock($1)", [MIGRATION_LOCK]);
    await client.query(CREATE_TABLE);
    const states = compare(files, await readApplied(client));
    refuse(states);
    const pending = files.filter(({ name }) => isPending(states, name));
    if (pending.length > 0) {
      await untilNoHubWorks(client, options.hubsStopWithinMs ?? HUBS_STOP_WITHIN_MS);
    }
    for (const file of pending) await apply(client, file);
    return pending.map(({ name }) => name);
  });
}

/** Tells applied, pending, changed, missing and newer files, in their order. Writes nothing. */
export async function migrationStatus(
  url: string,
  options: MigrateOptions = {},
): Promise<MigrationState[]> {
  const files = await readMigrations(options.folder ?? MIGRATIONS_FOLDER);
  return withClient(url, async (client) => {
    const table = await client.query("select 1 where to_regclass('slipway_migration') is not null");
    return compare(files, table.rowCount === 0 ? [] : await readApplied(client));
  });
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    application_name: "slipway-migrate",
    connectionTimeoutMillis: 5_000,
    types: columnTypes,
  });
  // The query in flight fails with the same error; without a listener the process would end.
  client.on("error", () => undefined);
  try {
    await client.connect();
    return await work(client);
  } catch (thrown) {
    if (thrown instanceof HubError || !isUnavailable(thrown)) throw thrown;
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new HubError("db.unavailable", `The database does not answer: ${reason}`, {
      cause: thrown,
    });
  } finally {
    // Ends the session, which gives the advisory lock back.
    await client.end().catch(() => undefined);
  }
}

async function readApplied(client: pg.Client): Promise<AppliedRow[]> {
  const result = await client.query<AppliedRow>(
    "select name, sha256, applied_at from slipway_migration order by name",
  );
  return result.rows;
}

function compare(files: readonly MigrationFile[], rows: readonly AppliedRow[]): MigrationState[] {
  const newest = files.at(-1)?.name ?? "";
  const names = new Set([...files.map(({ name }) => name), ...rows.map(({ name }) => name)]);
  return [...names].sort().map((name) => {
    const file = files.find((candidate) => candidate.name === name);
    const row = rows.find((candidate) => candidate.name === name);
    const appliedAt = row?.applied_at ?? null;
    if (row === undefined) return { name, state: "pending", appliedAt };
    if (file === undefined) return { name, state: name > newest ? "newer" : "missing", appliedAt };
    return { name, state: file.sha256 === row.sha256 ? "applied" : "changed", appliedAt };
  });
}

function isPending(states: readonly MigrationState[], name: string): boolean {
  return states.some((entry) => entry.name === name && entry.state === "pending");
}

function refuse(states: readonly MigrationState[]): void {
  const newer = states.filter(({ state }) => state === "newer").map(({ name }) => name);
  if (newer.length > 0) {
    throw new HubError("db.schema_newer", `The database has ${newer.join(", ")}, which is newer`, {
      facts: { migration: newer[0] },
    });
  }
  const wrong = states.find(({ state }) => state === "changed" || state === "missing");
  if (wrong !== undefined) {
    throw new HubError("db.migration_changed", `${wrong.name} was applied and is ${wrong.state}`, {
      facts: { migration: wrong.name },
    });
  }
  const firstPending = states.findIndex(({ state }) => state === "pending");
  const late = states[firstPending];
  const after = states.slice(firstPending + 1).find(({ state }) => state === "applied");
  if (late !== undefined && firstPending >= 0 && after !== undefined) {
    throw new HubError(
      "db.migration_changed",
      `${late.name} came after ${after.name} was applied`,
      {
        facts: { migration: late.name },
        cure: `Give ${late.name} a number above the newest applied migration.`,
      },
    );
  }
}

async function apply(client: pg.Client, { name, sql, sha256 }: MigrationFile): Promise<void> {
  try {
    await client.query("begin");
    await client.query(sql);
    await client.query("insert into slipway_migration (name, sha256) values ($1, $2)", [
      name,
      sha256,
    ]);
    const end = await client.query("commit");
    if (end.command !== "COMMIT") throw new Error("the file left its transaction in error");
  } catch (thrown) {
    if (isUnavailable(thrown)) throw thrown;
    await client.query("rollback");
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    const line = lineOf(thrown, sql);
    const place = line === undefined ? name : `${name}, line ${line}`;
    throw new HubError("db.migration_failed", `${place}: ${reason}`, {
      facts: { migration: name, line },
      cause: thrown,
    });
  }
}

/** The line of the file that the server points at: it counts characters from 1. */
function lineOf(thrown: unknown, sql: string): number | undefined {
  if (!(thrown instanceof pg.DatabaseError) || thrown.position === undefined) return undefined;
  return sql.slice(0, Number(thrown.position) - 1).split("\n").length;
}
