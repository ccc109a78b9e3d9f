import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addDays, documentDate, dueDate } from "./dates.ts";

describe("documentDate", () => {
  test.each([
    ["2027-01-01T04:30:00Z", "America/New_York", "2026-12-31"],
    ["2027-01-01T05:00:00Z", "America/New_York", "2027-01-01"],
    ["2026-03-10T23:59:59Z", "Pacific/Kiritimati", "2026-03-11"],
    ["2026-03-10T09:59:59Z", "Pacific/Pago_Pago", "2026-03-09"],
    ["2026-03-29T00:59:59Z", "Europe/London", "2026-03-29"],
    ["2026-10-24T23:30:00Z", "Europe/London", "2026-10-25"],
    ["2028-02-29T12:00:00Z", "UTC", "2028-02-29"],
    ["2026-03-10T18:29:59Z", "Asia/Kolkata", "2026-03-10"],
    ["2026-03-10T18:30:00Z", "Asia/Kolkata", "2026-03-11"],
  ])("%s in %s is %s", (instant, zone, expected) => {
    expect(documentDate(new Date(instant), zone)).toBe(expected);
  });

  test("lies at most one day from the date in UTC, whatever the zone", () => {
    const zones = fc.constantFrom(...Intl.supportedValuesOf("timeZone"));
    const instants = fc.date({
      min: new Date("2000-01-01"),
      max: new Date("2079-01-01"),
      noInvalidDate: true,
    });

    fc.assert(
      fc.property(instants, zones, (instant, zone) => {
        const utc = instant.toISOString().slice(0, 10);

        expect([addDays(utc, -1), utc, addDays(utc, 1)]).toContain(documentDate(instant, zone));
      }),
    );
  });
});

test.each([
  ["2026-01-31", 30, "2026-03-02"],
  ["2028-02-28", 1, "2028-02-29"],
  ["2026-12-31", 0, "2026-12-31"],
])("%s and %i days is due on %s", (date, dueDays, expected) => {
  expect(dueDate(date, { termsId: "30", dueDays, isInstalment: false })).toBe(expected);
});
