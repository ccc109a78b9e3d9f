import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { startEmbeddedPostgres } from "../../src/db/index.ts";

/** The PostgreSQL of one bench run: the hub's own embedded one, with its own settings. */
export type BenchServer = Readonly<{
  pid: number;
  /** The server's settings that decide how durable a commit is, for the report. */
  durability: string;
  /** Makes an empty database and gives its URL. */
  createDatabase(): Promise<string>;
  stop(): Promise<void>;
}>;

/** Starts it with all data below `home`, flushed to disk at each commit as in production. */
export async function startBenchServer(home: string): Promise<BenchServer> {
  const server = await startEmbeddedPostgres({ home });
  const pidFile = readFileSync(join(server.dataDir, "postmaster.pid"), "utf8");
  const durability = await readDurability(server.url);
  return {
    pid: Number(pidFile.split("\n")[0]),
    durability,
    createDatabase: async () => {
      const name = `bench_${randomBytes(4).toString("hex")}`;
      await withClient(server.url, (client) => client.query(`create database ${name}`));
      const url = new URL(server.url);
      url.pathname = `/${name}`;
      return url.href;
    },
    stop: async () => {
      await server.stop();
    },
  };
}

/** Runs `work` on a connection of its own. */
export async function withClient<T>(
  url: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: "slipway-bench" });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function readDurability(url: string): Promise<string> {
  const names = ["server_version", "fsync", "synchronous_commit", "full_page_writes"];
  const { rows } = await withClient(url, (client) =>
    client.query<{ name: string; setting: string }>(
      "select name, setting from pg_settings where name = any ($1::text[])",
      [names],
    ),
  );
  return names
    .map((name) => `${name} ${rows.find((row) => row.name === name)?.setting ?? "?"}`)
    .join(", ");
}
