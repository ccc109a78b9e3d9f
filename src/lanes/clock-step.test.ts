import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { FAILURES_TO_OPEN, recordAnswer } from "./circuit.ts";
import { LEASE_MS, renewLeases } from "./claim.ts";
import { followClockBack } from "./clock-step.ts";
import { finishLane, wakeLanes } from "./lane.ts";
import { sweepStrays } from "./sweep.ts";
import { type LaneDatabase, only, openLaneDatabase } from "./testing/lane-database.ts";

let db: LaneDatabase;

beforeAll(async () => {
  db = await openLaneDatabase();
});
beforeEach(() => db.clear());
afterAll(() => db.close());

const LANE = { pair: "acme", key: "pi_1" };

/** What is stored lies an hour ahead, as after a clock that was set back by one. */
async function setClockBack(): Promise<void> {
  await db.pool.query(`update lane set due_at = due_at + interval '1 h',
    lease_until = lease_until + interval '1 h', woken_at = woken_at + interval '1 h',
    updated_at = updated_at + interval '1 h'`);
  await db.pool.query(`update pair_state set probe_at = probe_at + interval '1 h',
    updated_at = updated_at + interval '1 h'`);
}

async function delayBy(dueInMs: number): Promise<void> {
  await wakeLanes(db.pool, [LANE]);
  await finishLane(db.pool, only(await db.claim("a")), { dueInMs, tries: 1 });
}

test("a lane that is due when the clock is set back is due after the next sweep", async () => {
  await wakeLanes(db.pool, [LANE]);
  await setClockBack();
  const before = await db.claim("a");

  await sweepStrays(db.pool);

  expect(before).toEqual([]);
  expect(only(await db.claim("a"))).toMatchObject(LANE);
});

test("a lane that waits keeps the delay that it was given", async () => {
  await delayBy(60_000);
  await setClockBack();

  const moved = await followClockBack(db.pool);

  expect(moved).toBe(1);
  const dueInMs = (await db.lane("pi_1"))?.due_in_ms;
  expect(dueInMs).toBeGreaterThan(50_000);
  // The delay counts from the statement before, which may have taken some milliseconds.
  expect(dueInMs).toBeLessThan(61_000);
});

test("a dead process's lane is free one lease after the sweep", async () => {
  await wakeLanes(db.pool, [LANE]);
  await db.claim("dead");
  await setClockBack();

  await followClockBack(db.pool);

  const leaseMs = (await db.lane("pi_1"))?.lease_in_ms;
  expect(leaseMs).toBeGreaterThan(0);
  expect(leaseMs).toBeLessThanOrEqual(LEASE_MS);
});

test("a process that lives keeps its lane", async () => {
  await wakeLanes(db.pool, [LANE]);
  const claimed = await db.claim("alive");
  await setClockBack();

  await followClockBack(db.pool);

  expect(await db.claim("thief")).toEqual([]);
  const alive = { owner: "alive", heartbeat: undefined };
  expect((await renewLeases(db.pool, alive, claimed)).lanes).toEqual(claimed);
});

test("an open circuit may probe at once", async () => {
  await wakeLanes(db.pool, [LANE]);
  for (let n = 0; n < FAILURES_TO_OPEN; n++) await recordAnswer(db.pool, "acme", false);
  await setClockBack();

  await followClockBack(db.pool);

  expect(await db.claim("a")).toHaveLength(1);
});

test("a clock that was not set back moves nothing", async () => {
  await wakeLanes(db.pool, [
    { pair: "acme", key: "pi_due" },
    { pair: "acme", key: "pi_held" },
  ]);
  await db.claim("a", { room: 1 });
  await wakeLanes(db.pool, [{ pair: "acme", key: "pi_later" }], 8 * 3_600_000);
  for (let n = 0; n < FAILURES_TO_OPEN; n++) await recordAnswer(db.pool, "acme", false);

  expect(await followClockBack(db.pool)).toBe(0);
});
