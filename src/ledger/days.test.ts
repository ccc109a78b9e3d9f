import fc from "fast-check";
import { expect, test } from "vitest";
import { documentDate } from "../mapping/index.ts";
import { dayLane, dayOfLane, spanOfDay } from "./days.ts";

test.each([
  ["2026-03-10", "America/New_York", "2026-03-10T04:00:00Z", "2026-03-11T04:00:00Z"],
  ["2026-03-08", "America/New_York", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"],
  ["2026-12-31", "America/New_York", "2026-12-31T05:00:00Z", "2027-01-01T05:00:00Z"],
  ["2026-03-10", "Pacific/Kiritimati", "2026-03-09T10:00:00Z", "2026-03-10T10:00:00Z"],
  ["2026-03-10", "UTC", "2026-03-10T00:00:00Z", "2026-03-11T00:00:00Z"],
])("%s in %s lies from %s to %s", (date, zone, from, until) => {
  expect(spanOfDay(date, zone)).toEqual({ from: new Date(from), until: new Date(until) });
});

test("the days of a zone follow each other without a gap, and each holds its instants", () => {
  const zones = fc.constantFrom(...Intl.supportedValuesOf("timeZone"));
  const instants = fc.date({
    min: new Date("2015-01-01"),
    max: new Date("2040-01-01"),
    noInvalidDate: true,
  });

  fc.assert(
    fc.property(instants, zones, (instant, zone) => {
      const date = documentDate(instant, zone);
      const { from, until } = spanOfDay(date, zone);

      expect(from <= instant && instant < until).toBe(true);
      expect(documentDate(new Date(until.getTime()), zone) > date).toBe(true);
    }),
  );
});

test("a lane tells its day, any other lane none", () => {
  expect(dayOfLane(dayLane("2026-03-10"))).toBe("2026-03-10");
  expect(["day:2026-02-30", "day:", "pi_2026-03-10", "thin:evt_1"].map(dayOfLane)).toEqual(
    Array.from({ length: 4 }, () => undefined),
  );
});
