import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FiscalCalendar } from "../erp/port.ts";
import { addDays } from "./dates.ts";
import { choosePeriod, keptPeriod, openOnly, periodOf } from "./period.ts";

function calendar(ends: string, namedAfterStart = false): FiscalCalendar {
  const periodEnds = ends.split(" ");
  return {
    periods: periodEnds.length,
    periodEnds,
    namedAfterStart,
    firstOpenReceivables: "202604",
    firstOpenLedger: "202603",
  };
}

const MONTHS = "0131 0229 0331 0430 0531 0630 0731 0831 0930 1031 1130 1231";
const MONTHS_0228 = MONTHS.replace("0229", "0228");
const MARCH_TO_FEBRUARY = "0331 0430 0531 0630 0731 0831 0930 1031 1130 1231 0131 0228";
const JULY_TO_JUNE = "0731 0831 0930 1031 1130 1231 0131 0229 0331 0430 0531 0630";
const THIRTEEN = "0128 0225 0325 0422 0520 0617 0715 0812 0909 1007 1104 1202 1231";
const FOUR_FOUR_FIVE = "0125 0222 0329 0426 0524 0628 0726 0823 0927 1025 1122 1227";
const TO_JANUARY = "0131 0228 0404 0502 0530 0704 0801 0829 1003 1031 1128 0103";

describe("periodOf", () => {
  test.each([
    ["calendar months", calendar(MONTHS), "2026-03-31", "202603"],
    ["calendar months, named after the start", calendar(MONTHS, true), "2026-12-31", "202612"],
    ["29 February with end 0229", calendar(MONTHS), "2028-02-29", "202802"],
    ["29 February with end 0228", calendar(MONTHS_0228), "2028-02-29", "202802"],
    ["28 February with end 0228", calendar(MONTHS_0228), "2026-02-28", "202602"],
    ["1 March with end 0228 in a leap year", calendar(MONTHS_0228), "2028-03-01", "202803"],
    ["a last period of adjustments", calendar(`${MONTHS} 1231`), "2026-12-31", "202612"],
    ["one that ends in June", calendar(`${JULY_TO_JUNE} 0630`), "2026-06-30", "202612"],
    ["the year after it", calendar(`${JULY_TO_JUNE} 0630`), "2026-07-01", "202701"],
    ["a year with it", calendar(`${JULY_TO_JUNE} 0630`, true), "2026-01-15", "202507"],
    ["29 February, the last day of a year", calendar(MARCH_TO_FEBRUARY), "2028-02-29", "202812"],
    [
      "29 February, the last day of a year named after its start",
      calendar(MARCH_TO_FEBRUARY, true),
      "2028-02-29",
      "202712",
    ],
    ["1 March, the first day of a year", calendar(MARCH_TO_FEBRUARY), "2028-03-01", "202901"],
    ["28 February with end 0229 in a common year", calendar(MONTHS), "2026-02-28", "202602"],
    ["1 March with end 0229 in a common year", calendar(MONTHS), "2026-03-01", "202603"],
    ["a year from July, named after its end", calendar(JULY_TO_JUNE), "2026-07-01", "202701"],
    [
      "a year from July, named after its start",
      calendar(JULY_TO_JUNE, true),
      "2026-07-01",
      "202601",
    ],
    ["June of a year from July", calendar(JULY_TO_JUNE), "2026-06-30", "202612"],
    ["January of a year from July", calendar(JULY_TO_JUNE, true), "2026-01-15", "202507"],
    ["thirteen periods", calendar(THIRTEEN), "2026-12-03", "202613"],
    ["the last day of thirteen periods", calendar(THIRTEEN), "2026-12-31", "202613"],
    ["4-4-5, last day", calendar(FOUR_FOUR_FIVE), "2026-12-27", "202612"],
    ["4-4-5, days after the last end", calendar(FOUR_FOUR_FIVE), "2026-12-28", "202701"],
    ["a year that ends in January", calendar(TO_JANUARY, true), "2027-01-03", "202612"],
    [
      "the day after a year that ends in January",
      calendar(TO_JANUARY, true),
      "2027-01-04",
      "202701",
    ],
  ])("%s", (_name, fiscal, date, expected) => {
    expect(periodOf(date, fiscal)).toBe(expected);
  });

  test("never goes back from one day to the next", () => {
    const calendars = fc.constantFrom(MONTHS, JULY_TO_JUNE, THIRTEEN, FOUR_FOUR_FIVE, TO_JANUARY);
    fc.assert(
      fc.property(calendars, fc.boolean(), fc.nat(15_000), (ends, namedAfterStart, days) => {
        const date = addDays("2020-01-01", days);
        const fiscal = calendar(ends, namedAfterStart);

        expect(periodOf(addDays(date, 1), fiscal) >= periodOf(date, fiscal)).toBe(true);
      }),
    );
  });

  test("two days in the same place of two years are one year apart", () => {
    expect(periodOf("2027-05-05", calendar(JULY_TO_JUNE))).toBe("202711");
    expect(periodOf("2026-05-05", calendar(JULY_TO_JUNE))).toBe("202611");
  });
});

describe("choosePeriod", () => {
  test("an open period is taken without a note", () => {
    expect(choosePeriod("2026-04-30", calendar(MONTHS), "park")).toEqual({
      period: "202604",
      notes: [],
    });
  });

  test("a period closed in AR alone moves to the first that is open in both", () => {
    const choice = choosePeriod("2026-03-31", calendar(MONTHS), "next-open");

    expect(choice.period).toBe("202604");
    expect(choice.notes.join()).toContain("Period 202603 of 2026-03-31 is closed");
  });

  test("a period closed in GL alone moves as well", () => {
    const fiscal = { ...calendar(MONTHS), firstOpenLedger: "202606" };

    expect(choosePeriod("2026-04-30", fiscal, "next-open").period).toBe("202606");
  });

  test("a closed period parks under the policy park", () => {
    const chosen = choosePeriod("2026-03-31", calendar(MONTHS), "park");
    expect(chosen).toMatchObject({ period: "202603", notes: [] });
    expect(() => openOnly(chosen)).toThrow(/202603.*is closed/);
  });

  test("a future period is taken as it is", () => {
    expect(choosePeriod("2027-01-01", calendar(MONTHS), "park").period).toBe("202701");
  });
});

test("the period of a fact stays its own until it is closed", () => {
  expect(keptPeriod("202604", calendar(MONTHS))).toEqual({ period: "202604", notes: [] });

  const { closed } = keptPeriod("202603", calendar(MONTHS));

  expect(closed).toMatchObject({ code: "mapping.period_closed" });
  expect(closed?.message).toContain("202603");
});
