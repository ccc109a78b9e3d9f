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

test("a worker that stands still in the middle of a fill does not send it", async () => {
  const worker = await bench.aWorker();
  let stoodStillMs = 0;
  const monotonicMs = () => worker.clock.monotonicMs() + stoodStillMs;
  const { connector } = bench.site;
  const fill: typeof connector.fill = (...filling) => {
    stoodStillMs = HORIZON_MS;
    return connector.fill(...filling);
  };
  const clock = { ...worker.clock, monotonicMs };

  const late = bench.book({ ...worker, clock, erp: { ...connector, fill } });
  await expect(late).rejects.toMatchObject({ code: "erp.busy" });
  const held = await bench.invoicesInSl();
  const done = await tries(bench.book(await bench.aWorker()));

  expect(held).toEqual([]);
  expect(done).toEqual(["reserve ok", "fill erp.busy", "fill ok", "release ok"]);
  expect(await bench.invoicesInSl()).toMatchObject([{ Rlsed: 1 }]);
});

test("where SL takes seconds for the read before a write, it is sent all the same", async () => {
  const erp = bench.site.connect();
  await erp.check();
  await bench.site.fault({ operation: "getNewscreen" }, { kind: "latency", ms: 2_500 });

  const done = await tries(bench.book({ ...(await bench.aWorker()), erp }));

  expect(done).toEqual(["reserve ok", "fill ok", "release ok"]);
});
