import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../test/support/postgres.ts";
import { openPool } from "../../db/index.ts";
import type { ClaimedLane } from "../../lanes/index.ts";
import { withCustomerLock } from "./customer-lock.ts";

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "customer-lock-test" });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

function aLane(key: string): ClaimedLane {
  const fence = { owner: "w", attempt: 1, wake: 1, tries: 0, takenOverFrom: undefined };
  return { pair: "acme", key, ...fence };
}

test("whoever waits for a customer that takes long to make looks ever less often", async () => {
  const name = "ada@example.com";
  const waits: number[] = [];
  const wait = () =>
    withCustomerLock(pool, { lane: aLane("pi_2"), name }, async () => undefined).catch(
      ({ dueInMs }: { dueInMs: number }) => waits.push(dueInMs),
    );

  await withCustomerLock(pool, { lane: aLane("pi_1"), name }, async () => {
    await wait();
    for (const seconds of [2, 58]) {
      await pool.query(
        "update customer_lock set held_until = held_until - make_interval(secs => $1)",
        [seconds],
      );
      await wait();
    }
  });

  const [first = Number.NaN, second = Number.NaN, third] = waits;
  expect(first).toBeGreaterThanOrEqual(250);
  expect(second - first).toBeGreaterThanOrEqual(1_000);
  expect(third).toBe(5_000);
});
