import { expect, test } from "vitest";
import type { FiscalCalendar } from "../erp/port.ts";
import { someSettings } from "../mapping/testing/builders.ts";
import type { PairRuntime } from "../runs/index.ts";
import { lookAtCalendar } from "./calendar-look.ts";

const NOW_MS = Date.parse("2026-03-20T12:00:00Z");
/** Years from July to June. */
const CALENDAR: FiscalCalendar = {
  periods: 4,
  periodEnds: ["0930", "1231", "0331", "0630"],
  namedAfterStart: false,
  ...{ firstOpenReceivables: "202602", firstOpenLedger: "202602" },
};

function look(current: string, change: Partial<FiscalCalendar> = {}, hasView = false) {
  const erp = {
    capabilities: { "setup-values": hasView ? "yes" : "no" },
    readCalendar: async () => ({ ...CALENDAR, ...change }),
    readCurrentPeriod: async () => current,
  };
  return lookAtCalendar({ settings: someSettings({}), erp } as unknown as PairRuntime, NOW_MS);
}

test.each(["202603", "202602", "202604"])(
  "a calendar that SL agrees with is fine: %s",
  async (at) => {
    expect(await look(at)).toContain(`today is 202603 by the settings, ${at} in SL`);
  },
);

test("a calendar that is named after the other year is told", async () => {
  expect(await look("202603", { namedAfterStart: true })).toMatchObject({
    warning: "today is in 202503 by `calendar`, and SL's current period is 202603",
  });
});

test("a calendar with fewer periods than SL has is told", async () => {
  expect(await look("202513")).toHaveProperty("warning");
});

test("the site's own calendar is held against nothing", async () => {
  expect(await look("209901", {}, true)).toBe(
    "4 periods a year; open from 202602 (AR), 202602 (GL)",
  );
});
