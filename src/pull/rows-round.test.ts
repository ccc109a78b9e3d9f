import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/postgres.ts";
import type { LedgerRow } from "../canonical/balance.ts";
import type { StripePort } from "../canonical/port.ts";
import { openPool } from "../db/index.ts";
import { someSettings } from "../mapping/testing/builders.ts";
import { aLedgerRow } from "../mapping/testing/ledger-rows.ts";
import { claimWalks, meetWalks } from "./claim.ts";
import { rowsRound } from "./rows-round.ts";

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "pull-test", max: 4 });
});
beforeEach(async () => {
  await pool.query("truncate event_walk, hub_process, balance_row cascade");
  await pool.query("insert into hub_process (id) values ('hub-a')");
});
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

const HOUR_MS = 3_600_000;
const WALK = { pair: "acme", kind: "rows", eventsSince: undefined } as const;
const hoursAgo = (hours: number) => new Date(Date.now() - hours * HOUR_MS);

/** The rows that are kept after a round of a walk that stands at an hour ago. */
async function keptOf(rows: readonly LedgerRow[], since: Date, isDeep: boolean): Promise<string[]> {
  await meetWalks(pool, [WALK]);
  await pool.query(
    "update event_walk set since = $1, position = $2, due_at = now(), deep_at = $3",
    [...[since, hoursAgo(1), isDeep ? null : hoursAgo(2)]],
  );
  const [walk] = await claimWalks(pool, "hub-a", { walks: [WALK], room: 1 });
  if (walk === undefined) throw new Error("nothing was claimed");
  const stripe = {
    async *listRows({ from, until }: { from: Date; until?: Date | undefined }) {
      const seen = rows.filter(
        ({ created }) => created >= from && (until === undefined || created < until),
      );
      yield { rows: seen, isLast: true };
    },
  } as Pick<StripePort, "listRows">;
  const pair = { id: "acme", settings: someSettings() };
  const signal = new AbortController().signal;
  const round = { pool, stripe, pair, signal, mayGoOn: () => true, days: new Set<string>() };
  await rowsRound(round, walk);
  const kept = await pool.query<{ id: string }>("select row_id as id from balance_row order by 1");
  return kept.rows.map(({ id }) => id);
}

const rows = [
  aLedgerRow({ id: "txn_1", created: hoursAgo(26) }),
  aLedgerRow({ id: "txn_2", created: hoursAgo(20) }),
  aLedgerRow({ id: "txn_3", created: hoursAgo(1.2) }),
  aLedgerRow({ id: "txn_4", created: hoursAgo(0.5) }),
];

test("a round takes what came since its mark, and a little before it", async () => {
  expect(await keptOf(rows, hoursAgo(100), false)).toEqual(["txn_3", "txn_4"]);
});

test("once a day it takes what Stripe has shown late on the day before", async () => {
  expect(await keptOf(rows, hoursAgo(100), true)).toEqual(["txn_2", "txn_3", "txn_4"]);
});

test("what is from before the pair's first day is never taken", async () => {
  expect(await keptOf(rows, hoursAgo(15), true)).toEqual(["txn_3", "txn_4"]);
});
