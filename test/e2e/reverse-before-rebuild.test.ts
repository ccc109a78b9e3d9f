import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import type { World } from "../support/world.ts";
import { currencyReversing, NOON, openCurrencyWorld } from "./currency-reversing.ts";
import { type Order, pay } from "./orders.ts";
import { allIdle, holdComparisons, loseAll, rebuild, wake } from "./restores.ts";

// A run may come by before anybody has seen that the database is lost. What it finds in SL under
// its keys may have been taken back, and booked again under other keys, which only a rebuild tells.

let world: World;
let order: Order;
let dispute: string;

const books = currencyReversing(() => world);
const { reverse, untilBooked, movedSince, accountsNow, booksOf, booked, expectProven } = books;

const sale = () => [order.id, ...order.chargeIds, dispute];

beforeAll(async () => {
  world = await openCurrencyWorld();
});

afterAll(() => world.close());

/** A disputed sale of GBP, settled in EUR, of which this is taken back. */
async function disputedSale(policy: string, counts: readonly [first: number, back: number]) {
  await world.set("dispute.policy", policy);
  await books.stripeKeeps(["eur"], { eur: "1", gbp: "1.15125" });
  order = await pay(world, 8_000, { currency: "gbp" });
  await booked(order);
  await world.stripeAdmin("/rates", { gbp: "1.147" });
  const path = `/charges/${order.chargeIds[0]}/dispute`;
  dispute = (await world.stripeAdmin<{ id: string }>(path, { amount: 6_001 })).id;
  await untilBooked(order.id, sale(), 3 + counts[0]);
  await reverse(dispute);
  await untilBooked(order.id, sale(), 3 + counts[1]);
}

/** Loses the database, and lets a run of the sale come by before anything is compared. */
async function loseAndRun(): Promise<() => Promise<void>> {
  await allIdle(world);
  const letCompare = await holdComparisons(world);
  await loseAll(world);
  await wake(world, order.id);
  await until("a run to come by", async () => {
    const runs = await world.sql("select outcome from run where lane_key = $1", [order.id]);
    return runs.length > 0;
  });
  return letCompare;
}

async function rebuilt(letCompare: () => Promise<void>): Promise<void> {
  await letCompare();
  await rebuild(world, { since: new Date(NOON * 1_000 - 86_400_000) });
  await allIdle(world);
  await expectProven();
  await allIdle(world);
}

test.each([
  ["receivable", 1, 2],
  ["reverse-sale", 4, 9],
])("a dispute under %s that was booked again is found under its new keys", async (...of) => {
  const [policy, first, back] = of;
  const before = await accountsNow();
  await disputedSale(policy, [first, back]);
  const between = await movedSince(before);
  await reverse(order.id, "--rebook");
  await untilBooked(order.id, sale(), 3 + first + back);
  const [moved, all] = [await movedSince(before), await booksOf(sale())];

  await rebuilt(await loseAndRun());
  const after = await booksOf(sale());
  const parked = await world.api<{ rows: unknown[] }>("/api/parked?state=open");
  await reverse(dispute);
  await untilBooked(order.id, sale(), 3 + back * 2);
  const again = await movedSince(before);
  await reverse(order.id, "--rebook");
  await untilBooked(order.id, sale(), 3 + back * 2 + first);

  expect(after).toEqual(all);
  expect(parked.rows).toEqual([]);
  expect(moved).not.toEqual(between);
  expect(again).toEqual(between);
  expect(await movedSince(before)).toEqual(moved);
  await expectProven();
});

test("a dispute that was taken back stays so, until somebody asks to book it again", async () => {
  const before = await accountsNow();
  await disputedSale("receivable", [1, 2]);
  const [between, all] = [await movedSince(before), await booksOf(sale())];

  await rebuilt(await loseAndRun());
  const after = await booksOf(sale());
  await reverse(order.id, "--rebook");
  await untilBooked(order.id, sale(), 6);

  expect(after).toEqual(all);
  expect(await movedSince(before)).not.toEqual(between);
  await expectProven();
});

test("what waits for a rebuild goes on with it, however old its payment is", async () => {
  await disputedSale("receivable", [1, 2]);
  const all = await booksOf(sale());

  const letCompare = await loseAndRun();
  const [waiting] = await world.sql("select waits_for from lane where key = $1", [order.id]);
  await letCompare();
  await rebuild(world, { since: new Date() });
  await allIdle(world);
  const [ended] = await world.sql("select waits_for from lane where key = $1", [order.id]);

  expect(waiting?.waits_for).toBe("a rebuild: what SL holds of it was taken back");
  expect(ended?.waits_for).toBeNull();
  expect(await booksOf(sale())).toEqual(all);
});
