import { afterAll, beforeAll, expect, test } from "vitest";
import { judgeBooks } from "../oracle/judge-books.ts";
import { adminOf } from "../oracle/rows.ts";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { openlyParked, untilQuiet } from "./books.ts";
import { booksIn, journalsIn, probed } from "./currency-books.ts";
import { dayAgo, daysAgo } from "./days-ago.ts";
import { pay } from "./orders.ts";

// EUR that Stripe settles in USD, though the pair has clearing accounts of both: 1095 and 1096.

let world: World;
const { at } = daysAgo(() => world);
const account = (number: string) => `${number}/000000000000`;

beforeAll(async () => {
  world = await openWorld({
    ...{ "journal-delay": 0, "stripe.events-since": dayAgo(10), "credit-note.wait": 0 },
    "accounts.clearing": { USD: account("1095"), EUR: account("1096") },
    "accounts.transit": { USD: account("1090"), EUR: account("1091") },
    "accounts.bank": { USD: account("1010"), EUR: account("1030") },
  });
  const settlementCurrencies = ["usd"];
  await world.stripeAdmin("/settings", { feePercent: "0", feeFixed: 0, settlementCurrencies });
  await world.stripeAdmin("/rates", { eur: "1.0831" });
  await world.slAdmin("/rates", { from: "EUR", rate: 1.1, date: dayAgo(6) });
  await world.slAdmin("/rates", { from: "EUR", rate: 1.2, date: dayAgo(2) });
  await probed(world);
  await at(5);
});

afterAll(() => world.close());

test("what is taken back of a converted sale has its invoice's rate, whatever is set", async () => {
  const order = await pay(world, 10_000, { currency: "eur" });
  await world.ended(order.id, ["booked"]);
  await at(1);

  const { id } = await world.stripe.refunds.create({
    ...{ charge: order.chargeIds[0] ?? "", reason: "requested_by_customer" },
  });
  await until("both legs", async () => (await booksIn(world, id)).length === 2);
  await untilQuiet(world, order.id);

  expect(await booksIn(world, order.id)).toEqual(["IN EUR Cr 4010 100=110 | Dr 1210 100=110"]);
  expect((await booksIn(world, id)).sort()).toEqual([
    "CM EUR Cr 1210 100=110 | Dr 4100 100=110",
    "DM EUR Cr 1095 100=108.31 | Dr 1210 100=108.31",
  ]);
  const { differences } = await judgeBooks({
    stripe: adminOf(world.stripeUrl),
    sl: adminOf(new URL(world.slUrl).origin),
    pairFile: world.pairFile,
  });
  expect(differences).toEqual([]);
});

test("a dispute that goes out in one and comes back in another parks at the end", async () => {
  const order = await pay(world, 10_000, { currency: "eur" });
  await world.ended(order.id, ["booked"]);
  const path = `/charges/${order.chargeIds[0]}/dispute`;
  const { id } = await world.stripeAdmin<{ id: string }>(path, { fee: 0 });
  await until("the hold", async () => (await journalsIn(world, id)).length === 1);
  await world.stripeAdmin("/settings", { settlementCurrencies: ["usd", "eur"] });

  await world.stripeAdmin(`/disputes/${id}/close`, { outcome: "won" });

  const parked = async () => (await openlyParked(world, order.id))[0];
  const { code, reason } = await until("the case", parked);
  expect(code).toBe("mapping.currency_unsupported");
  expect(reason).toMatch(/108\.31 USD was withdrawn and txn_\w+ of 100\.00 EUR was reinstated/);
  expect((await journalsIn(world, id)).sort()).toEqual([
    "GJ EUR Cr 1250 100=120 | Dr 1096 100=120",
    "GJ USD Cr 1095 108.31=108.31 | Dr 1250 108.31=108.31",
  ]);
});
