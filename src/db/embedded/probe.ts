import pg from "pg";
import { HubError } from "../../base/errors.ts";
import { readSystemIdentifier } from "./data-folder.ts";
import { systemCode } from "./fs-errors.ts";
import { DATABASE, SUPERUSER } from "./initdb.ts";

/** Stands in `pg_stat_activity` for each hub that uses the server; see `tenure.ts`. */
export const TENURE_NAME = "slipway-launcher";

/** The URL of a database on the embedded server. */
export function urlOf(port: number, password: string, database = DATABASE): string {
  return `postgres://${SUPERUSER}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
}

const CANNOT_CONNECT_NOW = "57P03";

export type Probe = Readonly<{ pid: number; port: number; password: string; dataFolder: string }>;

/**
 * Proves that the server on this port is the one of this data folder: it takes our password, and
 * names the folder's system identifier. Makes the hub's database where it is missing.
 *
 * Undefined when it takes nobody in at this moment: it starts, stops, or is just dying.
 *
 * @throws HubError `db.embedded_busy` when it is another server, or gives no answer
 */
export async function proveServer(probe: Probe): Promise<string | undefined> {
  const client = new pg.Client({
    connectionString: urlOf(probe.port, probe.password, "postgres"),
    application_name: "slipway-probe",
    connectionTimeoutMillis: 5_000,
    query_timeout: 5_000,
  });
  client.on("error", () => undefined);
  const expected = await readSystemIdentifier(probe.dataFolder);
  try {
    await client.connect();
    const answer = await client.query<{ found: string; has_database: boolean }>(
      `select system_identifier::text as found,
        exists (select from pg_database where datname = $1) as has_database
      from pg_control_system()`,
      [DATABASE],
    );
    const row = answer.rows[0];
    if (row?.found !== expected) throw foreign(probe, "has another system identifier");
    if (!row.has_database) await client.query(`create database ${DATABASE}`);
    return expected;
  } catch (thrown) {
    if (thrown instanceof HubError) throw thrown;
    if (isNotNow(thrown)) return undefined;
    const isRefused = thrown instanceof pg.DatabaseError && thrown.code?.startsWith("28") === true;
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw foreign(probe, isRefused ? "refuses our password" : `does not answer: ${reason}`, thrown);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function isNotNow(thrown: unknown): boolean {
  if (thrown instanceof pg.DatabaseError) return thrown.code === CANNOT_CONNECT_NOW;
  if (["ECONNREFUSED", "ECONNRESET", "EPIPE"].includes(systemCode(thrown))) return true;
  return thrown instanceof Error && thrown.message === "Connection terminated unexpectedly";
}

/** The error for a server that lives in our data folder and is not ours to use. */
export function foreign(
  { pid, port, dataFolder }: Probe,
  reason: string,
  cause?: unknown,
): HubError {
  return new HubError(
    "db.embedded_busy",
    `PostgreSQL process ${pid} runs in ${dataFolder} on port ${port}, but it ${reason}`,
    { facts: { pid, port, dataFolder }, cause },
  );
}
