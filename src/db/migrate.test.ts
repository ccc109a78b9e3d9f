import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Pool } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  createEmptyDatabase,
  createTestDatabase,
  type TestDatabase,
  unreachableUrl,
} from "../../test/support/postgres.ts";
import { migrate, migrationStatus, openPool } from "./index.ts";
import { MIGRATIONS_FOLDER } from "./migration-files.ts";

let database: TestDatabase;
let pool: Pool;
let folder: string;

beforeAll(async () => {
  database = await createEmptyDatabase();
  pool = openPool(database.url, { applicationName: "migrate-test" });
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-migrations-"));
});

afterEach(async () => {
  await pool.query("drop schema public cascade; create schema public");
  await rm(folder, { recursive: true });
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

async function save(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, sql] of Object.entries(files)) await writeFile(join(folder, name), sql);
}

async function tables(): Promise<string[]> {
  const answer = await pool.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'public' order by 1",
  );
  return answer.rows.map(({ name }) => name);
}

const ONE = { "0001_one.sql": "create table one (id int);" };
const TWO = { "0002_two.sql": "create table two (id int);" };

describe("migrate", () => {
  test("applies what is pending in order, once", async () => {
    await save({ ...TWO, ...ONE });

    const first = await migrate(database.url, { folder });
    const second = await migrate(database.url, { folder });

    expect([first, second]).toEqual([["0001_one.sql", "0002_two.sql"], []]);
    expect(await tables()).toEqual(["one", "slipway_migration", "two"]);
  });

  test("works on a folder without migrations", async () => {
    expect(await migrate(database.url, { folder })).toEqual([]);
  });

  test("by several hubs at once applies each file once", async () => {
    await save({ ...ONE, ...TWO });

    const results = await Promise.all(
      Array.from({ length: 6 }, () => migrate(database.url, { folder })),
    );

    expect(results.flat().sort()).toEqual(["0001_one.sql", "0002_two.sql"]);
  });

  test("stops at a failing file with its name and line", async () => {
    await save({ ...ONE, "0002_bad.sql": "create table half (id int);\n\nselect nonsense;" });

    const failed = migrate(database.url, { folder });

    await expect(failed).rejects.toMatchObject({
      code: "db.migration_failed",
      facts: { migration: "0002_bad.sql", line: 3 },
    });
    expect(await tables()).toEqual(["one", "slipway_migration"]);
  });

  test("goes on after the failing file was mended", async () => {
    await save({ ...ONE, "0002_bad.sql": "select nonsense;" });
    await expect(migrate(database.url, { folder })).rejects.toThrow("0002_bad.sql");
    await save({ "0002_bad.sql": "create table mended (id int);" });

    expect(await migrate(database.url, { folder })).toEqual(["0002_bad.sql"]);
  });

  test("takes a file with Windows line ends for the same file", async () => {
    await save({ "0001_one.sql": "create table one (\n  id int\n);\n" });
    await migrate(database.url, { folder });
    await save({ "0001_one.sql": "create table one (\r\n  id int\r\n);\r\n" });

    expect(await migrate(database.url, { folder })).toEqual([]);
  });

  test("says that the database is unavailable where none answers", async () => {
    await save(ONE);

    await expect(migrate(await unreachableUrl(), { folder })).rejects.toMatchObject({
      code: "db.unavailable",
    });
  });
});

describe("migrate refuses", () => {
  beforeEach(async () => {
    await save({ ...ONE, ...TWO });
    await migrate(database.url, { folder });
  });

  test("an applied file that was changed, by its name", async () => {
    await save({ "0001_one.sql": "create table one (id bigint);" });

    await expect(migrate(database.url, { folder })).rejects.toMatchObject({
      code: "db.migration_changed",
      facts: { migration: "0001_one.sql" },
    });
  });

  test("an applied file that is missing, by its name", async () => {
    await rm(join(folder, "0001_one.sql"));

    await expect(migrate(database.url, { folder })).rejects.toMatchObject({
      code: "db.migration_changed",
      facts: { migration: "0001_one.sql" },
    });
  });

  test("a database that is newer than the code, and changes nothing", async () => {
    await rm(join(folder, "0002_two.sql"));

    await expect(migrate(database.url, { folder })).rejects.toMatchObject({
      code: "db.schema_newer",
      facts: { migration: "0002_two.sql" },
    });
    expect(await tables()).toEqual(["one", "slipway_migration", "two"]);
  });

  test("a database on which a hub is at work, until that has stopped", async () => {
    await pool.query(`create table hub_process (id text, heartbeat_at timestamptz);
      insert into hub_process
      values ('older:1', now()), ('killed:2', now() - interval '1 minute')`);
    await save({ "0003_three.sql": "create table three (id int);" });

    await expect(migrate(database.url, { folder, hubsStopWithinMs: 0 })).rejects.toMatchObject({
      code: "db.hub_at_work",
      facts: { hubs: "older:1" },
    });
    expect(await tables()).not.toContain("three");
    const upgrade = migrate(database.url, { folder });
    await pool.query("delete from hub_process where id = 'older:1'");

    expect(await upgrade).toEqual(["0003_three.sql"]);
  });

  test("a new file that stands before an applied one", async () => {
    await rm(join(folder, "0001_one.sql"));
    await pool.query("delete from slipway_migration where name = '0001_one.sql'");
    await save({ "0001_late.sql": "create table late (id int);" });

    await expect(migrate(database.url, { folder })).rejects.toMatchObject({
      code: "db.migration_changed",
      facts: { migration: "0001_late.sql" },
    });
    expect(await tables()).not.toContain("late");
  });
});

test.each([
  ["a name without a number", { "one.sql": "" }],
  ["a number given twice", { "0001_one.sql": "", "0001_two.sql": "" }],
])("%s is refused before anything is applied", async (_name, files: Record<string, string>) => {
  await save(files);

  await expect(migrate(database.url, { folder })).rejects.toMatchObject({
    code: "db.migration_failed",
  });
  expect(await tables()).toEqual([]);
});

test("the status tells the states of files apart and writes nothing", async () => {
  await save({ ...ONE, ...TWO, "0003_three.sql": "create table three (id int);" });
  expect((await migrationStatus(database.url, { folder })).map(({ state }) => state)).toEqual([
    "pending",
    "pending",
    "pending",
  ]);
  expect(await tables()).toEqual([]);
  await migrate(database.url, { folder });
  await pool.query("delete from slipway_migration where name = '0002_two.sql'");
  await pool.query("insert into slipway_migration values ('0009_new.sql', 'none')");
  await save({ "0001_one.sql": "-- changed" });

  const states = await migrationStatus(database.url, { folder });

  expect(states.map(({ name, state }) => [name, state])).toEqual([
    ["0001_one.sql", "changed"],
    ["0002_two.sql", "pending"],
    ["0003_three.sql", "applied"],
    ["0009_new.sql", "newer"],
  ]);
  expect(states[2]?.appliedAt).toBeInstanceOf(Date);
});

test("each database of the tests has all migrations of this version", async () => {
  const migrated = await createTestDatabase();

  const states = await migrationStatus(migrated.url);

  const files = (await readdir(MIGRATIONS_FOLDER)).filter((name) => name.endsWith(".sql"));
  expect(states.filter(({ state }) => state === "applied")).toHaveLength(files.length);
  await migrated.drop();
});

test("a test database whose pool was left open says so when it is dropped", async () => {
  const left = await createTestDatabase();
  const leak = openPool(left.url, { applicationName: "leaky-pool" });
  await leak.query("select 1");

  await expect(left.drop()).rejects.toThrow(/leaky-pool/);

  await leak.end();
});
