import { afterEach, beforeEach, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { expectBookedOnce, expectInSlOnce } from "./books.ts";
import { type Order, pay } from "./orders.ts";
import {
  allAsleep,
  copyHub,
  holdComparisons,
  letViewsCatchUp,
  loseHub,
  putBackHub,
  rebuild,
  releasedNumbers,
  wake,
} from "./restores.ts";

let world: World;

beforeEach(async () => {
  world = await openWorld();
});

afterEach(() => world.close());

async function aBookedOrder(amountMinor: number): Promise<Order> {
  const order = await pay(world, amountMinor);
  await expectBookedOnce(world, order);
  return order;
}

const numbersOf = (order: Order) => releasedNumbers(world, order);

async function pauseOf(): Promise<Row | undefined> {
  const { pairs } = await world.api<{ pairs: Row[] }>("/api/lanes");
  return pairs.find((row) => row.pausedCode !== null);
}

function untilPaused(): Promise<Row> {
  return until("the pair to pause", pauseOf);
}

test("a hub with an empty database takes over what SL holds and adds no document", async () => {
  const orders = [await aBookedOrder(1_100), await aBookedOrder(1_200)];
  const before = await Promise.all(orders.map(numbersOf));
  await loseHub(world);
  await world.restartHub();

  const report = await rebuild(world);
  await allAsleep(world);

  expect(report).toMatchObject({ inSl: 6, adopted: 6, unexplained: [], reopened: [] });
  expect(await Promise.all(orders.map(numbersOf))).toEqual(before);
  for (const order of orders) await expectInSlOnce(world, order);
  expect(await world.sql("select from row_owner")).toHaveLength(2);
  const trace = await world.api<{ links: Row[] }>(`/api/trace/${orders[0]?.id}`);
  expect(trace.links.map((link) => link.kind)).toContain("invoice");
});

test("a hub that starts on an older database pauses the pair until it is rebuilt", async () => {
  await copyHub(world);
  const order = await aBookedOrder(1_300);
  const before = await numbersOf(order);
  await putBackHub(world);

  await world.restartHub();
  const paused = await untilPaused();
  await rebuild(world);
  await allAsleep(world);

  expect(paused.pausedCode).toBe("conflict.lineage");
  expect(String(paused.pausedReason)).toContain("this hub does not know");
  expect(await pauseOf()).toBeUndefined();
  expect(await numbersOf(order)).toEqual(before);
  await expectInSlOnce(world, order);
});

test("a run that begins before the comparison takes over what SL holds", async () => {
  const order = await aBookedOrder(1_450);
  const before = await numbersOf(order);
  const compare = await holdComparisons(world);
  await world.sql(
    `delete from attempt; delete from receipt; delete from row_owner; delete from link;
     delete from intent; delete from hub_process`,
  );

  await wake(world, order.id);
  await allAsleep(world);

  await compare();
  expect(await numbersOf(order)).toEqual(before);
  expect(
    await world.sql("select from intent where purpose in ('invoice', 'payment')"),
  ).toHaveLength(2);
});

test("an SL that was put back to an older copy pauses the pair", async () => {
  await world.slAdmin("/snapshots", { name: "yesterday" });
  await aBookedOrder(1_500);
  await letViewsCatchUp(world);
  await world.slAdmin("/restore", { name: "yesterday" });

  await world.restartHub();

  expect(String((await untilPaused()).pausedReason)).toContain("SL no longer holds");
});

test("what an older copy of SL has lost is booked again, once, whenever it was paid", async () => {
  const kept = await aBookedOrder(1_600);
  await world.slAdmin("/snapshots", { name: "yesterday" });
  const lost = await aBookedOrder(1_700);
  const keptNumbers = await numbersOf(kept);
  await world.slAdmin("/restore", { name: "yesterday" });
  await letViewsCatchUp(world);

  const report = await rebuild(world, { since: new Date(Date.now() + 60_000) });
  await allAsleep(world);

  expect(report.reopened).toHaveLength(3);
  expect(report.woken).toBe(0);
  await expectBookedOnce(world, lost);
  await expectBookedOnce(world, kept);
  expect(await numbersOf(kept)).toEqual(keptNumbers);
  const { metadata } = await world.stripe.paymentIntents.retrieve(lost.id);
  expect((await numbersOf(lost))[0]).toBe(`IN ${metadata.DynamicsSL_InvoiceNbr}`);
});

test.each([
  ["", false],
  [" that a rebuild took over before", true],
])("a document%s whose release SL has lost is released again, not made anew", async (...how) => {
  const [, isAdopted] = how;
  const match = { service: "invoiceAndMemo", actionType: "RELEASENOW" };
  await world.slAdmin("/faults", { match, effect: { kind: "latency", ms: 1_000 } });
  const order = await pay(world, 1_750);
  await until("the release", async () => {
    const [fault] = await world.slAdmin<Row[]>("/faults");
    return Number(fault?.hits) > 0;
  });
  await world.slAdmin("/snapshots", { name: "filled" });
  await expectBookedOnce(world, order);
  const [invoice] = await numbersOf(order);
  if (isAdopted) {
    await loseHub(world);
    await rebuild(world);
    await allAsleep(world);
  }
  await world.slAdmin("/restore", { name: "filled" });
  await letViewsCatchUp(world);

  await rebuild(world);
  await allAsleep(world);

  expect(await numbersOf(order)).toContain(invoice);
  // Events are lost with the database.
  await (isAdopted ? expectInSlOnce : expectBookedOnce)(world, order);
});

test("a rebuild of a pair at work takes nothing for lost because the views lag", async () => {
  const orders = [await aBookedOrder(1_800)];
  await letViewsCatchUp(world);
  await world.slAdmin("/switches", { viewLagMs: 600_000 });
  orders.push(await aBookedOrder(1_900));
  await letViewsCatchUp(world);
  const before = await Promise.all(orders.map(numbersOf));

  const report = await rebuild(world);
  await allAsleep(world);

  expect(report.reopened).toEqual([]);
  expect(await Promise.all(orders.map(numbersOf))).toEqual(before);
});

test("without the views a restored hub finds its documents by the contracts", async () => {
  await copyHub(world);
  const order = await aBookedOrder(2_000);
  const before = await numbersOf(order);
  const effect = { kind: "refuse", message: "Query view not found", messageNbr: 0 };
  await world.slAdmin("/faults", { match: { service: "quickQuery" }, effect, times: null });
  await putBackHub(world);
  await world.restartHub();

  await wake(world, order.id);
  await allAsleep(world);

  expect(await numbersOf(order)).toEqual(before);
  await expect(rebuild(world)).rejects.toThrow("lacks the views");
});

test("a dry run of a rebuild counts and changes nothing", async () => {
  await aBookedOrder(2_100);
  await loseHub(world);
  await world.restartHub();

  const report = await rebuild(world, { dryRun: true });

  expect(report.adopted).toBe(3);
  expect(await world.sql("select from intent")).toEqual([]);
});
