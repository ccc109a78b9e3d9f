import { expect, test } from "vitest";
import { assertRates, readRate } from "./rates.ts";
import type { Site } from "./site.ts";

const row = (EffDate: string, Rate: string, more: object = {}) => ({
  ...{ FromCuryId: "EUR ", ToCuryId: "USD ", RateType: "SPOT  ", MultDiv: "M" },
  ...{ EffDate: `${EffDate}T00:00:00`, Rate, ...more },
});

/** A site that answers every query with these rows, whatever is filtered. */
function siteOf(rows: readonly object[]): Site {
  const call = async () => ({ myQueryResults: rows });
  return { client: { call } } as unknown as Site;
}

const wanted = { currency: "EUR", base: "USD", type: "SPOT", date: "2026-03-12" };

test("the newest rate that is not after the day counts, whatever order they come in", async () => {
  const rows = [row("2026-03-10", "1.1"), row("2026-03-13", "1.3"), row("2026-03-12", "1.12")];

  const rate = await readRate(siteOf(rows), wanted, undefined);

  expect(rate).toEqual({ value: "1.12", multDiv: "M", base: "USD" });
});

test("float noise of SL's is no part of a rate, and one to divide by stays one", async () => {
  const rows = [row("2026-03-12", "0.90909090909090906", { MultDiv: "D" })];

  const rate = await readRate(siteOf(rows), wanted, undefined);

  expect(rate).toEqual({ value: "0.909090909090909", multDiv: "D", base: "USD" });
});

test.each([
  ["another currency", { FromCuryId: "GBP" }],
  ["another base", { ToCuryId: "CAD" }],
  ["another type", { RateType: "AVG" }],
] as const)("a rate of %s is none", async (_name, more) => {
  const rate = await readRate(siteOf([row("2026-03-12", "1.1", more)]), wanted, undefined);

  expect(rate).toBeUndefined();
});

test.each([
  ["nothing", { Rate: "0" }],
  ["less than nothing", { Rate: "-1.1" }],
  ["a kind that SL does not have", { MultDiv: "X" }],
] as const)("a rate of %s is refused", async (_name, more) => {
  const reading = readRate(siteOf([row("2026-03-12", "1.1", more)]), wanted, undefined);

  await expect(reading).rejects.toMatchObject({ code: "money.rate" });
});

test("a site without the view is told by its name", () => {
  expect(() => assertRates("no")).toThrow(/xslw_Rates/);
});
