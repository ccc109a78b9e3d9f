import { expect, test } from "vitest";
import { isCalendarDate } from "./calendar-date.ts";

test("the last day of a leap year's February is a calendar date", () => {
  expect(isCalendarDate("2028-02-29")).toBe(true);
});

test.each(["2026-02-29", "2026-13-01", "2026-1-1", "x", "2026-00-10", ""])(
  "%j is no calendar date",
  (text) => {
    expect(isCalendarDate(text)).toBe(false);
  },
);
