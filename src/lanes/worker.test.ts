import { describe, expect, test } from "vitest";
import { until } from "../../test/support/wait.ts";
import { pause } from "../base/clock.ts";
import { finishLane, wakeLanes } from "./lane.ts";
import {
  startTestWorker,
  type TestWorkerOptions,
  workUntilAborted,
} from "./testing/test-worker.ts";
import { lanes, useWorkerBench } from "./testing/worker-bench.ts";

const { db, aWorker } = useWorkerBench();

test("no more lanes run at once than the process has room for", async () => {
  let atWork = 0;
  let atWorkMax = 0;
  const worker = await aWorker({
    maxLanes: 3,
    work: async (lane) => {
      atWorkMax = Math.max(atWorkMax, ++atWork);
      await pause(5);
      await finishLane(db().pool, lane, { dueInMs: null, tries: 0 });
      atWork -= 1;
    },
  });

  await wakeLanes(db().pool, lanes(30));
  await until("all lanes to be worked", () => worker.started.length === 30 && atWork === 0);

  expect(atWorkMax).toBe(3);
});

test("two workers together never pass the limit of a pair", async () => {
  const atWork = new Set<string>();
  let atWorkMax = 0;
  const options = {
    limit: 4,
    work: async (lane: Parameters<NonNullable<TestWorkerOptions["work"]>>[0]) => {
      atWork.add(lane.key);
      atWorkMax = Math.max(atWorkMax, atWork.size);
      await pause(3);
      // The database may give the place to the other worker before our call has returned.
      atWork.delete(lane.key);
      await finishLane(db().pool, lane, { dueInMs: null, tries: 0 });
    },
  };
  const [one, two] = [await aWorker(options), await aWorker(options)];

  await wakeLanes(db().pool, lanes(300));
  await until("all lanes", () => one.started.length + two.started.length === 300);

  expect(atWorkMax).toBe(4);
});

describe("a run that tells when its lane is due again", () => {
  test("makes room for the next one where its pair had no more", async () => {
    const worker = await aWorker({
      limit: 2,
      work: async (lane, _signal, leave) => {
        await finishLane(db().pool, lane, { dueInMs: null, tries: 0 });
        leave(null);
      },
    });

    await wakeLanes(db().pool, lanes(40));

    // Two a second is what the polls alone would start.
    await until("all lanes", () => worker.started.length === 40, 8_000);
  });

  test("is followed by one of the same lane at once where it left it due", async () => {
    const worker = await aWorker({
      work: async (lane, _signal, leave) => {
        const dueInMs = lane.attempt < 20 ? 0 : null;
        await finishLane(db().pool, lane, { dueInMs, tries: 0 });
        leave(dueInMs);
      },
    });

    await wakeLanes(db().pool, lanes(1));

    // One a second is what the polls alone would start.
    await until("the last run", () => worker.started.length === 20, 8_000);
  });

  test("is followed by one of a lane that was woken while it was at work", async () => {
    const worker = await aWorker({
      work: async (lane, _signal, leave) => {
        if (lane.attempt < 20) await wakeLanes(db().pool, [lane]);
        const { wasWoken } = await finishLane(db().pool, lane, { dueInMs: null, tries: 0 });
        leave(wasWoken ? 0 : null);
      },
    });

    await wakeLanes(db().pool, lanes(1));

    await until("the last run", () => worker.started.length === 20, 8_000);
  });
});

describe("a run that throws", () => {
  test("is tried again with a growing delay and its reason", async () => {
    await aWorker({
      work: async () => {
        throw new Error("the unforeseen");
      },
    });

    await wakeLanes(db().pool, lanes(1));
    const row = await until("the failure to be saved", async () => {
      const lane = await db().lane("pi_0");
      return lane?.tries === 2 ? lane : undefined;
    });

    expect(row).toMatchObject({ owner: null, waits_for: "the unforeseen" });
    expect(row.due_in_ms).toBeGreaterThan(1_000);
    expect(row.due_in_ms).toBeLessThanOrEqual(5_000);
  });

  test("for want of a database is tried again in five seconds, and is no bug", async () => {
    await aWorker({
      work: async () => {
        throw new Error("timeout exceeded when trying to connect");
      },
    });

    await wakeLanes(db().pool, lanes(1));
    const row = await until("the failure to be saved", async () => {
      const lane = await db().lane("pi_0");
      return lane?.waits_for === null ? undefined : lane;
    });

    expect(row).toMatchObject({ owner: null, tries: 1 });
    expect(row.waits_for).toBe(
      "The database did not answer: timeout exceeded when trying to connect",
    );
    expect(row.due_in_ms).toBeGreaterThan(1_000);
  });

  test("does not keep the others from their end", async () => {
    const worker = await aWorker({
      work: async (lane) => {
        if (lane.key === "pi_3") throw new Error("the unforeseen");
        await finishLane(db().pool, lane, { dueInMs: null, tries: 0 });
      },
    });

    await wakeLanes(db().pool, lanes(10));
    await until("all starts", () => worker.started.length >= 10 && worker.lanesAtWork() === 0);

    const due = await db().pool.query("select key from lane where due_at is not null");
    expect(due.rows).toEqual([{ key: "pi_3" }]);
  });

  test("because its fence was lost changes nothing and is counted", async () => {
    const worker = await aWorker({
      work: async (lane) => {
        await db().pool.query("update lane set owner = 'thief', attempt = attempt + 1");
        await finishLane(db().pool, lane, { dueInMs: null, tries: 0 });
      },
    });

    await wakeLanes(db().pool, lanes(1));
    await until("the loss", () => worker.lost.length === 1);

    expect(await db().lane("pi_0")).toMatchObject({ owner: "thief", tries: 0 });
  });
});

describe("a stop", () => {
  test("lets a run come to its end and takes no new lane", async () => {
    const worker = startTestWorker({
      pool: db().pool,
      url: db().url,
      maxLanes: 1,
      work: async (lane) => {
        await pause(300);
        await finishLane(db().pool, lane, { dueInMs: null, tries: 0 });
      },
    });
    await wakeLanes(db().pool, lanes(2));
    await until("the start", () => worker.started.length === 1);

    await worker.stop();

    expect(worker.started).toHaveLength(1);
    const rows = await db().pool.query("select 1 from lane where owner is null and due_at is null");
    expect(rows.rowCount).toBe(1);
  });

  test("aborts a run that does not end, and gives its lane back with its tries", async () => {
    const worker = startTestWorker({
      pool: db().pool,
      url: db().url,
      stopWithinMs: 100,
      work: workUntilAborted,
    });
    await wakeLanes(db().pool, lanes(1));
    await until("the start", () => worker.started.length === 1);

    await worker.stop();

    const row = await db().lane("pi_0");
    expect(row).toMatchObject({ owner: null, tries: 0 });
    expect(row?.due_in_ms).toBeLessThanOrEqual(0);
  });

  test("gives back the lane of a run that does not listen at all", async () => {
    const worker = startTestWorker({
      pool: db().pool,
      url: db().url,
      stopWithinMs: 10,
      work: () => pause(10_000),
    });
    await wakeLanes(db().pool, lanes(1));
    await until("the start", () => worker.started.length === 1);

    await worker.stop();

    expect(await db().lane("pi_0")).toMatchObject({ owner: null });
    expect((await db().pool.query("select 1 from hub_process")).rowCount).toBe(0);
  });
});

test("a process that cannot renew for eight seconds stops its runs", async () => {
  let aheadMs = 0;
  const worker = startTestWorker({
    pool: db().pool,
    url: db().url,
    stopWithinMs: 10,
    work: workUntilAborted,
    clock: { now: () => new Date(), monotonicMs: () => performance.now() + aheadMs },
  });
  await wakeLanes(db().pool, lanes(1));
  await until("the start", () => worker.started.length === 1);

  // As after a freeze: the clock has gone on, and no renewal has come through since.
  aheadMs = 8_001;

  await until("the abort", () => worker.started[0]?.signal.aborted, 8_000);
  expect(worker.started[0]?.signal.reason).toMatchObject({ code: "lane.fenced" });
  expect(worker.lost).toHaveLength(1);
  await worker.stop();
});

test("a run whose lane was taken over is told with the next renewal", async () => {
  const worker = await aWorker({ work: workUntilAborted });
  await wakeLanes(db().pool, lanes(1));
  await until("the start", () => worker.started.length === 1);

  await db().pool.query("update lane set owner = 'thief', attempt = attempt + 1");

  await until("the abort", () => worker.started[0]?.signal.aborted, 12_000);
  expect(worker.lost).toHaveLength(1);
});

test("a worker whose database was put back is told before it takes a new heartbeat", async () => {
  const told: unknown[] = [];
  const worker = await aWorker({
    onForgotten: async () => {
      const rows = await db().pool.query("select 1 from hub_process");
      told.push(rows.rowCount);
    },
  });
  await until("a heartbeat that the worker knows of", async () => {
    await wakeLanes(db().pool, lanes(1));
    return worker.started.some(({ lane }) => lane.heartbeat !== undefined);
  });
  await db().pool.query("delete from hub_process");

  await until("the word of it", () => told.length > 0);
  await until("a new heartbeat", async () => {
    const rows = await db().pool.query("select 1 from hub_process");
    return rows.rowCount === 1;
  });
  const before = worker.started.length;
  await wakeLanes(db().pool, lanes(1));
  await until("the start", () => worker.started.length > before);

  expect(told).toEqual([0]);
});
