import { expect, test } from "vitest";
import { Limiter } from "./limiter.ts";

test("no more than the limit run at once, and all of them run", async () => {
  const limiter = new Limiter(3);
  let running = 0;
  let most = 0;
  const call = async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    return 1;
  };
  const results = await Promise.all(Array.from({ length: 20 }, () => limiter.run(call)));

  expect(most).toBe(3);
  expect(results).toHaveLength(20);
});

test("a failed call gives its place back", async () => {
  const limiter = new Limiter(1);
  await expect(limiter.run(() => Promise.reject(new Error("no")))).rejects.toThrow("no");

  expect(await limiter.run(() => Promise.resolve(7))).toBe(7);
});

test("a caller that aborts while it waits leaves the queue to the others", async () => {
  const limiter = new Limiter(1);
  let finish: (() => void) | undefined;
  const first = limiter.run(() => new Promise<void>((resolve) => (finish = resolve)));
  const controller = new AbortController();
  const second = limiter.run(() => Promise.resolve("second"), controller.signal);
  const third = limiter.run(() => Promise.resolve("third"));
  controller.abort();

  await expect(second).rejects.toThrow();
  finish?.();
  await first;
  expect(await third).toBe("third");
});
