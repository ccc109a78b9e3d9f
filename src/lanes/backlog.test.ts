import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../../test/support/wait.ts";
import { type LaneDatabase, openLaneDatabase } from "./testing/lane-database.ts";
import { startTestWorker } from "./testing/test-worker.ts";

const DRAINED = 4_000;
const SMALL_BACKLOG = 1_000;
const LARGE_BACKLOG = 100_000;

let db: LaneDatabase;

beforeAll(async () => {
  db = await openLaneDatabase();
});
afterAll(() => db.close());

async function addDueLanes(pair: string, count: number): Promise<void> {
  await db.pool.query(
    `insert into lane (pair, key, wake, due_at)
     select $1, 'pi_' || n, 1, clock_timestamp() from generate_series(1, $2) n`,
    [pair, count],
  );
  // As autovacuum does a minute later: a planner that knows how many wait must do as well.
  await db.pool.query("analyze lane");
}

/** Works lanes of `pair` until `DRAINED` are done, and returns how many that were a second. */
async function drainRate(pair: string): Promise<number> {
  const startedAtMs = performance.now();
  const worker = startTestWorker({ pool: db.pool, url: db.url, pair, maxLanes: 64 });
  await until(`${DRAINED} runs`, () => worker.started.length >= DRAINED);
  const rate = DRAINED / ((performance.now() - startedAtMs) / 1_000);
  await worker.stop();
  return rate;
}

test("lanes that wait cost those in front of them no speed", { timeout: 120_000 }, async () => {
  await addDueLanes("warm-up", DRAINED);
  await drainRate("warm-up");
  await addDueLanes("small", DRAINED + SMALL_BACKLOG);
  const before = await drainRate("small");
  await addDueLanes("large", LARGE_BACKLOG);

  const large = await drainRate("large");

  await addDueLanes("again", DRAINED + SMALL_BACKLOG);
  const after = await drainRate("again");
  // The machine may be busy with something else for a while: the slower of the two is fair.
  const small = Math.min(before, after);
  console.log(`drained ${Math.round(before)}, ${Math.round(large)}, ${Math.round(after)} lanes/s`);
  expect(large / small).toBeGreaterThan(0.8);
});
