import { afterAll, beforeAll, expect, test } from "vitest";
import type { CloseAnswer } from "../../src/api/contract.ts";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";

// What stands on an account that the settings named before keeps a period open as it did.

const DAY_MS = 86_400_000;
const dayIn = (days: number) =>
  new Intl.DateTimeFormat("en-CA", { timeZone: "America/New_York" }).format(
    Date.now() + days * DAY_MS,
  );

let world: World;
beforeAll(async () => {
  world = await openWorld({ "journal-delay": 0, "stripe.events-since": dayIn(-9) });
});
afterAll(() => world.close());

/** What a close of the month of a day says of an account. */
async function itemsAt(day: string, name: string) {
  const body = { period: day.slice(0, 7).replace("-", ""), by: "maria", dryRun: true };
  const path = `/api/pairs/${world.pair}/close`;
  const { items } = await world.api<CloseAnswer>(path, { method: "POST", body });
  return items.filter((item) => item.name.startsWith(name));
}

test("what stands on a former suspense account keeps a period open", async () => {
  const day = dayIn(-3);
  const created = Date.parse(`${day}T17:00:00Z`) / 1_000;
  const kind = { type: "brand_new", reporting_category: "brand_new", description: "x" };
  const row = { amount: -1_234, currency: "usd", ...kind, created };
  await world.stripeAdmin("/balance_transactions", [row]);
  await until("the row to be booked", async () => {
    await world.api("/api/rows/sweep", { method: "POST", body: { pair: world.pair } });
    return (await world.sql("select 1 from row_owner")).length > 0;
  });
  const open = { state: "open", text: "12.34 USD" };
  expect(await itemsAt(day, "accounts.suspense")).toMatchObject([open]);

  await world.set("accounts.suspense", "2910/000000000000");

  expect(await itemsAt(day, "accounts.suspense")).toMatchObject([
    { name: "accounts.suspense", state: "ok" },
    { name: "accounts.suspense 2900/000000000000", ...open },
  ]);
});

test("a payout under way on a former transit account is listed", async () => {
  const arrival_date = Date.parse(`${dayIn(5)}T00:00:00Z`) / 1_000;
  const payout = { amount: 40_000, currency: "usd", arrival_date };
  const { id } = await world.stripeAdmin<{ id: string }>("/payouts", payout);
  await until("its first journal", async () => {
    const done = "select 1 from intent where object = $1 and stage = 'done'";
    return (await world.sql(done, [id])).length > 0;
  });
  const listed = { state: "listed", ids: [id] };
  expect(await itemsAt(dayIn(0), "transit USD")).toMatchObject([listed]);

  await world.set("accounts.transit.USD", "1099/000000000000");

  expect(await itemsAt(dayIn(0), "transit USD")).toMatchObject([
    { name: "transit USD", state: "ok", ids: [] },
    { name: "transit USD 1090/000000000000", ...listed },
  ]);
});
