import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import type { World } from "../support/world.ts";
import { openlyParked, resume, trimmed } from "./books.ts";
import { booksIn, journalsIn, proofIn } from "./currency-books.ts";
import { openCurrencyWorld } from "./currency-reversing.ts";
import { type Order, pay } from "./orders.ts";
import { reversing } from "./reversing.ts";

// What memos put on the wash account in other currencies leaves it at what they are worth: 1095 is
// clearing of USD, the base currency, and 1096 that of EUR; both are Cash Manager's.

let world: World;

const TODAY = new Intl.DateTimeFormat("en-CA", { timeZone: "America/New_York" }).format(new Date());

beforeAll(async () => {
  world = await openCurrencyWorld();
  await world.set("accounts.wash", "1099/000000000000");
  await world.set("clearing.cash-account", "yes");
});

afterAll(() => world.close());

const { reverse, untilIdle } = reversing(() => world);

/** EUR 50.00, settled as itself or in the base currency. */
async function aSale(settlement: readonly string[]): Promise<Order> {
  await world.stripeAdmin("/settings", { settlementCurrencies: settlement });
  await world.stripeAdmin("/rates", { eur: settlement.includes("eur") ? "1" : "1.08" });
  const order = await pay(world, 5_000, { currency: "eur" });
  await world.ended(order.id, ["booked"]);
  return order;
}

const AS_ITSELF = ["usd", "eur"];
const IN_BASE = ["usd"];

async function giveBack(order: Order): Promise<string> {
  const refund = { charge: order.chargeIds[0] ?? "", amount: 2_000 };
  return (await world.stripe.refunds.create(refund)).id;
}

/** The cash leg of a refund and its journals, once all of them stand. */
async function crossed(order: Order, id: string, journals: number): Promise<string[]> {
  await until(`${journals} journals of ${id}`, async () => {
    return (await journalsIn(world, id)).length === journals;
  });
  await untilIdle(order.id);
  const memos = (await booksIn(world, id)).filter((one) => one.includes(" 1099 "));
  return [...memos, ...(await journalsIn(world, id))];
}

/** What is left on the wash account, in cents of the base currency. */
async function leftOnWash(): Promise<number> {
  const lines = (await world.slRows("GLTran")).filter((line) => trimmed(line.Acct) === "1099");
  const cents = lines.map(({ DrAmt, CrAmt }) => Math.round((Number(DrAmt) - Number(CrAmt)) * 100));
  return cents.reduce((so, one) => so + one, 0);
}

async function expectProven(): Promise<void> {
  expect(await leftOnWash()).toBe(0);
  for (const currency of ["USD", "EUR"]) {
    expect(await proofIn(world, currency)).toMatchObject({
      ...{ isProven: true, difference: "0.00", findings: [] },
    });
  }
}

test("EUR that is settled as itself leaves it in EUR, at the rate of its memo", async () => {
  const order = await aSale(AS_ITSELF);

  const id = await giveBack(order);

  expect(await crossed(order, id, 1)).toEqual([
    "DM EUR Cr 1099 20=23 | Dr 1210 20=23",
    "GJ EUR Cr 1096 20=23 | Dr 1099 20=23",
  ]);
  await expectProven();
});

test("EUR that is settled in USD leaves it in USD, at what the memo is worth", async () => {
  const order = await aSale(IN_BASE);

  const id = await giveBack(order);

  expect(await crossed(order, id, 1)).toEqual([
    "DM EUR Cr 1099 20=21.6 | Dr 1210 20=21.6",
    "GJ USD Cr 1095 21.6=21.6 | Dr 1099 21.6=21.6",
  ]);
  await expectProven();
});

/** Between memo and journal somebody enters another rate for the day. */
async function ratedBetween(order: Order, rate: number): Promise<string> {
  const refused = { kind: "refuse", message: "No journals today", messageNbr: 9 };
  const match = { service: "journalTransactions" };
  await world.slAdmin("/faults", { match, effect: refused, times: null });
  const id = await giveBack(order);
  await until("the memo alone", async () => (await openlyParked(world, order.id)).length === 1);
  await world.slAdmin("/faults", undefined, "DELETE");
  await world.slAdmin("/rates", { from: "EUR", rate, date: TODAY });
  await world.restartHub();
  await resume(world, order);
  return id;
}

test("a rate that moves between memo and journal leaves nothing there", async () => {
  const order = await aSale(AS_ITSELF);

  const id = await ratedBetween(order, 1.2);

  expect(await crossed(order, id, 1)).toEqual([
    "DM EUR Cr 1099 20=23 | Dr 1210 20=23",
    "GJ EUR Cr 1096 20=23 | Dr 1099 20=23",
  ]);
  await expectProven();
});

test.each([
  ["as itself", AS_ITSELF, "GJ EUR Cr 1096 50=60 | Dr 1099 50=60"],
  ["in USD", IN_BASE, "GJ USD Cr 1095 54=54 | Dr 1099 54=54"],
])("a payment of EUR that was settled %s goes back over it", async (_how, settlement, journal) => {
  const order = await aSale(settlement);

  await reverse(order.id);
  await untilIdle(order.id);

  const charge = order.chargeIds[0] ?? "";
  expect(await journalsIn(world, charge)).toContain(journal);
  expect((await booksIn(world, charge)).filter((one) => one.includes(" 1099 "))).toHaveLength(1);
  await expectProven();
});

test("at settlement it has what the row moved, and exchange none of it", async () => {
  await world.set("book-in", "settlement");
  const order = await aSale(IN_BASE);
  await world.stripeAdmin("/rates", { eur: "1.07" });

  const id = await giveBack(order);

  expect(await crossed(order, id, 1)).toEqual([
    "DM USD Cr 1099 21.4=21.4 | Cr 6910 0.2=0.2 | Dr 1210 21.6=21.6",
    "GJ USD Cr 1095 21.4=21.4 | Dr 1099 21.4=21.4",
  ]);
  await world.set("book-in", "presentment");
  await expectProven();
});

test("a site that keeps no rate leaves what the day's has changed as exchange", async () => {
  await world.slAdmin("/switches", { suppliedRateKept: false });
  await world.sql("update site_probe set answer = 'no' where name = 'supplied-rate'");
  const order = await aSale(AS_ITSELF);

  const id = await ratedBetween(order, 1.25);

  expect(await crossed(order, id, 2)).toEqual([
    "DM EUR Cr 1099 20=24 | Dr 1210 20=24",
    "GJ EUR Cr 1096 20=25 | Dr 1099 20=25",
    "GJ USD Cr 1099 1=1 | Dr 6920 1=1",
  ]);
  await expectProven();
});
