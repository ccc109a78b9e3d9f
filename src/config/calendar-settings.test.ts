import { expect, test } from "vitest";
import { checkPair } from "./check-pair.ts";

const QUARTERS = ["0930", "1231", "0331", "0630"];

/** What is wrong with the calendar, without what is missing elsewhere. */
function problemsOf(calendar: object): string[] {
  const sources = { env: {}, key: () => new Uint8Array(32) };
  const settings = { calendar: { "period-ends": QUARTERS, "first-open": "202601", ...calendar } };
  const { problems } = checkPair("p", settings, sources);
  return problems
    .filter(({ path }) => path.includes("calendar"))
    .map(({ path, rule }) => `${path.slice(8)} ${rule}`);
}

test.each([
  ["quarters from July on", {}],
  ["months", { "period-ends": ["0131", "0229", "0331", "0430", "0531", "0630"] }],
  ["one period", { "period-ends": ["1231"] }],
  ["a last period of adjustments", { "period-ends": [...QUARTERS, "0630"] }],
])("%s are a calendar", (_what, calendar) => {
  expect(problemsOf(calendar)).toEqual([]);
});

const ORDER = "calendar.period-ends must follow each other, once around the year";

test.each([
  ["two ends changed about", { "period-ends": ["0331", "0930", "0630", "1231"] }, ORDER],
  ["an end twice", { "period-ends": ["0331", "0630", "0630", "1231"] }, ORDER],
  ["more than a year", { "period-ends": ["0930", "1231", "0331", "1130"] }, ORDER],
  [
    "a day that there is not",
    { "period-ends": ["0331", "0631", "0930", "1231"] },
    "calendar.period-ends.1 must be a day that there is, MMDD",
  ],
  [
    "a first open period that it has not",
    { "first-open": "202605" },
    "calendar.first-open must be one of the 4 periods that calendar.period-ends has",
  ],
])("a calendar with %s is refused", (_what, calendar, expected) => {
  expect(problemsOf(calendar)).toEqual([expected]);
});
