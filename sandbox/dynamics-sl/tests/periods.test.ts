import { expect, test } from "vitest";
import { SandboxClock } from "../../kit/clock.ts";
import { loadContracts } from "../contract/contract.ts";
import { periodAfter, periodOf } from "../rules/periods.ts";
import { CALENDAR_YEAR, seed } from "../seed/seed.ts";
import { tableDefinitions } from "../tables/schema.ts";
import { Store } from "../tables/store.ts";
import { World } from "../world.ts";
import { anInvoice, aSite, at, edit, INVOICE, JOURNAL, release, reserve } from "./site.ts";

/** A world with the given fiscal calendar. */
function aWorld(periodEnds: readonly string[], isNamedAfterStart = true): World {
  const store = new Store(tableDefinitions(loadContracts()), undefined, () => 0);
  seed(store, {
    companyId: "0060",
    firstPeriod: "202601",
    currentPeriod: "202603",
    baseCurrency: "USD",
    periodEnds,
    multiCurrency: true,
  });
  const world = new World(store, new SandboxClock(), "0060");
  store.commit(() =>
    store.patch("GLSetup", world.ledgerSetup, { BegFiscalYr: isNamedAfterStart ? 1 : 0 }),
  );
  return world;
}

/** July to June. */
const SPLIT_YEAR = [...CALENDAR_YEAR.slice(6), ...CALENDAR_YEAR.slice(0, 6)];

test.each([
  ["2026-01-31", "202601"],
  ["2026-02-01", "202602"],
  ["2028-02-28", "202802"],
  ["2028-02-29", "202802"],
  ["2028-03-01", "202803"],
  ["2026-02-28", "202602"],
  ["2026-03-01", "202603"],
  ["2026-12-31", "202612"],
])("%s lies in period %s of a calendar year", (date, period) => {
  expect(periodOf(aWorld(CALENDAR_YEAR), date)).toBe(period);
});

test.each([
  ["2026-07-01", true, "202601"],
  ["2027-06-30", true, "202612"],
  ["2026-07-01", false, "202701"],
  ["2027-06-30", false, "202712"],
])("%s with named-after-start %s lies in period %s of a split year", (date, isStart, period) => {
  expect(periodOf(aWorld(SPLIT_YEAR, isStart), date)).toBe(period);
});

test.each([
  ["2028-02-29", true, "202712"],
  ["2028-02-29", false, "202812"],
  ["2028-03-01", true, "202801"],
  ["2027-02-28", true, "202612"],
  ["2027-03-01", true, "202701"],
])("%s with named-after-start %s lies in %s of a year to February", (date, isStart, period) => {
  const toFebruary = [...CALENDAR_YEAR.slice(2), ...CALENDAR_YEAR.slice(0, 2)];

  expect(periodOf(aWorld(toFebruary, isStart), date)).toBe(period);
});

test("a thirteen-period year rolls over after 13", () => {
  const world = aWorld([...CALENDAR_YEAR.slice(0, 11), "1230", "1231"]);

  expect(periodAfter(world, "202612")).toBe("202613");
  expect(periodAfter(world, "202613")).toBe("202701");
  expect(periodOf(world, "2026-12-31")).toBe("202613");
});

test.each([
  ["receivables", INVOICE, "Accounts Receivable"],
  ["ledger", INVOICE, "General Ledger"],
  ["ledger", JOURNAL, "General Ledger"],
])("a period closed in %s takes no batch of %s", async (module, service, name) => {
  const site = await aSite();
  await site.admin("POST", "/periods", { [module]: "202604" });

  await expect(reserve(site, service)).rejects.toThrow(`closed in ${name}`);
});

test("a period that closes after entry stops the release", async () => {
  const site = await aSite();
  const batNbr = await reserve(site, INVOICE);
  await edit(site, INVOICE, "UPDATE", anInvoice(batNbr, 50));
  await site.admin("POST", "/periods", { receivables: "202604" });

  const answer = await release(site, INVOICE, batNbr);

  expect(at(answer, "errorMessage")).toContain("Period 202603 is closed");
  expect(await site.rows("GLTran")).toEqual([]);
});

test("a later period releases and waits in status U", async () => {
  const site = await aSite();
  await site.admin("POST", "/switches", { autoPost: true });
  const batNbr = await reserve(site, INVOICE, { PerPost: "209901" });
  await edit(site, INVOICE, "UPDATE", anInvoice(batNbr, 50, { batch: { PerPost: "209901" } }));

  const answer = await release(site, INVOICE, batNbr);

  expect(at(answer, "myBatch", "Status")).toBe("U");
  expect((await site.rows("AR_Balances", { CustID: "C300" }))[0]).toMatchObject({
    FutureBal: 50,
    CurrBal: 0,
  });
});

test("a due batch is posted at once where the site posts by itself", async () => {
  const site = await aSite({ firstPeriod: "202603" });
  await site.admin("POST", "/switches", { autoPost: true });
  const batNbr = await reserve(site, INVOICE);
  await edit(site, INVOICE, "UPDATE", anInvoice(batNbr, 50));

  const answer = await release(site, INVOICE, batNbr);

  expect(at(answer, "myBatch", "Status")).toBe("P");
});

test("a period outside the calendar is refused", async () => {
  const site = await aSite();

  await expect(reserve(site, INVOICE, { PerPost: "202613" })).rejects.toThrow(
    "not in the fiscal calendar",
  );
});
