import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/postgres.ts";
import { openPool } from "../db/index.ts";
import { someSettings } from "../mapping/testing/builders.ts";
import type { PairRuntime } from "../runs/index.ts";
import { watchPair } from "./round.ts";
import { listFindings } from "./store.ts";

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "watch-test", max: 2 });
});
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

beforeEach(() => pool.query("truncate intent, watch_finding cascade"));

const PAIR = "acme";
const nothing = () => Promise.resolve({ rows: [], isLast: true });

/** A pair whose SL has lost all that was booked in it. */
const EMPTIED = {
  ...{ id: PAIR, settings: someSettings({}) },
  erp: {
    capabilities: { "find-by-key": "yes", "gl-detail": "yes" },
    findByKey: () => Promise.resolve([]),
    ...{ listDocuments: nothing, listJournals: nothing, listBatchLines: nothing },
  },
} as unknown as PairRuntime;

const look = () =>
  watchPair(
    { pool, pair: EMPTIED },
    { isFull: true, now: new Date(), onProgress: () => Promise.resolve() },
  );

async function bookJournals(from: number, to: number): Promise<void> {
  await pool.query(
    `insert into intent (pair, key, lane_key, object, purpose, draft, draft_hash,
       mapping_version, stage, bat_nbr, receipt, updated_at)
     select $1, b.nr, b.nr, b.nr, 'fees', '{"kind": "journal", "lines": [], "currency": "USD"}',
       'hash', 1, 'done', b.nr, jsonb_build_object('type', 'GJ', 'period', '202603',
         'batNbr', b.nr, 'refNbr', b.nr, 'customerId', '', 'documentDate', '2026-03-01'),
       now() - interval '1 hour'
     from (select lpad(n::text, 6, '0') as nr from generate_series($2::int, $3::int) n) b`,
    [PAIR, from, to],
  );
}

test("a look at an SL that was put back ends before it has told of a whole page", async () => {
  await bookJournals(1, 200);

  await expect(look()).rejects.toMatchObject({ code: "conflict.lineage" });

  expect(await listFindings(pool, { pair: PAIR })).toHaveLength(101);
});

test("more than 100 differences end a look, and accepted ones end no other", async () => {
  await bookJournals(1, 101);
  await expect(look()).rejects.toMatchObject({ code: "conflict.lineage" });
  expect(await listFindings(pool, { pair: PAIR })).toHaveLength(101);

  await pool.query("update watch_finding set state = 'accepted'");
  await bookJournals(500, 500);
  await look();

  const [newest] = await listFindings(pool, { pair: PAIR });
  expect(newest).toMatchObject({ object: "000500", state: "open", kind: "deleted" });
});
