import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  createEmptyDatabase,
  type TestDatabase,
  unreachableUrl,
} from "../../test/support/postgres.ts";
import { isUnavailable, listen, openPool } from "./index.ts";

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createEmptyDatabase();
  pool = openPool(database.url, { applicationName: "listen-test" });
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

test("a notification reaches the listener with its payload", async () => {
  const heard: string[] = [];
  const listener = await listen({
    url: database.url,
    channel: "Mixed Case",
    onMessage: (payload) => heard.push(payload),
    onReconnect: () => undefined,
  });

  await pool.query("select pg_notify('Mixed Case', 'lane 1')");

  await expect.poll(() => heard, { timeout: 5_000 }).toEqual(["lane 1"]);
  await listener.stop();
});

test("a listener whose connection was cut comes back, says so and hears again", async () => {
  const heard: string[] = [];
  let reconnects = 0;
  const listener = await listen({
    url: database.url,
    channel: "cut",
    applicationName: "cut-me",
    onMessage: (payload) => heard.push(payload),
    onReconnect: () => {
      reconnects += 1;
    },
  });

  await pool.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'cut-me'",
  );
  await expect.poll(() => reconnects, { timeout: 5_000 }).toBe(1);
  await pool.query("select pg_notify('cut', 'after')");

  await expect.poll(() => heard, { timeout: 5_000 }).toEqual(["after"]);
  await listener.stop();
});

test("a listener that cannot come back says so, and comes back later", async () => {
  const outages: unknown[] = [];
  let reconnects = 0;
  const own = await createEmptyDatabase();
  const listener = await listen({
    url: own.url,
    channel: "gone",
    applicationName: "gone",
    onMessage: () => undefined,
    onReconnect: () => {
      reconnects += 1;
    },
    onOutage: (error) => outages.push(error),
  });
  const name = new URL(own.url).pathname.slice(1);
  await pool.query(`alter database ${name} with allow_connections false`);

  await pool.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'gone'",
  );
  await expect.poll(() => outages.length, { timeout: 5_000 }).toBe(1);
  await pool.query(`alter database ${name} with allow_connections true`);
  await expect.poll(() => reconnects, { timeout: 10_000 }).toBe(1);

  expect(outages).toEqual([expect.objectContaining({ code: "55000" })]);
  await listener.stop();
  await own.drop();
});

test("a stopped listener leaves no connection and does not come back", async () => {
  const listener = await listen({
    url: database.url,
    channel: "done",
    applicationName: "done",
    onMessage: () => undefined,
    onReconnect: () => undefined,
  });

  await listener.stop();

  const count = () => pool.query("select from pg_stat_activity where application_name = 'done'");
  await expect.poll(async () => (await count()).rowCount, { timeout: 5_000 }).toBe(0);
});

test("a first connection that fails is an error, not silence", async () => {
  const thrown: unknown = await listen({
    url: await unreachableUrl(),
    channel: "none",
    onMessage: () => undefined,
    onReconnect: () => undefined,
  }).catch((error: unknown) => error);

  expect(isUnavailable(thrown)).toBe(true);
});
