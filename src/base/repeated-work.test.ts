import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { HubError } from "./errors.ts";
import { silentLog } from "./log.ts";
import { repeatWork } from "./repeated-work.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const NOTHING = { everyMs: 1_000, log: silentLog, later: "It is done later" };

test("a turn begins at once and then every second, but never beside another", async () => {
  const ends: (() => void)[] = [];
  const repeated = repeatWork({
    ...NOTHING,
    work: () => new Promise((resolve) => ends.push(resolve)),
  });
  await vi.advanceTimersByTimeAsync(5_000);
  const whileOneWorks = ends.length;
  ends[0]?.();
  await vi.advanceTimersByTimeAsync(1_000);

  expect([whileOneWorks, ends.length]).toEqual([1, 2]);
  ends[1]?.();
  await repeated.stop();
});

test("of failures in a row the first is logged, and success begins a new row", async () => {
  const warn = vi.fn();
  const outcomes = ["bad", "bad", "good", "bad", "bad"];
  const repeated = repeatWork({
    ...NOTHING,
    log: { ...silentLog, warn },
    work: async () => {
      if (outcomes.shift() === "bad") throw new HubError("db.unavailable", "Nobody answers");
    },
  });
  await vi.advanceTimersByTimeAsync(4_500);
  await repeated.stop();

  const told = [{ code: "db.unavailable", error: "Nobody answers" }, "It is done later"];
  expect(outcomes).toEqual([]);
  expect(warn.mock.calls).toEqual([told, told]);
});

test("a stop waits for the turn under way, tells it, and begins no other", async () => {
  let turns = 0;
  let wasTold = false;
  const repeated = repeatWork({
    ...NOTHING,
    work: async (signal) => {
      turns += 1;
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      wasTold = true;
    },
  });

  await repeated.stop();
  await vi.advanceTimersByTimeAsync(5_000);

  expect([turns, wasTold]).toEqual([1, true]);
});

test("what is asked for while a turn is under way gets one of its own right after", async () => {
  const ends: (() => void)[] = [];
  const repeated = repeatWork({
    ...NOTHING,
    work: () => new Promise((resolve) => ends.push(resolve)),
  });

  repeated.lookNow();
  repeated.lookNow();
  const whileOneWorks = ends.length;
  ends[0]?.();
  await vi.advanceTimersByTimeAsync(1);
  const afterIt = ends.length;
  ends[1]?.();
  await vi.advanceTimersByTimeAsync(1);
  const afterThat = ends.length;
  repeated.lookNow();
  const stopped = repeated.stop();
  repeated.lookNow();
  ends[2]?.();
  await stopped;

  expect([whileOneWorks, afterIt, afterThat, ends.length]).toEqual([1, 2, 2, 3]);
});
