import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Settings that differ from the hub's own, by PostgreSQL's names. */
export type ServerSettings = Readonly<Record<string, string>>;

const SETTINGS: ServerSettings = {
  listen_addresses: "127.0.0.1",
  // A socket's path has a limit of about 100 bytes, which a home in a deep folder would pass.
  unix_socket_directories: "",
  max_connections: "200",
  shared_buffers: "128MB",
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
  // The level that a backup of the running server needs.
  wal_level: "replica",
  // Parallel queries need shared memory that containers are short of; no query of ours is that big.
  max_parallel_workers_per_gather: "0",
  jit: "off",
  // A new hub fills its tables within minutes, and plans made for empty ones read them whole.
  autovacuum_naptime: "15s",
  timezone: "UTC",
  log_timezone: "UTC",
  datestyle: "ISO, MDY",
  lc_messages: "C",
  log_line_prefix: "%m [%p] %a ",
  log_checkpoints: "off",
  // Details of a failed statement quote rows: what customers typed does not belong into a log.
  log_error_verbosity: "terse",
  log_min_error_statement: "panic",
};

/**
 * Writes `postgresql.conf`, whole and at each start: what a person changed there does not last,
 * so a data folder behaves alike on every machine.
 */
export async function writeSettings(
  dataFolder: string,
  own: Readonly<{ port: number; clusterName: string }>,
  extra: ServerSettings,
): Promise<void> {
  const all = {
    ...SETTINGS,
    port: String(own.port),
    cluster_name: own.clusterName,
    ...extra,
  };
  const lines = Object.entries(all).map(
    ([name, value]) => `${name} = '${value.replaceAll("'", "''")}'`,
  );
  const text = `# Written by Slipway at each start.\n${lines.join("\n")}\n`;
  const path = join(dataFolder, "postgresql.conf");
  await writeFile(path, text);
  // Whatever the umask of root: the server's user reads it, and its folder is closed to all others.
  await chmod(path, 0o644);
}
