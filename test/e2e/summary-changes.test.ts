import { afterEach, beforeEach, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import type { Row, World } from "../support/world.ts";
import { decide, openlyParked, trimmed } from "./books.ts";
import { aPrice, checkOut, type Order, pay } from "./orders.ts";
import { wake } from "./restores.ts";
import {
  openSummedUp,
  releasedOfDay,
  runSummary,
  SUMMARY_LANE,
  SUMMED_DAY,
  sumUp,
  untilCollected,
} from "./summed-up.ts";

// What becomes of a summary where something has changed since its sales were collected: settings,
// the customer in SL, and the minds of people.

/** SL has no such account of sales. */
const UNKNOWN = { item: "TSHIRT", sales: "4999/000000000000" };

let world: World;

beforeEach(async () => {
  world = await openSummedUp({ items: { prod_odd: UNKNOWN } });
});

afterEach(() => world.close());

const setCustomer = (status: "A" | "I") =>
  world.slAdmin("/rows", { table: "Customer", where: { CustId: "C300" }, set: { Status: status } });

/** A sale of the day whose account of sales SL refuses. */
async function anOddSale(minor: number): Promise<Order> {
  const price = await aPrice(world, minor, { id: "prod_odd", name: "Odd" });
  return checkOut(world, { line_items: [{ price, quantity: 1 }] });
}

async function sumUpInVain(): Promise<Row> {
  await runSummary(world);
  return until("the summary to park", async () => (await openlyParked(world, SUMMARY_LANE))[0]);
}

const released = async () =>
  (await releasedOfDay(world)).map(
    (row) => `${trimmed(row.CustId)} ${trimmed(row.DocType)} ${Number(row.OrigDocAmt)}`,
  );

test("a refund of the day is on the customer of its sale, whom nothing names now", async () => {
  const order = await pay(world, 1_000);
  await untilCollected(world, 2);
  await world.set("customer.named", "C301");
  await world.stripe.refunds.create({ payment_intent: order.id, amount: 300 });
  await untilCollected(world, 4);
  await sumUp(world, [order]);

  expect(await released()).toEqual(["C300 IN 10", "C300 PA 10", "C300 DM 3", "C300 CM 3"]);
});

test.each([
  ["makes a customer of each shopper", { summary: "off", "customer.policy": "create" }],
  ["names another customer for all", { "customer.named": "C301" }],
])("a collected sale keeps its customer where the policy %s by then", async (_, changed) => {
  const order = await pay(world, 1_000);
  await untilCollected(world, 2);
  const customers = async () => (await world.slRows("Customer")).map(({ CustId }) => CustId);
  const before = await customers();
  for (const [path, value] of Object.entries(changed)) await world.set(path, value);
  await sumUp(world, [order]);

  expect(await customers()).toEqual(before);
  expect(await released()).toEqual(["C300 IN 10", "C300 PA 10"]);
  const { metadata } = await world.stripe.paymentIntents.retrieve(order.id);
  expect(metadata.DynamicsSL_CustomerID).toBe("C300");
});

test("without a delay a day that is long over waits for more sales all the same", async () => {
  await world.set("summary-delay", 0);
  const orders = [await pay(world, 1_000), await pay(world, 2_000)];
  await untilCollected(world, 4);
  await until("more of its sales to be waited for", async () => {
    const [lane] = await world.sql("select waits_for from lane where key = $1", [SUMMARY_LANE]);
    return String(lane?.waits_for).startsWith("more sales of");
  });
  await sumUp(world, orders);

  expect(await released()).toEqual(["C300 IN 30", "C300 PA 30"]);
});

test("documents of a day that SL refuses keep none of its others waiting", async () => {
  await anOddSale(1_100);
  const late = await pay(world, 2_000);
  await untilCollected(world, 4);
  await world.sql("update collected_document set accounts = '~' where lane_key = $1", [late.id]);

  const parked = await sumUpInVain();

  expect(parked.code).toBe("erp.refused");
  expect((await world.ended(late.id, ["booked"])).outcome).toBe("booked");
  expect(await released()).toEqual(["C300 IN 20", "C300 PA 20"]);
});

test("a day whose documents wait for their release parks for others once they stand", async () => {
  await world.set("release", "person");
  await anOddSale(1_100);
  const orders = [await pay(world, 2_000), await pay(world, 3_000)];
  await untilCollected(world, 6);
  for (const { id } of orders) {
    await world.sql("update collected_document set accounts = $1 where lane_key = $1", [id]);
  }
  await runSummary(world);
  await until("both invoices to wait for their release", async () => {
    const { rows } = await world.api<{ rows: Row[] }>("/api/waiting");
    return rows.filter(({ laneKey }) => laneKey === SUMMARY_LANE).length === 2;
  });
  const before = await openlyParked(world, SUMMARY_LANE);
  await world.set("release", "hub");

  const parked = await sumUpInVain();

  expect([before, parked.code]).toEqual([[], "erp.refused"]);
  const booked = ["C300 IN 20", "C300 IN 30", "C300 PA 20", "C300 PA 30"];
  expect((await released()).toSorted()).toEqual(booked);
});

test("what a person has left alone stays so where a later case of the day is resumed", async () => {
  const odd = await anOddSale(1_100);
  await untilCollected(world, 2);
  await decide(world, await sumUpInVain(), "dismiss", { reason: "booked by hand" });
  await wake(world, odd.id);
  await world.ended(odd.id, ["not_applicable"]);
  // The decision is a day old when the next sale comes.
  await world.sql(
    `update collected_document set collected_at = collected_at - interval '2 days';
     update parked set closed_at = closed_at - interval '1 day'`,
  );
  const next = await pay(world, 2_000);
  await untilCollected(world, 4);
  await setCustomer("I");
  const parked = await sumUpInVain();

  await decide(world, parked, "resume");
  await setCustomer("A");
  await sumUp(world, [next]);

  expect(parked.reason).toContain("C300");
  expect(await openlyParked(world, SUMMARY_LANE)).toEqual([]);
  expect(await released()).toEqual(["C300 IN 20", "C300 PA 20"]);
});

test("a refund whose summary is left alone ends with it, and so does its sale", async () => {
  const order = await pay(world, 1_000);
  await untilCollected(world, 2);
  await world.set("accounts.returns.requested", "4999/000000000000");
  await world.stripe.refunds.create({ payment_intent: order.id, amount: 300 });
  await untilCollected(world, 4);

  const parked = await sumUpInVain();
  const told = await decide(world, parked, "dismiss", { reason: "booked by hand" });
  await wake(world, order.id);

  expect(told).toContain(`what went back of 1 sale of ${SUMMED_DAY} is left without a document`);
  const { reason } = await world.ended(order.id, ["booked"]);
  expect(String(reason)).toMatch(/invoice \d+.*refund re_\w+: Dismissed by maria: booked by hand/);
});
