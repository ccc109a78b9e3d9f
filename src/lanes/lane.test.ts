import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { withTransaction } from "../db/index.ts";
import { FENCE_CTE, finishLane, guardLane, lockLanes, wakeLanes } from "./lane.ts";
import { type LaneDatabase, only, openLaneDatabase } from "./testing/lane-database.ts";

let db: LaneDatabase;

beforeAll(async () => {
  db = await openLaneDatabase();
  await db.pool.query("create table written (by_whom text)");
});
beforeEach(() => db.clear());
afterAll(() => db.close());

const LANE = { pair: "acme", key: "pi_1" };
const DONE = { dueInMs: null, tries: 0 };

describe("a wake-up", () => {
  test("makes a lane that is due at once", async () => {
    await wakeLanes(db.pool, [LANE]);

    expect(await db.lane("pi_1")).toMatchObject({ wake: 1n, owner: null, attempt: 0n });
    expect((await db.lane("pi_1"))?.due_in_ms).toBeLessThanOrEqual(0);
  });

  test("brings a later time forward and never puts an earlier one off", async () => {
    await wakeLanes(db.pool, [LANE], 60_000);
    await wakeLanes(db.pool, [LANE], 10_000);
    await wakeLanes(db.pool, [LANE], 90_000);

    const lane = await db.lane("pi_1");
    expect(lane?.wake).toBe(3n);
    expect(lane?.due_in_ms).toBeGreaterThan(5_000);
    expect(lane?.due_in_ms).toBeLessThanOrEqual(10_000);
  });

  test("of the same lane twice in one call counts once", async () => {
    await wakeLanes(db.pool, [LANE, LANE]);

    expect(await db.lane("pi_1")).toMatchObject({ wake: 1n });
  });

  test("in a transaction that is rolled back leaves nothing", async () => {
    const work = withTransaction(db.pool, async (tx) => {
      await wakeLanes(tx, [LANE]);
      throw new Error("no");
    });

    await expect(work).rejects.toThrow("no");
    expect(await db.lane("pi_1")).toBeUndefined();
  });
});

describe("finishing", () => {
  test("in line keeps a lane behind those of its minute and before all later ones", async () => {
    const age = (key: string, minutes: number) =>
      db.pool.query(
        `insert into lane (pair, key, wake, due_at)
         values ('acme', $1, 1, clock_timestamp() - $2 * interval '1 minute')`,
        [key, minutes],
      );
    for (const [key, minutes] of [
      ["first", 10],
      ["soon", 9.5],
      ["later", 8.5],
    ] as const) {
      await age(key, minutes);
    }
    const order: string[] = [];
    await finishLane(db.pool, only(await db.claim("a", { room: 1 })), {
      dueInMs: "in line",
      tries: 0,
    });
    for (let turn = 0; turn < 3; turn += 1) {
      const lane = only(await db.claim("a", { room: 1 }));
      order.push(lane.key);
      await finishLane(db.pool, lane, DONE);
    }

    expect(order).toEqual(["soon", "first", "later"]);
  });

  test("puts a lane to sleep", async () => {
    await wakeLanes(db.pool, [LANE]);
    const lane = only(await db.claim("a"));

    await finishLane(db.pool, lane, DONE);

    expect(await db.lane("pi_1")).toMatchObject({ owner: null, due_in_ms: null, tries: 0 });
  });

  test("keeps the tries, the words and the time of the next look", async () => {
    await wakeLanes(db.pool, [LANE]);
    const lane = only(await db.claim("a"));

    await finishLane(db.pool, lane, { dueInMs: 5_000, tries: 3, waitsFor: "the shipper" });

    const row = await db.lane("pi_1");
    expect(row).toMatchObject({ tries: 3, waits_for: "the shipper" });
    expect(row?.due_in_ms).toBeGreaterThan(1_000);
    expect(await db.claim("a")).toEqual([]);
  });

  test("makes a lane due again that was woken meanwhile, whatever the run wished", async () => {
    await wakeLanes(db.pool, [LANE]);
    const lane = only(await db.claim("a"));
    await wakeLanes(db.pool, [LANE]);

    const { wasWoken } = await finishLane(db.pool, lane, { dueInMs: 3_600_000, tries: 0 });

    expect(wasWoken).toBe(true);
    expect(only(await db.claim("b"))).toMatchObject({ key: "pi_1", wake: 2 });
  });

  test("twice is refused", async () => {
    await wakeLanes(db.pool, [LANE]);
    const lane = only(await db.claim("a"));
    await finishLane(db.pool, lane, DONE);

    await expect(finishLane(db.pool, lane, DONE)).rejects.toMatchObject({ code: "lane.fenced" });
  });

  test("is undone with its transaction", async () => {
    await wakeLanes(db.pool, [LANE]);
    const lane = only(await db.claim("a"));
    const work = withTransaction(db.pool, async (tx) => {
      await finishLane(tx, lane, DONE);
      throw new Error("no");
    });

    await expect(work).rejects.toThrow("no");
    expect(await db.lane("pi_1")).toMatchObject({ owner: "a" });
  });
});

describe("the fence", () => {
  const write = `with ${FENCE_CTE} insert into written select $3 from fence returning 1`;

  test("lets the holder write", async () => {
    await wakeLanes(db.pool, [LANE]);
    const lane = only(await db.claim("a"));

    const result = await db.pool.query(write, [lane.pair, lane.key, lane.owner, lane.attempt]);

    expect(result.rowCount).toBe(1);
    await withTransaction(db.pool, (tx) => guardLane(tx, lane));
  });

  test("keeps out whoever has lost the lane", async () => {
    await wakeLanes(db.pool, [LANE]);
    const lost = only(await db.claim("a"));
    await db.expire("pi_1");
    only(await db.claim("b"));

    const result = await db.pool.query(write, [lost.pair, lost.key, lost.owner, lost.attempt]);

    expect(result.rowCount).toBe(0);
    const guard = withTransaction(db.pool, (tx) => guardLane(tx, lost));
    await expect(guard).rejects.toMatchObject({ code: "lane.fenced" });
    await expect(finishLane(db.pool, lost, DONE)).rejects.toMatchObject({ code: "lane.fenced" });
  });

  test("keeps out an earlier claim of the same process", async () => {
    await wakeLanes(db.pool, [LANE]);
    const lost = only(await db.claim("a"));
    await db.expire("pi_1");
    const kept = only(await db.claim("a"));

    await expect(finishLane(db.pool, lost, DONE)).rejects.toMatchObject({ code: "lane.fenced" });
    await finishLane(db.pool, kept, DONE);
  });

  test("holds a take-over off until the writing transaction has ended", async () => {
    await wakeLanes(db.pool, [LANE]);
    const lane = only(await db.claim("a"));
    await db.expire("pi_1");

    const takenWhileWriting = await withTransaction(db.pool, async (tx) => {
      await guardLane(tx, lane);
      return db.claim("b");
    });

    expect(takenWhileWriting).toEqual([]);
    expect(only(await db.claim("b"))).toMatchObject({ takenOverFrom: "a" });
  });
});

test("transactions that lock their lanes first cross without a deadlock", async () => {
  const keys = ["pi_a", "pi_b", "pi_c"].map((key) => ({ pair: "acme", key }));
  await wakeLanes(db.pool, keys);
  const cross = async (order: typeof keys) => {
    for (let round = 0; round < 20; round++) {
      await withTransaction(db.pool, async (tx) => {
        await lockLanes(tx, order);
        for (const lane of order) await wakeLanes(tx, [lane]);
      });
    }
  };

  await Promise.all([cross(keys), cross([...keys].reverse()), wakeAll(keys)]);

  expect(await db.lane("pi_b")).toMatchObject({ wake: 61n });
});

async function wakeAll(lanes: { pair: string; key: string }[]): Promise<void> {
  for (let round = 0; round < 20; round++) await wakeLanes(db.pool, lanes);
}
