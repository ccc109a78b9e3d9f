import { Pool } from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../test/support/postgres.ts";
import { until } from "../../../test/support/wait.ts";
import type { ClaimedLane } from "../../lanes/index.ts";
import type { DocumentReceipt } from "../write/intent.ts";
import { endCollected, fixParts, readCollected, readParts } from "./collected-store.ts";

const DAY = "2026-03-10";
const LANE: ClaimedLane = {
  ...{ pair: "acme", key: `summary:${DAY}`, owner: "a", attempt: 1, wake: 1, tries: 0 },
  takenOverFrom: undefined,
};

const SOLD = { day: DAY, kind: "sale", part: "USD:SHOP:1" } as const;
const RECEIPT: DocumentReceipt = {
  ...{ type: "IN", customerId: "SHOP", refNbr: "000501", batNbr: "000001" },
  ...{ period: "202603", documentDate: DAY },
};
const RECEIPTS = [{ purpose: "invoice", receipt: RECEIPT }] as const;

let db: TestDatabase;
let pool: Pool;

beforeEach(async () => {
  db = await createTestDatabase();
  // No lease can be renewed while its lane is guarded, and each is over after twelve seconds.
  pool = new Pool({ connectionString: db.url, statement_timeout: 3_000 });
});

afterEach(async () => {
  await pool.end();
  await db.drop();
});

/** So many invoices of the day, in ten books, with their lanes and that of the summary. */
async function collectMany(count: number): Promise<void> {
  const { pair, key, owner, attempt } = LANE;
  await pool.query(
    `insert into lane (pair, key, wake, owner, attempt, lease_until)
     values ($1, $2, 1, $3, $4, now() + interval '1 hour')`,
    [pair, key, owner, attempt],
  );
  await pool.query(
    `with made as (
       insert into intent (pair, key, lane_key, object, purpose, part, draft, draft_hash,
         mapping_version, stage)
       select $1, 'K' || n, 'pi_' || n, 'pi_' || n, 'invoice', '', '{}', '', 1, 'collected'
       from generate_series(1, $2::int) n
       returning pair, key, lane_key
     ), lanes as (
       insert into lane (pair, key, wake) select pair, lane_key, 1 from made)
     select from made`,
    [pair, count],
  );
  await pool.query(
    `insert into collected_document (pair, intent_key, lane_key, day, kind, currency, customer_id,
       accounts)
     select pair, key, lane_key, $1, 'sale', 'USD', 'SHOP', right(key, 1) from intent`,
    [DAY],
  );
}

test("the documents of thousands of sales are fixed while the lane's lease is young", async () => {
  await collectMany(5_000);

  await fixParts(pool, LANE, { day: DAY, taken: ["USD:SHOP:2"], after: undefined });

  const parts = (await readParts(pool, LANE.pair, DAY)).map(({ part }) => part);
  const numbers = Array.from({ length: 10 }, (_, at) => `USD:SHOP:${at + 3}`);
  expect(parts.toSorted()).toEqual(numbers.toSorted());
});

/** A worker that had the lane of the day, and has it no more. */
const LOST: ClaimedLane = { ...LANE, attempt: 0 };

test("whoever has lost the day fixes none of its documents", async () => {
  await collectMany(1);

  const fixing = fixParts(pool, LOST, { day: DAY, taken: [], after: undefined });

  await expect(fixing).rejects.toMatchObject({ code: "lane.fenced" });
  expect(await readParts(pool, LANE.pair, DAY)).toEqual([]);
});

test("whoever has lost the day ends nothing of it", async () => {
  await collectMany(1);
  await fixParts(pool, LANE, { day: DAY, taken: [], after: undefined });
  const documents = await readCollected(pool, LANE.pair, SOLD);

  const ending = endCollected(pool, LOST, { documents, receipts: RECEIPTS, invoiceRefNbr: "" });

  await expect(ending).rejects.toMatchObject({ code: "lane.fenced" });
  expect(await readParts(pool, LANE.pair, DAY)).toMatchObject([{ isOver: false }]);
});

test("a day that ends waits for the lanes of its sales before it holds its own", async () => {
  await collectMany(1);
  await fixParts(pool, LANE, { day: DAY, taken: [], after: undefined });
  const documents = await readCollected(pool, LANE.pair, SOLD);
  const lock = "select from lane where key = $1 for no key update";
  const renewal = await pool.connect();
  // As leases are renewed: in the order of their lanes' names.
  await renewal.query("begin");
  await renewal.query(lock, ["pi_1"]);

  const ending = endCollected(pool, LANE, { documents, receipts: RECEIPTS, invoiceRefNbr: "" });
  await until("the end of the day to wait", async () => {
    const waiting = await pool.query(
      `select from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return waiting.rowCount === 1;
  });
  await renewal.query(lock, [LANE.key]);
  await renewal.query("commit");
  renewal.release();
  await ending;

  const [part] = await readParts(pool, LANE.pair, DAY);
  expect(part?.isOver).toBe(true);
});
