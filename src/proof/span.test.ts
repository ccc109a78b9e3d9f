import { expect, test } from "vitest";
import { monthSpan, periodSpan } from "./span.ts";

const monthEnds = "0131 0228 0331 0430 0531 0630 0731 0831 0930 1031 1130 1231".split(" ");
const open = { firstOpenReceivables: "202601", firstOpenLedger: "202601", namedAfterStart: false };

test("the period of a month is that in which the month ends", () => {
  const calendar = { ...open, periods: 12, periodEnds: monthEnds };
  const weeks = { ...open, periods: 3, periodEnds: ["0125", "0222", "1231"] };

  expect(monthSpan("2024-02", calendar)).toEqual({
    ...{ from: "2024-02-01", day: "2024-02-29", period: "202402" },
  });
  expect(monthSpan("2026-01", weeks)).toMatchObject({ from: "2026-01-26", day: "2026-02-22" });
});

test("a period in which no month ends is named by itself", () => {
  const ends = "0128 0225 0325 0422 0520 0617 0715 0812 0909 1007 1104 1202 1231".split(" ");
  const calendar = { ...open, periods: 13, periodEnds: ends };

  expect(periodSpan("202601", calendar)).toEqual({
    ...{ from: "2026-01-01", day: "2026-01-28", period: "202601" },
  });
  expect(monthSpan("2026-01", calendar).period).toBe("202602");
  expect(() => periodSpan("202613", { ...open, periods: 12, periodEnds: monthEnds })).toThrow(
    "The fiscal calendar has no period 202613",
  );
});
