import { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { keepLines } from "../../test/support/log-lines.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/postgres.ts";
import { systemClock } from "../base/clock.ts";
import { HubError } from "../base/errors.ts";
import { type ClaimedLane, wakeLanes } from "../lanes/index.ts";
import type { PairRuntime } from "./pair-runtime.ts";
import { runLane } from "./run-lane.ts";

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = new Pool({ connectionString: database.url });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** A pair whose Stripe answers every read by throwing this. */
function aPairThatThrows(thrown: Error): PairRuntime {
  return {
    stripe: { readLane: () => Promise.reject(thrown) },
    reference: { clear: () => undefined },
  } as unknown as PairRuntime;
}

/** What is logged by a run that ends with this error. */
async function logOf(key: string, thrown: Error) {
  await wakeLanes(pool, [{ pair: "acme", key }]);
  await pool.query(
    `update lane set owner = 'w1', attempt = 1, lease_until = now() + interval '1 hour'
     where key = $1`,
    [key],
  );
  const lane: ClaimedLane = {
    ...{ pair: "acme", key, owner: "w1", attempt: 1, wake: 1, tries: 0 },
    takenOverFrom: undefined,
  };
  const { log, lines } = keepLines();
  const deps = {
    ...{ pool, log, clock: systemClock, worker: "w1", pair: () => aPairThatThrows(thrown) },
    ...{ onRun: () => undefined, onAttempt: () => undefined },
  };
  await runLane(deps, lane, new AbortController().signal);
  return lines;
}

test("a park that was foreseen is a warning, with a cause only where there is one", async () => {
  const lines = await logOf("pi_1", new HubError("mapping.product_unmapped", "no such item"));

  expect(lines).toEqual([
    {
      level: "warn",
      message: "no such item",
      facts: { pair: "acme", lane: "pi_1", code: "mapping.product_unmapped" },
    },
  ]);
});

test("a bug that parks its run is an error, with its cause", async () => {
  const lines = await logOf("pi_2", new TypeError("x is not a function"));

  expect(lines).toMatchObject([
    {
      level: "error",
      message: "x is not a function",
      facts: { code: "bug.unexpected", cause: "TypeError: x is not a function" },
    },
  ]);
});
