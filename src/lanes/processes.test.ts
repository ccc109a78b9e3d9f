import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { until } from "../../test/support/wait.ts";
import { wakeLanes } from "./lane.ts";
import { type Child, startChild } from "./testing/child.ts";
import { type LaneDatabase, openLaneDatabase } from "./testing/lane-database.ts";
import { seededRandom } from "./testing/seeded-random.ts";

const LANES = 200;
const WAKES = 5_000;
const WAKERS = 8;

let db: LaneDatabase;
let children: Child[] = [];

beforeAll(async () => {
  db = await openLaneDatabase();
  await db.pool.query(`create table lane_run (id bigint generated always as identity primary key,
    key text, wake bigint, attempt bigint, owner text, started_at timestamptz,
    ended_at timestamptz)`);
});
beforeEach(() => db.clear());
afterEach(async () => {
  await Promise.all(children.map((child) => child.end()));
  children = [];
});
afterAll(() => db.close());

async function aChild(owner: string): Promise<Child> {
  const child = await startChild({ url: db.url, owner, mode: "log" });
  children.push(child);
  return child;
}

async function count(sql: string): Promise<number> {
  const result = await db.pool.query<{ n: number }>(`select count(*)::int as n from ${sql}`);
  return result.rows[0]?.n ?? -1;
}

/** Wakes random lanes, in calls of one to four. */
async function wakeAtRandom(seed: number): Promise<void> {
  const random = seededRandom(seed);
  let left = WAKES;
  const waker = async () => {
    while (left > 0) {
      const size = Math.min(left, 1 + Math.floor(random() * 4));
      left -= size;
      const first = Math.floor(random() * LANES);
      const lanes = Array.from({ length: size }, (_, n) => ({
        pair: "acme",
        key: `pi_${(first + n * 7) % LANES}`,
      }));
      await wakeLanes(db.pool, lanes);
    }
  };
  await Promise.all(Array.from({ length: WAKERS }, waker));
}

test("three processes lose no wake-up of 5,000 and work no lane twice at once", async () => {
  await Promise.all(["p1", "p2", "p3"].map((owner) => aChild(owner)));

  const seed = Date.now() % 1_000_000;
  await wakeAtRandom(seed);
  await until("all lanes to sleep", async () => {
    return (await count("lane where owner is not null or due_at is not null")) === 0;
  });

  const overlaps = await count(`lane_run a join lane_run b on a.key = b.key and a.id < b.id
    and tstzrange(a.started_at, a.ended_at) && tstzrange(b.started_at, b.ended_at)`);
  const wakes = await db.pool.query<{ sum: string }>("select sum(wake) as sum from lane");
  // The claim reads the counter, so a run that saw the last value began after the last wake-up.
  const lost = await count(`lane l where l.wake <> (
    select max(r.wake) from lane_run r where r.key = l.key)`);
  const workers = await count("(select distinct owner from lane_run) as o");
  expect({ overlaps, wakes: Number(wakes.rows[0]?.sum), lost, workers }, `seed ${seed}`).toEqual({
    overlaps: 0,
    wakes: WAKES,
    lost: 0,
    workers: 3,
  });
});

test("a process that stops in good order leaves no lease behind", async () => {
  const child = await aChild("leaver");
  await wakeLanes(db.pool, allLanes());
  await until("a run", () => count("lane_run where owner = 'leaver'"));
  const lifeSigns = await until("a sign of life", () => count("hub_process where id = 'leaver'"));

  await child.stop();

  expect(await count("lane where owner is not null")).toBe(0);
  expect(await count("hub_process where id = 'leaver'")).toBe(0);
  expect(lifeSigns).toBe(1);
});

/** More than a process has room for, so that it is at work when it is told to stop. */
function allLanes(): { pair: string; key: string }[] {
  return Array.from({ length: LANES }, (_, n) => ({ pair: "acme", key: `pi_${n}` }));
}
