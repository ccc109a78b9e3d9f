import { expect, test } from "vitest";
import { loadContracts } from "../sandbox/dynamics-sl/contract/contract.ts";
import { periodOf as periodInSl } from "../sandbox/dynamics-sl/rules/periods.ts";
import { seed } from "../sandbox/dynamics-sl/seed/seed.ts";
import { tableDefinitions } from "../sandbox/dynamics-sl/tables/schema.ts";
import { Store } from "../sandbox/dynamics-sl/tables/store.ts";
import { World } from "../sandbox/dynamics-sl/world.ts";
import { SandboxClock } from "../sandbox/kit/clock.ts";
import { addDays, periodOf } from "../src/mapping/index.ts";

const CALENDARS = {
  "calendar months, February to the 28th":
    "0131 0228 0331 0430 0531 0630 0731 0831 0930 1031 1130 1231",
  "calendar months, February to the 29th":
    "0131 0229 0331 0430 0531 0630 0731 0831 0930 1031 1130 1231",
  "a year to the 28th of February": "0331 0430 0531 0630 0731 0831 0930 1031 1130 1231 0131 0228",
  "a year to the 29th of February": "0331 0430 0531 0630 0731 0831 0930 1031 1130 1231 0131 0229",
  "a year to June": "0731 0831 0930 1031 1130 1231 0131 0228 0331 0430 0531 0630",
  "thirteen periods": "0128 0225 0325 0422 0520 0617 0715 0812 0909 1007 1104 1202 1231",
  "4-4-5 to December": "0125 0222 0329 0426 0524 0628 0726 0823 0927 1025 1122 1227",
  "4-4-5 to January": "0131 0228 0404 0502 0530 0704 0801 0829 1003 1031 1128 0103",
} as const;
/** Two leap years and the years around them. */
const FIRST_DAY = "2023-12-01";
const DAYS = 365 * 6;

function slWith(periodEnds: readonly string[], isNamedAfterStart: boolean): World {
  const store = new Store(tableDefinitions(loadContracts()), undefined, () => 0);
  seed(store, {
    companyId: "0060",
    firstPeriod: "202401",
    currentPeriod: "202401",
    baseCurrency: "USD",
    periodEnds,
    multiCurrency: true,
  });
  const world = new World(store, new SandboxClock(), "0060");
  const BegFiscalYr = isNamedAfterStart ? 1 : 0;
  store.commit(() => store.patch("GLSetup", world.ledgerSetup, { BegFiscalYr }));
  return world;
}

/** The days on which hub and SL are of two opinions. */
function disputed(ends: string, namedAfterStart: boolean): string[] {
  const periodEnds = ends.split(" ");
  const sl = slWith(periodEnds, namedAfterStart);
  const calendar = {
    periods: periodEnds.length,
    periodEnds,
    namedAfterStart,
    firstOpenReceivables: "202401",
    firstOpenLedger: "202401",
  };
  const days = Array.from({ length: DAYS }, (_, index) => addDays(FIRST_DAY, index));
  return days
    .map((day) => ({ day, hub: periodOf(day, calendar), sl: periodInSl(sl, day) }))
    .filter((one) => one.hub !== one.sl)
    .map((one) => `${one.day}: hub ${one.hub}, SL ${one.sl}`);
}

test.each(Object.entries(CALENDARS))("hub and SL find the same period in %s", (_name, ends) => {
  expect(disputed(ends, false)).toEqual([]);
  expect(disputed(ends, true)).toEqual([]);
});
