import fc from "fast-check";
import { expect, test } from "vitest";
import { sendWithinMs } from "./send-within.ts";

const within = (outcomeHorizon: number, callTimeout: number) =>
  sendWithinMs({ outcomeHorizon, sl: { callTimeout } });

test.each([
  [300, 60, 120_000],
  [120, 100, 10_000],
  [100, 97, 2_000],
  [60, 60, 2_000],
  [60, 90, 2_000],
])("of a horizon of %i s and calls of %i s a write leaves within %i ms", (...row) => {
  const [horizon, callTimeout, ms] = row;

  expect(within(horizon, callTimeout)).toBe(ms);
});

test("what leaves at the last moment and takes SL's longest call ends inside the horizon", () => {
  fc.assert(
    fc.property(fc.integer({ min: 5, max: 600 }), fc.integer({ min: 4, max: 3_600 }), (...row) => {
      const [callTimeout, marginSeconds] = row;
      const horizon = callTimeout + marginSeconds;

      const endsMs = within(horizon, callTimeout) + callTimeout * 1000;

      expect(horizon * 1000 - endsMs).toBeGreaterThanOrEqual((marginSeconds * 1000) / 2);
    }),
  );
});
