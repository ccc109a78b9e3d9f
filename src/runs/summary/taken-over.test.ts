import { expect, test } from "vitest";
import { mayBeSummed } from "./taken-over.ts";

// The day ends at 2026-03-11T04:00:00Z in New York.
test.each([
  ["in its middle no", "2026-03-10T17:00:00Z", false],
  ["once it is over", "2026-03-11T04:00:00Z", true],
  ["long since", "2026-04-01T00:00:00Z", true],
  ["on a clock that was set back an hour at its end", "2026-03-11T03:00:00Z", true],
  ["more than two hours before its end no", "2026-03-11T01:59:59Z", false],
])("a day may have been summed up: %s", (_when, now, isSo) => {
  expect(mayBeSummed("2026-03-10", "America/New_York", new Date(now))).toBe(isSo);
});
