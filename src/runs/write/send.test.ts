import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { HORIZON_MS, openWriteBench, type WriteBench } from "../testing/write-bench.ts";

let bench: WriteBench;

beforeAll(async () => {
  bench = await openWriteBench();
});

afterAll(() => bench.close());

beforeEach(() => bench.next());

async function tries(bookedBy: ReturnType<WriteBench["book"]>) {
  const { attempts } = await bookedBy;
  return attempts.map(({ step, outcome }) => `${step} ${outcome}`);
}

test("a worker that stands still in a fill while another takes over does not send it", async () => {
  const worker = await bench.aWorker();
  let stoodStillMs = 0;
  const monotonicMs = () => worker.clock.monotonicMs() + stoodStillMs;
  const { connector } = bench.site;
  const fill: typeof connector.fill = async (...filling) => {
    stoodStillMs = HORIZON_MS;
    await bench.aWorker();
    return connector.fill(...filling);
  };
  const clock = { ...worker.clock, monotonicMs };

  const late = bench.book({ ...worker, clock, erp: { ...connector, fill } });
  await expect(late).rejects.toMatchObject({ code: "lane.fenced" });
  const held = await bench.invoicesInSl();
  await bench.letPass(HORIZON_MS);
  const done = await tries(bench.book(await bench.aWorker()));

  expect(held).toEqual([]);
  expect(done).toEqual(["reserve ok", "fill absent", "fill ok", "release ok"]);
  expect(await bench.invoicesInSl()).toMatchObject([{ Rlsed: 1 }]);
});

test("a write is sent however long SL takes for the read before it", async () => {
  const erp = bench.site.connect();
  await erp.check();
  await bench.site.fault({ operation: "getNewscreen" }, { kind: "latency", ms: 1_200 });

  const door = { ...(await bench.aWorker()), erp, sendWithinMs: 1_000 };
  const done = await tries(bench.book(door));

  expect(done).toEqual(["reserve ok", "fill ok", "release ok"]);
});
