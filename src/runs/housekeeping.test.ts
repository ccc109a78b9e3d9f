import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/postgres.ts";
import { until } from "../../test/support/wait.ts";
import { pause } from "../base/clock.ts";
import { silentLog } from "../base/log.ts";
import { openPool } from "../db/index.ts";
import { someSettings } from "../mapping/testing/builders.ts";
import { startHousekeeping } from "./housekeeping.ts";
import type { PairRuntime } from "./pair-runtime.ts";

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "housekeeping-test" });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** A pair whose SL takes so long for each look. */
function aSlowPair(tookMs: number) {
  const looks = { begun: 0, cutOff: 0 };
  const check = async (signal?: AbortSignal) => {
    looks.begun += 1;
    await pause(tookMs, signal);
    if (signal?.aborted === true) looks.cutOff += 1;
    throw new Error("no answer");
  };
  const erp = { capabilities: { "find-by-key": "probe" }, check };
  const settings = { ...someSettings(), id: "acme" };
  return { looks, pair: { id: "acme", settings, erp } as unknown as PairRuntime };
}

function keep(pair: PairRuntime) {
  return startHousekeeping({
    ...{ pool, log: silentLog, pairs: () => [pair], onStray: () => undefined },
    roundEveryMs: 20,
  });
}

test("rounds that take longer than their period leave none behind to be made later", async () => {
  const { looks, pair } = aSlowPair(500);
  const housekeeping = keep(pair);
  await until("the second round", () => looks.begun === 2);

  await pause(300);
  await housekeeping.stop();

  expect(looks.begun).toBe(2);
});

test("a call to SL that is under way at the stop is given up", async () => {
  const { looks, pair } = aSlowPair(60_000);
  const housekeeping = keep(pair);
  await until("the look at SL", () => looks.begun === 1);

  await housekeeping.stop();

  expect(looks).toEqual({ begun: 1, cutOff: 1 });
});
