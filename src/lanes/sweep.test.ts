import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { withTransaction } from "../db/index.ts";
import { FAILURES_TO_OPEN, pausePair, recordAnswer } from "./circuit.ts";
import { finishLane, wakeLanes } from "./lane.ts";
import { countLanes, sweepStrays } from "./sweep.ts";
import { type LaneDatabase, only, openLaneDatabase } from "./testing/lane-database.ts";

const NOTHING = { wokenLanes: 0, overdueLanes: 0 };

let db: LaneDatabase;

beforeAll(async () => {
  db = await openLaneDatabase();
});
beforeEach(() => db.clear());
afterAll(() => db.close());

async function addOpenEvent(laneKey: string, id = `evt_${laneKey}`): Promise<void> {
  await db.pool.query(
    `insert into event (pair, stripe_event_id, type, livemode, lane_key, created_at, body)
     values ('acme', $1, 'charge.succeeded', false, $2, now(), '')`,
    [id, laneKey],
  );
}

async function makeOverdue(minutes: number): Promise<void> {
  await wakeLanes(db.pool, [{ pair: "acme", key: "pi_1" }]);
  await db.pool.query("update lane set due_at = now() - $1 * interval '1 minute'", [minutes]);
}

test("an event whose lane does not exist gets its lane", async () => {
  await addOpenEvent("pi_1", "evt_1");
  await addOpenEvent("pi_1", "evt_2");

  expect(await sweepStrays(db.pool)).toEqual({ wokenLanes: 1, overdueLanes: 0 });
  expect(only(await db.claim("a"))).toMatchObject({ key: "pi_1" });
});

test("an event whose lane is asleep wakes it", async () => {
  await wakeLanes(db.pool, [{ pair: "acme", key: "pi_1" }]);
  await finishLane(db.pool, only(await db.claim("a")), { dueInMs: null, tries: 0 });
  await addOpenEvent("pi_1");

  expect(await sweepStrays(db.pool)).toEqual({ wokenLanes: 1, overdueLanes: 0 });
  expect(only(await db.claim("a"))).toMatchObject({ wake: 2 });
});

test("events that are being worked, waited for or ended are no strays", async () => {
  await wakeLanes(db.pool, [{ pair: "acme", key: "pi_owned" }]);
  await db.claim("a");
  await wakeLanes(db.pool, [{ pair: "acme", key: "pi_later" }], 60_000);
  for (const key of ["pi_owned", "pi_later", "pi_parked"]) await addOpenEvent(key);
  await db.pool.query(
    `update event set end_state = 'parked', end_reason = 'x', ended_at = now()
     where lane_key = 'pi_parked'`,
  );

  expect(await sweepStrays(db.pool)).toEqual(NOTHING);
});

test("a lane that nobody takes for over five minutes is counted and announced", async () => {
  await makeOverdue(6);

  expect(await sweepStrays(db.pool)).toEqual({ wokenLanes: 0, overdueLanes: 1 });
});

test("a lane that is worked for over five minutes is not overdue", async () => {
  await makeOverdue(6);
  await db.claim("a");

  expect(await sweepStrays(db.pool)).toEqual(NOTHING);
});

test("a lane that is due for less than five minutes is not counted", async () => {
  await makeOverdue(4);

  expect(await sweepStrays(db.pool)).toEqual(NOTHING);
});

test("a lane that waits for its paused pair or for the circuit is not overdue", async () => {
  await makeOverdue(60);
  await pausePair(db.pool, "acme", "erp.auth", "SL refused the password");
  const paused = await sweepStrays(db.pool);
  await db.pool.query("delete from pair_state");
  for (let n = 0; n < FAILURES_TO_OPEN; n++) await recordAnswer(db.pool, "acme", false);

  expect([paused, await sweepStrays(db.pool)]).toEqual([NOTHING, NOTHING]);
});

test("while one process sweeps, the others find nothing", async () => {
  await addOpenEvent("pi_1");

  const beside = await withTransaction(db.pool, async (tx) => {
    await tx.query("select pg_advisory_xact_lock(1397512017, 0)");
    return sweepStrays(db.pool);
  });

  expect(beside).toEqual(NOTHING);
});

test("lanes are counted by pair and by what they wait for", async () => {
  await wakeLanes(db.pool, [{ pair: "acme", key: "pi_1" }]);
  await db.claim("a");
  await wakeLanes(db.pool, [
    { pair: "acme", key: "pi_2" },
    { pair: "other", key: "pi_3" },
  ]);
  await wakeLanes(db.pool, [{ pair: "acme", key: "pi_4" }], 60_000);

  expect(await countLanes(db.pool)).toEqual([
    { pair: "acme", owned: 1, due: 1, waiting: 1, oldestDueMs: expect.any(Number) as unknown },
    { pair: "other", owned: 0, due: 1, waiting: 0, oldestDueMs: expect.any(Number) as unknown },
  ]);
});
