import { randomBytes } from "node:crypto";
import { createServer } from "node:net";
import pg from "pg";
import { inject } from "vitest";
import { pause } from "../../src/base/clock.ts";
import { type EmbeddedPostgres, migrate, startEmbeddedPostgres } from "../../src/db/index.ts";
import { TEST_SETTINGS } from "./test-home.ts";

export type TestDatabase = Readonly<{
  url: string;
  /**
   * Deletes the database.
   *
   * @throws when a connection to it is still open, naming the pool: whoever leaves one open in a
   * test leaves it open in the hub
   */
  drop(): Promise<void>;
}>;

const TEMPLATE = "slipway_template";
const TEMPLATE_LOCK = 0x74656d70;
// A pool's end resolves before the server has ended its side of each connection.
const CLOSING_MS = 2_000;

let serverOfThisFile: Promise<EmbeddedPostgres> | undefined;

/** A fresh database with all migrations, for one test file; the caller drops it at the end. */
export async function createTestDatabase(): Promise<TestDatabase> {
  return createDatabase(TEMPLATE);
}

/** A fresh database with nothing in it, for tests of the migrations themselves. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  return createDatabase("template0");
}

async function createDatabase(template: string): Promise<TestDatabase> {
  serverOfThisFile ??= startEmbeddedPostgres({
    home: inject("postgresHome"),
    settings: TEST_SETTINGS,
  });
  const server = await serverOfThisFile;
  const name = `test_${randomBytes(6).toString("hex")}`;
  const adminUrl = urlOf(server, "postgres");
  await withAdmin(adminUrl, async (admin) => {
    if (template === TEMPLATE) await makeTemplate(admin, server);
    // Twice as fast as by the log, which is for servers that must not flush.
    await admin.query(`create database ${name} template ${template} strategy file_copy`);
  });
  return {
    url: urlOf(server, name),
    drop: () => withAdmin(adminUrl, (admin) => dropDatabase(admin, name)),
  };
}

function urlOf(server: EmbeddedPostgres, database: string): string {
  const url = new URL(server.url);
  url.pathname = `/${database}`;
  return url.href;
}

async function withAdmin(url: string, work: (admin: pg.Client) => Promise<void>): Promise<void> {
  const admin = new pg.Client({ connectionString: url, application_name: "slipway-test" });
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.end();
  }
}

/** Migrates the template once for the run; whoever comes meanwhile waits. */
async function makeTemplate(admin: pg.Client, server: EmbeddedPostgres): Promise<void> {
  await admin.query("select pg_advisory_lock($1)", [TEMPLATE_LOCK]);
  try {
    const found = await admin.query("select from pg_database where datname = $1", [TEMPLATE]);
    if (found.rowCount !== 0) return;
    const draft = `${TEMPLATE}_draft`;
    await admin.query(`drop database if exists ${draft} with (force)`);
    await admin.query(`create database ${draft} template template0`);
    await migrate(urlOf(server, draft));
    await untilUnused(admin, draft);
    await admin.query(`alter database ${draft} rename to ${TEMPLATE}`);
  } finally {
    await admin.query("select pg_advisory_unlock($1)", [TEMPLATE_LOCK]);
  }
}

async function dropDatabase(admin: pg.Client, name: string): Promise<void> {
  const left = await untilUnused(admin, name);
  await admin.query(`drop database ${name} with (force)`);
  if (left.length > 0) {
    throw new Error(`The test left ${left.length} connections open: ${left.join(", ")}`);
  }
}

/** The names of the connections that are still open after two seconds. */
async function untilUnused(admin: pg.Client, name: string): Promise<string[]> {
  const deadlineMs = performance.now() + CLOSING_MS;
  while (true) {
    const open = await admin.query<{ name: string }>(
      `select application_name as name from pg_stat_activity
      where datname = $1 and backend_type = 'client backend'`,
      [name],
    );
    if (open.rows.length === 0 || performance.now() > deadlineMs) {
      return open.rows.map((row) => row.name);
    }
    await pause(10);
  }
}

/** A URL of 127.0.0.1 on which nothing listens. */
export async function unreachableUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  await new Promise((resolve) => server.close(resolve));
  return `postgres://nobody:none@127.0.0.1:${port}/none`;
}
