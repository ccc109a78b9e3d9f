import { expect, test } from "vitest";
import { HubError } from "../base/errors.ts";
import { RETRY_DELAYS_MS, retryDelayMs } from "./retry-schedule.ts";

const busy = new HubError("erp.busy", "deadlock victim");

test("each next try waits longer than the one before", () => {
  for (const delays of Object.values(RETRY_DELAYS_MS)) {
    expect(delays).toEqual([...delays].sort((a, b) => a - b));
  }
});

test("jitter stretches a delay by a quarter at most and never shortens it", () => {
  expect(retryDelayMs(busy, 0, 0)).toBe(1_000);
  expect(retryDelayMs(busy, 0, 1)).toBe(1_250);
});

test("a used-up schedule gives no further try", () => {
  expect(retryDelayMs(busy, RETRY_DELAYS_MS.busy.length, 0)).toBeUndefined();
});

test("a rate limit of Stripe has a schedule of its own", () => {
  const limited = new HubError("stripe.rate_limited", "429");

  expect(retryDelayMs(limited, 0, 0)).toBe(RETRY_DELAYS_MS.limited[0]);
});
