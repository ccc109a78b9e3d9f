import { afterAll, beforeAll, expect, test } from "vitest";
import type { World } from "../support/world.ts";
import { leftOnBridge, sweepUntil } from "./currency-books.ts";
import { currencyReversing, NOON, OVER, openCurrencyWorld } from "./currency-reversing.ts";
import { type Order, pay } from "./orders.ts";
import { allIdle, loseAll, rebuild } from "./restores.ts";
import { addRows } from "./stripe-rows.ts";

// A hub whose database is lost knows of each document a key and a number. What is valued at a rate
// of exchange goes back all the same, at the rate and the worth that SL shows of it.

let world: World;
let order: Order;
/** One that Stripe has settled in the base currency. */
let settled: Order;
let refund: string;
/** What the accounts held before the sale, and what it has moved. */
let before: Awaited<ReturnType<typeof accountsNow>>;
let moved: string[];

const DAY = `day:${OVER}`;
const books = currencyReversing(() => world);
const { reverse, loseAnswers, countOf, untilBooked, movedSince, expectProven, accountsNow } = books;

const sale = () => [order.id, ...order.chargeIds, refund];

beforeAll(async () => {
  world = await openCurrencyWorld();
  const fee = { currency: "eur", created: NOON, type: "stripe_fee", reporting_category: "fee" };
  await addRows(world, [
    { ...fee, amount: -333, description: "Billing - Usage Fee" },
    { ...fee, amount: -127, description: "Radar" },
  ]);
  await sweepUntil(world, "the fees", async () => (await countOf([DAY])) === 1);
  before = await accountsNow();
  await books.stripeKeeps(["usd", "eur"], { chf: "1.0831" });
  settled = await pay(world, 10_000, { currency: "chf" });
  await books.booked(settled);
  await books.stripeKeeps(["eur", "usd"], { gbp: "1.15125", eur: "1" });
  order = await pay(world, 8_000, { currency: "gbp" });
  await books.booked(order);
  await world.stripeAdmin("/rates", { gbp: "1.1" });
  const [charge = ""] = order.chargeIds;
  refund = (await world.stripe.refunds.create({ charge, amount: 2_667 })).id;
  await untilBooked(order.id, sale(), 6);
  await allIdle(world);
  moved = await movedSince(before);
  await loseAll(world);
  await rebuild(world);
  await allIdle(world);
  await expectProven();
  await allIdle(world);
});

afterAll(() => world.close());

test("sales go back whatever answers are lost, and again", async () => {
  await loseAnswers();
  const done = await reverse(order.id, "--all");
  await untilBooked(order.id, sale(), 13);
  await world.slAdmin("/faults", undefined, "DELETE");
  const all = [settled.id, ...settled.chargeIds];
  await reverse(settled.id);
  await untilBooked(settled.id, all, 5);
  const between = await movedSince(before);
  await expectProven();
  await reverse(order.id, "--rebook");
  await reverse(settled.id, "--rebook");
  await untilBooked(order.id, sale(), 19);
  await untilBooked(settled.id, all, 7);

  expect(done.out).toMatch(/journal \d+ takes back journal/);
  expect(between).toEqual([]);
  expect(await movedSince(before)).toEqual(moved);
  expect(await leftOnBridge(world)).toEqual({});
  await expectProven();
});

test("a day of fees goes back at its rate, and again", async () => {
  await reverse(DAY);
  await untilBooked(DAY, [DAY], 2);
  const between = await books.booksOf([DAY]);
  await expectProven();
  await reverse(DAY, "--rebook");
  await untilBooked(DAY, [DAY], 3);

  const [first = "", back = ""] = between.flat();
  const swapped = first.replaceAll(/Dr|Cr/g, (side) => (side === "Dr" ? "Cr" : "Dr"));
  expect(back.split(/ \| |GJ EUR /).sort()).toEqual(swapped.split(/ \| |GJ EUR /).sort());
  expect(await movedSince(before)).toEqual(moved);
  await expectProven();
});

test("a hub that is lost once more knows all that went back in SL", async () => {
  await loseAll(world);

  const report = await rebuild(world);

  expect(report.unexplained).toEqual([]);
  const known = await world.sql("select part from intent where part like 'exchange/%'");
  expect(known.map(({ part }) => part)).toEqual(["exchange/invoice#0", "exchange/invoice#0"]);
});
