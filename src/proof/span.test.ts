import { expect, test } from "vitest";
import { monthSpan } from "./span.ts";

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
