import { expect, test } from "vitest";
import { until } from "../../test/support/wait.ts";
import { finishLane, wakeLanes } from "./lane.ts";
import { lanes, useWorkerBench } from "./testing/worker-bench.ts";

const { db, aWorker } = useWorkerBench();

test("a start follows a wake-up without waiting for the next poll", async () => {
  const worker = await aWorker();
  const delays: number[] = [];

  for (let round = 0; round < 10; round++) {
    const wokenAtMs = performance.now();
    await wakeLanes(db().pool, [{ pair: "acme", key: `pi_${round}` }]);
    await until("the start", () => worker.started.length > round);
    delays.push((worker.started[round]?.atMs ?? Number.NaN) - wokenAtMs);
  }

  expect(delays.sort((a, b) => a - b)[5]).toBeLessThan(100);
});

test("a start of 200 lanes that are woken together comes within one second", async () => {
  const worker = await aWorker();
  const wokenAtMs = performance.now();

  await wakeLanes(db().pool, lanes(200));
  await until("all starts", () => worker.started.length === 200);

  expect((worker.started.at(-1)?.atMs ?? Number.NaN) - wokenAtMs).toBeLessThan(1_000);
});

test("a start of a retry that is due in one second comes within 1.2 s", async () => {
  let endedAtMs = Number.NaN;
  const worker = await aWorker({
    work: async (lane) => {
      await finishLane(db().pool, lane, { dueInMs: lane.tries === 0 ? 1_000 : null, tries: 1 });
      if (lane.tries === 0) endedAtMs = performance.now();
    },
  });

  await wakeLanes(db().pool, lanes(1));
  await until("the retry", () => worker.started.length === 2);

  const delayMs = (worker.started[1]?.atMs ?? Number.NaN) - endedAtMs;
  expect(delayMs).toBeGreaterThan(990);
  expect(delayMs).toBeLessThan(1_200);
});

test("a start comes by polling where the notification was lost", async () => {
  const worker = await aWorker();

  await db().pool.query(
    "insert into lane (pair, key, wake, due_at) values ('acme', 'pi_silent', 1, now())",
  );

  await until("the start", () => worker.started.length === 1, 3_000);
});

test("a start comes again for a lane that was woken while it was worked", async () => {
  const worker = await aWorker({
    work: async (lane) => {
      if (lane.wake === 1) await wakeLanes(db().pool, [lane]);
      await finishLane(db().pool, lane, { dueInMs: null, tries: 0 });
    },
  });

  await wakeLanes(db().pool, lanes(1));
  await until("the second start", () => worker.started.length === 2);

  expect(worker.started.map(({ lane }) => lane.wake)).toEqual([1, 2]);
});
