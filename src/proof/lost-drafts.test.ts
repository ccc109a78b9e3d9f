import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/postgres.ts";
import { openPool } from "../db/index.ts";
import type { BookLine } from "./documents.ts";
import { readLostDocuments } from "./lost-drafts.ts";
import { usd } from "./testing/ledgers.ts";

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { max: 2, applicationName: "proof-test" });
});
beforeEach(() => pool.query("truncate intent, balance_row, row_owner cascade"));
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

/** A document that a rebuild took over from SL without its draft. */
const addLost = (key: string, object: string) =>
  pool.query(
    `insert into intent (pair, key, lane_key, object, purpose, part, draft, draft_hash,
       mapping_version, stage, bat_nbr)
     values ('acme', $1, $2::text, $2::text, 'payment', $1, '{}', 'rebuilt', 1, 'done', '000001')`,
    [key, object],
  );

async function own(key: string, gross: number): Promise<void> {
  await pool.query(
    `insert into balance_row (pair, row_id, created, currency, category, type, gross, fee, net,
       balance_type, status)
     values ('acme', 'txn_1', '2026-03-10T12:00Z', 'USD', 'charge', 'charge', $1, 0, $1,
       'payments', 'available')`,
    [gross],
  );
  await pool.query("insert into row_owner values ('acme', 'txn_1', 'gross', $1)", [key]);
}

function line(key: string, minor: number, change: Partial<BookLine> = {}): BookLine {
  const where = { module: "AR", batNbr: "000001", refNbr: "1", date: "2026-03-10" };
  return {
    key,
    ...where,
    period: "202603",
    amount: usd(minor),
    user: "",
    description: "",
    ...change,
  };
}

async function found(lines: readonly BookLine[]) {
  const until = new Date("2026-03-11T04:00Z");
  const of = { pair: "acme", currency: "USD", day: "2026-03-10", until };
  const documents = await readLostDocuments(pool, of, lines);
  return documents.map(({ key, effect, owned }) => `${key} ${effect.minor} ${owned.minor}`).sort();
}

test("what SL shows of it is what it owns too, while no row has its owner", async () => {
  await addLost("PAY", "ch_1");

  expect(await found([line("PAY", 3_000)])).toEqual(["PAY 3000 3000"]);
});

test("it owns what its rows have moved, once any document of its object owns some", async () => {
  await addLost("PAY", "ch_1");
  await addLost("BACK", "ch_1");
  await own("PAY", 3_001);

  const documents = await found([line("PAY", 3_000), line("BACK", -3_000)]);

  expect(documents).toEqual(["BACK -3000 0", "PAY 3000 3001"]);
});

test("lines of its key in another batch are none of what it moves", async () => {
  await addLost("PAY", "ch_1");

  expect(await found([line("PAY", 3_000), line("PAY", 3_000, { batNbr: "TWICE" })])).toEqual([
    "PAY 3000 3000",
  ]);
});

test("a line that nobody knows is no document of the hub", async () => {
  expect(await found([line("NOBODY", 3_000), line("", 5)])).toEqual([]);
});
