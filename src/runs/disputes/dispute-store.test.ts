import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../test/support/postgres.ts";
import { openPool } from "../../db/index.ts";
import type { ClaimedLane } from "../../lanes/index.ts";
import { disputeState } from "../../mapping/index.ts";
import { aDispute } from "../../mapping/testing/disputes.ts";
import { saveDispute } from "./dispute-store.ts";

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "test-dispute-store", max: 2 });
});
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

const LANE: ClaimedLane = {
  ...{ pair: "acme", key: "pi_1", owner: "a", attempt: 1, wake: 1, tries: 0 },
  takenOverFrom: undefined,
};

/** A dispute that was lost, saved as a run of its sale finds it. */
async function save(isOver: boolean): Promise<void> {
  const dispute = aDispute({ status: "lost" });
  const closings = [{ status: "lost", at: new Date("2026-06-11T12:00Z") }];
  const state = disputeState(dispute, closings);
  await saveDispute(pool, LANE, { dispute, state, closings, isOver, waitsFor: "" });
}

const changedNow = async () => {
  const { rows } = await pool.query<{ is_new: boolean }>(
    "select changed_at > now() - interval '1 day' as is_new from dispute",
  );
  return rows[0]?.is_new;
};

test("an old dispute has changed once a refund makes it more than was charged", async () => {
  const { pair, key, owner, attempt } = LANE;
  await pool.query(
    `insert into lane (pair, key, wake, owner, attempt, lease_until)
     values ($1, $2, 1, $3, $4, now() + interval '1 hour')`,
    [pair, key, owner, attempt],
  );
  await save(false);
  await pool.query("update dispute set changed_at = now() - interval '40 days'");

  await save(false);
  const asBefore = await changedNow();
  await save(true);

  expect([asBefore, await changedNow()]).toEqual([false, true]);
});
