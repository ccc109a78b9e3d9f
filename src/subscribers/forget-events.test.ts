import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase } from "../../test/support/postgres.ts";
import { openPool } from "../db/index.ts";
import { forgetEvents } from "./forget-events.ts";
import { numberEvents, positionOf } from "./read-events.ts";
import { tellSome } from "./testing/tell-some.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { max: 2, applicationName: "forget-events-test" });
});

afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

beforeEach(async () => {
  await pool.query("truncate domain_event, subscriber cascade");
});

/** Events of these ages in days get the positions 1, 2, 3, … */
async function tellAged(ages: readonly number[]): Promise<void> {
  for (const age of ages) {
    await tellSome(pool, [`pi_${age}`]);
    await pool.query(
      `update domain_event set occurred_at = now() - $1 * interval '1 day'
       where id = (select max(id) from domain_event)`,
      [age],
    );
  }
  await numberEvents(pool);
}

async function subscribe(id: string, state: { position: number; waits?: number }): Promise<void> {
  await pool.query(
    `insert into subscriber (id, url, secret, position, state, disabled_reason)
     values ($1, 'https://shop.example/hook', 'sealed', $2, 'disabled', 'a person did')`,
    [id, state.position],
  );
  if (state.waits === undefined) return;
  await pool.query("insert into delivery (subscriber, position, key) values ($1, $2, 'k')", [
    id,
    state.waits,
  ]);
}

async function kept(): Promise<number[]> {
  const { rows } = await pool.query<{ position: string }>(
    "select position::text from domain_event order by position",
  );
  return rows.map(({ position }) => Number(position));
}

test("only what is older than the days goes, and nothing behind a younger one", async () => {
  await tellAged([100, 95, 10, 96, 1]);

  const count = await forgetEvents(pool, 90);

  expect(count).toBe(2);
  expect(await kept()).toEqual([3, 4, 5]);
});

test("the newest event stays however old it is, so positions count on", async () => {
  await tellAged([300, 200]);

  await forgetEvents(pool, 90);
  await tellSome(pool, ["pi_next"]);

  expect(await numberEvents(pool)).toBe(3n);
  expect(await kept()).toEqual([2, 3]);
});

test.each([
  ["has not come to yet", { position: 2 }, [3, 4, 5]],
  ["has not taken yet", { position: 5, waits: 2 }, [2, 3, 4, 5]],
])("what a disabled subscriber %s is kept", async (_name, state, expected) => {
  await tellAged([104, 103, 102, 101, 100]);
  await subscribe("shop", state);
  await subscribe("quick", { position: 5 });

  await forgetEvents(pool, 90);

  expect(await kept()).toEqual(expected);
});

test("an event without a position is not touched", async () => {
  await tellAged([100, 99]);
  await tellSome(pool, ["pi_fresh"]);

  await forgetEvents(pool, 90);

  const { rows } = await pool.query("select key from domain_event order by id");
  expect(rows).toEqual([{ key: "pi_99" }, { key: "pi_fresh" }]);
});

test.each([
  ["a position", { after: 0n }],
  ["an instant", { since: new Date(Date.now() - 120 * 86_400_000) }],
])("%s before what is kept is told as gone", async (_name, at) => {
  await tellAged([130, 120, 110, 1]);
  await forgetEvents(pool, 90);

  await expect(positionOf(pool, at)).rejects.toMatchObject({ code: "api.position_gone" });
  expect(await positionOf(pool, { after: 3n })).toBe(3n);
  expect(await positionOf(pool, "start")).toBe(0n);
});
