import type { Pool } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  createTestDatabase,
  type TestDatabase,
  unreachableUrl,
} from "../../test/support/postgres.ts";
import { until } from "../../test/support/wait.ts";
import { isUnavailable, openPool, withTransaction } from "./index.ts";

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "pool-test", max: 2 });
  await pool.query("create table note (id int primary key, text text)");
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
}

test("an int8 above 2^53 keeps its last digit both ways", async () => {
  const answer = await pool.query("select $1::int8 as amount", [9_007_199_254_740_993n]);

  expect(answer.rows).toEqual([{ amount: 9_007_199_254_740_993n }]);
});

test("a date stays the day it is, whatever the machine's zone", async () => {
  const answer = await pool.query(
    "select date '2026-03-01' as day, timestamptz '2026-03-01T00:00:00Z' as at",
  );

  expect(answer.rows[0]).toMatchObject({ day: "2026-03-01", at: new Date("2026-03-01T00:00:00Z") });
});

describe("a transaction", () => {
  test("gives back the result of its work once it is committed", async () => {
    const result = await withTransaction(pool, async (tx) => {
      await tx.query("insert into note values (1, 'kept')");
      return "done";
    });

    const rows = await pool.query("select text from note where id = 1");
    expect([result, rows.rows]).toEqual(["done", [{ text: "kept" }]]);
  });

  test("leaves nothing behind when its work throws", async () => {
    const thrown = await errorOf(
      withTransaction(pool, async (tx) => {
        await tx.query("insert into note values (2, 'lost')");
        throw new Error("stop");
      }),
    );

    const rows = await pool.query("select from note where id = 2");
    expect([thrown, rows.rowCount]).toEqual([new Error("stop"), 0]);
  });

  test("does not pass as committed when a failed statement was swallowed", async () => {
    const thrown = await errorOf(
      withTransaction(pool, async (tx) => {
        await tx.query("insert into note values (3, 'lost')");
        await tx.query("select 1/0").catch(() => undefined);
      }),
    );

    expect(thrown).toMatchObject({ code: "bug.assertion" });
  });

  test("gives no broken connection back to the pool", async () => {
    const thrown = await errorOf(
      withTransaction(pool, (tx) => tx.query("select pg_terminate_backend(pg_backend_pid())")),
    );

    expect(isUnavailable(thrown)).toBe(true);
    const sql = "select $1::int as n";
    const answers = await Promise.all([1, 2, 3].map((n) => pool.query<{ n: number }>(sql, [n])));
    expect(answers.map(({ rows }) => rows[0]?.n)).toEqual([1, 2, 3]);
  });
});

test("an idle connection that the server closes ends neither process nor pool", async () => {
  const told: Error[] = [];
  const idle = openPool(database.url, {
    applicationName: "idle",
    max: 1,
    onIdleError: (error) => told.push(error),
  });
  await idle.query("select 1");

  await pool.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'idle'",
  );

  await expect.poll(() => told.length, { timeout: 5_000 }).toBe(1);
  expect((await idle.query("select 1 as n")).rows).toEqual([{ n: 1 }]);
  await idle.end();
});

describe("unavailable", () => {
  test("is a server that refuses the connection", async () => {
    const gone = openPool(await unreachableUrl(), { applicationName: "gone" });

    const thrown = await errorOf(gone.query("select 1"));

    expect(isUnavailable(thrown)).toBe(true);
    await gone.end();
  });

  test("is a caller that waited for a connection as long as it may", async () => {
    const full = openPool(database.url, { applicationName: "full", max: 1, connectWithinMs: 500 });
    const holder = await full.connect();

    const thrown = await errorOf(full.query("select 1"));

    expect(isUnavailable(thrown)).toBe(true);
    holder.release();
    await full.end();
  });

  test("is a statement over its time limit", async () => {
    const slow = openPool(database.url, { applicationName: "slow", statementTimeoutMs: 50 });

    const thrown = await errorOf(slow.query("select pg_sleep(10)"));

    expect(isUnavailable(thrown)).toBe(true);
    await slow.end();
  });

  test("is a wrapped error whose cause is one", async () => {
    const gone = openPool(await unreachableUrl(), { applicationName: "gone" });
    const cause = await errorOf(gone.query("select 1"));

    expect(isUnavailable(new Error("could not save", { cause }))).toBe(true);
    await gone.end();
  });

  test.each([
    ["a duplicate key", "insert into note values (1, 'again')"],
    ["a statement that is wrong", "select no_such_column"],
    ["text that no column can hold", "select E'\\\\x00'::bytea, convert_from('\\x00', 'UTF8')"],
  ])("is not %s", async (_name, sql) => {
    const thrown = await errorOf(pool.query(sql));

    expect(thrown).toBeInstanceOf(Error);
    expect(isUnavailable(thrown)).toBe(false);
  });
});

describe("a pool that plans once", () => {
  const NAMED = {
    name: "by_id",
    text: "select text from note where id = any ($1::int[])",
    values: [[1, 2]],
  };
  const PLANS = `select generic_plans::int as kept, custom_plans::int as made
    from pg_prepared_statements where name = 'by_id'`;

  test("keeps the plan of a prepared statement from its first use on", async () => {
    const once = openPool(database.url, { applicationName: "once", max: 1, plansOnce: true });
    for (const _ of [1, 2, 3]) await once.query(NAMED);
    const plans = await once.query(PLANS);
    await once.end();

    expect(plans.rows).toEqual([{ kept: 3, made: 0 }]);
  });

  test("prepares its statements anew on the connection that follows a lost one", async () => {
    const once = openPool(database.url, { applicationName: "once", max: 1, plansOnce: true });
    await once.query(NAMED);
    const lost = await once.query<{ pid: number }>("select pg_backend_pid() as pid");
    await pool.query("select pg_terminate_backend($1)", [lost.rows[0]?.pid]);
    await until("the loss to be noticed", () => once.totalCount === 0);

    await once.query(NAMED);
    const plans = await once.query(PLANS);
    await once.end();

    expect(plans.rows).toEqual([{ kept: 1, made: 0 }]);
  });
});
