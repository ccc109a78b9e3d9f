import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../base/clock.ts";
import type { Metadata } from "../../canonical/sale.ts";
import type { RunContext } from "../context.ts";
import { StepLog } from "../step-log.ts";
import { openWriteBench, type WriteBench } from "../testing/write-bench.ts";
import { writeMetadata } from "./write-back.ts";

let bench: WriteBench;

beforeAll(async () => {
  bench = await openWriteBench();
});

afterAll(() => bench.close());

/** A run whose Stripe writes by `write`, on a lane that it has just taken. */
async function aRun(write: (changes: Metadata) => Promise<void>): Promise<RunContext> {
  const door = await bench.aWorker();
  await door.store.load(["in_1"]);
  const stripe = {
    readMetadata: async () => ({}),
    writeMetadata: (_id: string, changes: Metadata) => write(changes),
  };
  const steps = new StepLog(systemClock);
  return { door, pair: { stripe }, steps, signal: door.signal } as unknown as RunContext;
}

test("a write whose process died does not stand in for what is to be written by now", async () => {
  await bench.next();
  const order = { DynamicsSL_OrderNbr: "O0001" };
  const invoiced = { ...order, DynamicsSL_InvoiceNbr: "I0001" };
  const sent = Promise.withResolvers<void>();
  const dead = Promise.withResolvers<void>();
  const first = await aRun(() => {
    sent.resolve();
    return dead.promise;
  });
  const stopped = writeMetadata(first, { objectId: "in_1", planned: order }).catch(() => undefined);
  await sent.promise;
  const written: Metadata[] = [];
  const second = await aRun(async (changes) => void written.push(changes));

  await writeMetadata(second, { objectId: "in_1", planned: invoiced });

  expect(written).toEqual([invoiced]);
  dead.reject(new Error("its process is gone"));
  await stopped;
});
