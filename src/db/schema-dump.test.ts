import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  createEmptyDatabase,
  createTestDatabase,
  type TestDatabase,
} from "../../test/support/postgres.ts";
import { openPool } from "./index.ts";
import { generateSchemaDump } from "./schema-dump.ts";

/** The dump that this version of the hub brings, beside `migrations/`. */
const SCHEMA_FILE = fileURLToPath(new URL("../../schema.sql", import.meta.url));

let database: TestDatabase;
let empty: TestDatabase;
let pool: Pool;

const EVERY_KIND = `
  create type colour as enum ('red', 'green');
  create domain minor as int8 check (value >= 0);
  create sequence free_sequence;
  create table parent (id bigint generated always as identity primary key, name text unique);
  create table child (
    parent_id bigint not null references parent (id),
    amount minor default 0,
    tint colour not null default 'red',
    twice int8 generated always as (parent_id * 2) stored,
    sorted text collate "C",
    check (parent_id > 0)
  ) with (fillfactor = 70);
  create index child_tint on child (tint) where tint = 'green';
  create view greens as select parent_id from child where tint = 'green';
  create function touch() returns trigger language plpgsql as $$
    begin
      return new;
    end $$;
  create trigger child_touch before update on child for each row execute function touch();
`;

beforeAll(async () => {
  database = await createTestDatabase();
  empty = await createEmptyDatabase();
  pool = openPool(empty.url, { applicationName: "schema-test" });
  await pool.query(EVERY_KIND);
});

afterAll(async () => {
  await pool.end();
  await database.drop();
  await empty.drop();
});

test("schema.sql is what all migrations make", async () => {
  const file = await readFile(SCHEMA_FILE, "utf8");

  expect(await generateSchemaDump(database.url)).toBe(file.replaceAll("\r\n", "\n"));
});

test("the dump names each kind of object with its definition", async () => {
  const dump = await generateSchemaDump(empty.url);

  const headings = dump
    .split("\n")
    .filter((line) => line.startsWith("-- "))
    .slice(1);
  expect(headings).toEqual([
    "-- domain minor",
    "-- type colour",
    "-- sequence free_sequence",
    "-- table child",
    "-- table parent",
    "-- constraint child.child_parent_id_check",
    "-- constraint child.child_parent_id_fkey",
    "-- constraint parent.parent_name_key",
    "-- constraint parent.parent_pkey",
    "-- index child.child_tint",
    "-- view greens",
    "-- function touch()",
    "-- trigger child.child_touch",
  ]);
  expect(dump).toContain("twice bigint generated always as ((parent_id * 2)) stored");
});

test.each([
  ["a dropped index", "drop index child_tint"],
  ["a new column", "alter table parent add extra int"],
  ["a lost not null", "alter table child alter tint drop not null"],
  ["a foreign table", "create table stray (id int)"],
  [
    "a changed function",
    `create or replace function touch() returns trigger language plpgsql
      as $$ begin return old; end $$`,
  ],
])("%s makes another dump", async (_name, change) => {
  const before = await generateSchemaDump(empty.url);

  await pool.query(change);

  expect(await generateSchemaDump(empty.url)).not.toBe(before);
});
