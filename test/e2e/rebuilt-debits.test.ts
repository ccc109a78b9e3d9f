import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { documentsOf, expectBookedOnce, openlyParked, trimmed, untilQuiet } from "./books.ts";
import { type Order, pay } from "./orders.ts";
import { allIdle, loseAll, rebuild, wake } from "./restores.ts";
import { reversing } from "./reversing.ts";

// Bank debits that failed, and a hub whose database is lost after that: Stripe shows them as money
// that is no more, and SL still holds what was booked of them.

let world: World;

beforeAll(async () => {
  world = await openWorld();
  await world.stripeAdmin("/settings", { feePercent: "0", feeFixed: 0 });
});

afterAll(() => world.close());

const { proofOf } = reversing(() => world);

const debit = (amount: number) =>
  pay(world, amount, { payment_method: "pm_usBankAccount_success" });

const settle = ({ id }: Order, succeeds: boolean) =>
  world.stripeAdmin(`/payment_intents/${id}/settle`, { succeeds });

/** The purposes of the documents that own the rows of a charge. */
async function ownersOf({ chargeIds }: Order): Promise<unknown[]> {
  const rows = await world.sql(
    `select i.purpose from row_owner o join intent i on i.pair = o.pair and i.key = o.intent_key
     where i.object = $1 order by 1`,
    [chargeIds[0]],
  );
  return rows.map(({ purpose }) => purpose);
}

async function booksOf({ id, chargeIds }: Order): Promise<string[]> {
  const rows = await documentsOf(world, [id, ...chargeIds]);
  return rows.map((row) => `${trimmed(row.DocType)} ${row.OrigDocAmt} open ${row.DocBal}`);
}

const debits: Order[] = [];

/** The database is lost and rebuilt, and rows without an owner wake the lanes of their charges. */
async function loseAndRebuild(order: Order): Promise<void> {
  debits.push(order);
  await untilQuiet(world, order.id);
  await loseAll(world);
  await rebuild(world);
  await allIdle(world);
  await proofOf();
  for (const { chargeIds } of debits) await wake(world, chargeIds[0] ?? "");
  await allIdle(world);
}

const PROVEN = { difference: "0.00", findings: [], isProven: true };

test("a debit that came back owns both of its rows after a rebuild, and parks nobody", async () => {
  const order = await debit(6_000);
  await settle(order, true);
  await expectBookedOnce(world, order);
  await world.stripeAdmin(`/payment_intents/${order.id}/return`, {});
  await until("the memo to own its row", async () => (await ownersOf(order)).length === 2);
  const before = [await ownersOf(order), await booksOf(order)];

  await loseAndRebuild(order);

  expect(before[0]).toEqual(["payment", "return"]);
  expect([await ownersOf(order), await booksOf(order)]).toEqual(before);
  expect(await openlyParked(world, order.id)).toEqual([]);
  expect(await proofOf()).toMatchObject(PROVEN);
});

/** Debits are booked from their submission on. */
async function bookInTransit(): Promise<void> {
  await world.set("accounts.in-process", "2050/000000000000");
  await world.set("pending-payments", "in-transit");
}

test("a debit in transit that came back leaves its first row with its journal", async () => {
  await bookInTransit();
  const order = await debit(6_500);
  await until("its journal", async () => (await ownersOf(order)).length === 1);
  await settle(order, true);
  await until("its invoice to be paid", async () => (await booksOf(order)).length === 2);
  await world.stripeAdmin(`/payment_intents/${order.id}/return`, {});
  await until("the memo to own its row", async () => (await ownersOf(order)).length === 2);

  await loseAndRebuild(order);

  expect(await ownersOf(order)).toEqual(["pending", "return"]);
  expect(await openlyParked(world, order.id)).toEqual([]);
  expect(await proofOf()).toMatchObject(PROVEN);
});

test("a debit in transit that failed owns both of its rows after a rebuild", async () => {
  await bookInTransit();
  const order = await debit(7_000);
  await until("its journal", async () => (await ownersOf(order)).length === 1);
  await settle(order, false);
  await until("both journals", async () => (await ownersOf(order)).length === 2);

  await loseAndRebuild(order);

  expect(await ownersOf(order)).toEqual(["pending", "pending-back"]);
  expect(await openlyParked(world, order.id)).toEqual([]);
  expect(await proofOf()).toMatchObject(PROVEN);
});
