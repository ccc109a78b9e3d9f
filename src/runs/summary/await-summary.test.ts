import { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../test/support/postgres.ts";
import { someSettings } from "../../mapping/testing/builders.ts";
import type { RunContext } from "../context.ts";
import { Waiting } from "../waiting.ts";
import { awaitSummary } from "./await-summary.ts";

const DAY = "2026-03-10";

let db: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  db = await createTestDatabase();
  pool = new Pool({ connectionString: db.url });
});

afterAll(async () => {
  await pool.end();
  await db.drop();
});

/** A sale waits; how often the day's summary was woken by then. */
async function wakesAfter(isNew: boolean): Promise<number> {
  const settings = someSettings();
  const context = { pool, pair: { id: "acme", settings } } as unknown as RunContext;
  const waiting = await awaitSummary(context, { day: DAY, isNew }).catch((one: unknown) => one);
  expect(waiting).toBeInstanceOf(Waiting);
  const { rows } = await pool.query<{ wake: string }>(
    "select wake::text as wake from lane where key = $1",
    [`summary:${DAY}`],
  );
  return Number(rows[0]?.wake ?? 0);
}

test("a summary that has parked is woken by what is new for it alone", async () => {
  expect(await wakesAfter(true)).toBe(1);
  expect(await wakesAfter(false)).toBe(2);

  await pool.query(
    `insert into parked (pair, lane_key, category, code, reason, cure)
     values ('acme', $1, 'mapping', 'mapping.account_missing', 'No account', 'Name it')`,
    [`summary:${DAY}`],
  );

  expect(await wakesAfter(false)).toBe(2);
  expect(await wakesAfter(true)).toBe(3);
});
