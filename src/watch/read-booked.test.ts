import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/postgres.ts";
import { openPool } from "../db/index.ts";
import { placeBefore } from "./read-booked.ts";

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "watch-test", max: 2 });
});
beforeEach(() => pool.query("truncate intent cascade"));
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

const PAIR = "acme";

type Taken = Readonly<{ date?: string; period?: string }>;

/** A released invoice: booked by the hub where it has a date, else taken over by a rebuild. */
async function addInvoice(batNbr: string, { date, period = "" }: Taken): Promise<void> {
  const draft = date === undefined ? {} : { kind: "invoice", documentDate: date };
  const hash = date === undefined ? "rebuilt" : "hash";
  await pool.query(
    `insert into intent (pair, key, lane_key, object, purpose, draft, draft_hash,
       mapping_version, stage, bat_nbr, receipt, updated_at)
     values ($1, $2, $2, $2, 'invoice', $3, $4, 1, 'done', $2,
       jsonb_build_object('type', 'IN', 'period', $5::text), now() - interval '1 hour')`,
    [PAIR, batNbr, JSON.stringify(draft), hash, period],
  );
}

async function firstBatch(): Promise<string | undefined> {
  const from = { day: "2026-03-15", period: "202603" };
  return (await placeBefore(pool, { pair: PAIR, module: "AR", ...from }))?.batNbr;
}

test("a look begins with the first document of its first day or a later one", async () => {
  await addInvoice("000001", { date: "2026-03-14" });
  await addInvoice("000002", { date: "2026-03-15" });
  await addInvoice("000003", { date: "2026-03-16" });

  expect(await firstBatch()).toBe("000002");
});

test("what a rebuild took over counts by the period that SL shows of it", async () => {
  await addInvoice("000001", { period: "202602" });
  await addInvoice("000002", { period: "202603" });
  await addInvoice("000003", { date: "2026-03-16" });

  expect(await firstBatch()).toBe("000002");
});

test("what a rebuild took over without its period is looked at whatever the day", async () => {
  await addInvoice("000001", { period: "" });

  expect(await firstBatch()).toBe("000001");
});
