import { expect, test } from "vitest";
import { duration, localClock, localDate, localTime, localZone } from "./time.ts";

// The zone of the machine is what counts, so the expectation is built from it as well.
const at = "2026-11-23T20:31:08.042Z";

test("an instant is shown in the local zone", () => {
  const local = new Date(at);
  const hours = String(local.getHours()).padStart(2, "0");

  expect(localTime(at)).toBe(`${localDate(at)} ${hours}:${localClock(at).slice(3, 8)}`);
  expect(localClock(at)).toMatch(/:\d\d\.042$/);
  expect(localZone(at)).toMatch(/\(UTC[+-]\d\d:\d\d\)$/);
});

test.each([
  [0, "0 s"],
  [59.4, "59 s"],
  [60, "1 min"],
  [3_599, "59 min"],
  [3_700, "1 h 1 min"],
  [90_000, "1 d 1 h"],
  [-5, "0 s"],
])("%d seconds are %s", (seconds, words) => {
  expect(duration(seconds)).toBe(words);
});
