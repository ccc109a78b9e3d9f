import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase } from "../../../test/support/postgres.ts";
import { until } from "../../../test/support/wait.ts";
import { intentKey } from "../../base/ids.ts";
import { openPool } from "../../db/index.ts";
import { wakeLanes } from "../../lanes/index.ts";
import type { PairRuntime } from "../pair-runtime.ts";
import { markAdopted } from "../reverse/reverse-lost.ts";
import { rebuildPair } from "./rebuild.ts";
import { reopenLost } from "./rebuild-lost.ts";

// A rebuild works beside runs. These hold their lane first, and what it has booked after that.

const PAIR = "acme-us";
const LANE = "pi_1";
const INVOICE = "the key of an invoice";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "test-lanes-first", max: 3 });
});

afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

beforeEach(async () => {
  await pool.query("truncate lane, intent, reversal, row_owner cascade");
  await wakeLanes(pool, [{ pair: PAIR, key: LANE }]);
  await booked(INVOICE, "invoice", "");
  await booked("the key of a credit memo", "reverse", "invoice#0");
  await pool.query(
    "insert into row_owner (pair, row_id, part, intent_key) values ($1, $2, $3, $4)",
    [...[PAIR, "txn_1", "gross", INVOICE]],
  );
});

async function booked(key: string, purpose: string, part: string): Promise<void> {
  await pool.query(
    `insert into intent (pair, key, lane_key, object, purpose, part, draft, draft_hash,
       mapping_version, stage, receipt)
     values ($1, $2, $3, $3, $4, $5, '{}', '', 1, 'done', '{}')`,
    [PAIR, key, LANE, purpose, part],
  );
}

/** Does it while a run holds the lane, which writes to a document before it lets the lane go. */
async function besideRun(act: () => Promise<unknown>, lane = LANE, key = INVOICE): Promise<void> {
  const run = await pool.connect();
  try {
    await run.query("begin");
    await run.query("select from lane where pair = $1 and key = $2 for share", [PAIR, lane]);
    const done = act();
    await until("it to wait for the run", async () => {
      const { rowCount } = await run.query("select from pg_locks where not granted");
      return rowCount;
    });
    await run.query("update intent set updated_at = now() where pair = $1 and key = $2", [
      ...[PAIR, key],
    ]);
    await run.query("commit");
    await done;
  } finally {
    run.release(true);
  }
}

async function wakes(): Promise<number | undefined> {
  const { rows } = await pool.query<{ wake: number }>("select wake::int from lane where key = $1", [
    LANE,
  ]);
  return rows[0]?.wake;
}

test("what SL has lost is opened again beside a run of its lane", async () => {
  const lost = { key: INVOICE, laneKey: LANE, what: "invoice", fallBack: "abandoned" } as const;

  await besideRun(() => reopenLost(pool, PAIR, [lost]));

  const { rows } = await pool.query("select stage from intent where key = $1", [INVOICE]);
  expect(rows).toEqual([{ stage: "abandoned" }]);
  expect(await wakes()).toBe(2);
});

test("what was taken back is marked beside a run of its lane", async () => {
  await besideRun(() => markAdopted(pool, PAIR, "2026-11-30"));

  const { rows } = await pool.query("select reversed_on::text from intent where key = $1", [
    INVOICE,
  ]);
  expect(rows).toEqual([{ reversed_on: "2026-11-30" }]);
  expect(await wakes()).toBe(2);
});

test("a journal is taken over beside a run of its lane", async () => {
  const identity = { pair: PAIR, object: "po_1", purpose: "payout-out", part: "" } as const;
  const key = intentKey({ ...identity, generation: 0 });
  await pool.query("truncate intent cascade");
  await wakeLanes(pool, [{ pair: PAIR, key: "po_1" }]);
  await pool.query(
    `insert into intent (pair, key, lane_key, object, purpose, draft, draft_hash, mapping_version,
       stage)
     values ($1, $2, 'po_1', 'po_1', 'payout-out', '{}', '', 1, 'filling')`,
    [PAIR, key],
  );

  await besideRun(() => rebuildPair(pool, holding(key), NOW), "po_1", key);

  const { rows } = await pool.query("select stage from intent where key = $1", [key]);
  expect(rows).toEqual([{ stage: "done" }]);
});

test("a run that is at work on a lane is followed by another", async () => {
  await pool.query("update lane set owner = 'w', attempt = 1, lease_until = now() + '1 minute'");
  await pool.query("truncate intent cascade");

  await rebuildPair(pool, holding(), NOW);

  expect(await wakes()).toBe(2);
});

const NOW = { since: new Date(), dryRun: false };

/** A pair whose SL holds the journal of a key, if any, and nothing else of ours. */
function holding(key?: string): PairRuntime {
  const journal = {
    ...{ key, screen: "journal", type: "GJ", batNbr: "000101", refNbr: "000101" },
    ...{ stripeId: "po_1", customerId: "", isReleased: true },
    ...{ period: "202611", documentDate: "2026-11-28" },
  };
  const page = (rows: readonly object[]) => Promise.resolve({ rows, isLast: true });
  const pair: unknown = {
    ...{ id: PAIR, settings: { timeZone: "UTC", cutoff: {} } },
    stripe: { listMoneyInSince: () => [] },
    erp: {
      capabilities: { "find-by-key": "yes" },
      listKeyedCustomers: () => page([]),
      listKeyed: () => page(key === undefined ? [] : [journal]),
    },
  };
  return pair as PairRuntime;
}
