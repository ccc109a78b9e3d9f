import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { expectBookedOnce, openlyParked, untilQuiet } from "./books.ts";
import { type Order, pay } from "./orders.ts";
import { allIdle, copyHub, letViewsCatchUp, putBackHub, rebuild, wake } from "./restores.ts";
import { reversing } from "./reversing.ts";

// The database is put back to before a reversal, which SL has kept.

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.close());

const { reverse, slipway, texts } = reversing(() => world);

const sale = (order: Order) => [order.id, ...order.chargeIds];

async function paid(amount: number): Promise<Order> {
  const order = await pay(world, amount);
  await expectBookedOnce(world, order);
  await untilQuiet(world, order.id);
  return order;
}

async function untilBooked(order: Order, ids: readonly string[], count: number): Promise<void> {
  await until(`${count} documents`, async () => (await texts(ids)).length === count);
  await untilQuiet(world, order.id);
}

/** What was copied is put back and rebuilt, and every run that this wakes comes to its end. */
async function putBack(): Promise<void> {
  await putBackHub(world);
  await letViewsCatchUp(world);
  await rebuild(world);
  await allIdle(world);
}

/** The purposes and generations of what owns a row of the sale. */
async function ownersOf(order: Order): Promise<string[]> {
  const rows = await world.sql(
    `select distinct i.purpose || '#' || i.generation as owner
     from row_owner o join intent i on i.pair = o.pair and i.key = o.intent_key
     where i.object = any ($1::text[])`,
    [sale(order)],
  );
  return rows.map(({ owner }) => String(owner));
}

test("a sale that was taken back since the copy is booked again when a person asks", async () => {
  const order = await paid(6_000);
  await copyHub(world);
  await reverse(order.id);
  await untilBooked(order, sale(order), 4);

  await putBack();
  const after = [await texts(sale(order)), await ownersOf(order)];
  await slipway("reverse", order.id, "--rebook", "--yes", "--by", "maria");
  await untilBooked(order, sale(order), 6);

  expect(after).toEqual([["IN 60 open 0", "PA 60 open 0", "DM 60 open 0", "CM 60 open 0"], []]);
  expect(await openlyParked(world, order.id)).toEqual([]);
  expect(await ownersOf(order)).toEqual(["payment#1"]);
});

test("a sale that was booked again since the copy owns its rows by its new payment", async () => {
  const order = await paid(7_000);
  await copyHub(world);
  await reverse(order.id, "--rebook");
  await untilBooked(order, sale(order), 6);
  const before = await texts(sale(order));

  await putBack();

  expect(await texts(sale(order))).toEqual(before);
  expect(await openlyParked(world, order.id)).toEqual([]);
  expect(await ownersOf(order)).toEqual(["payment#1"]);
});

test("a refund stays taken back on a sale that was booked again before the copy", async () => {
  const order = await paid(8_000);
  await reverse(order.id, "--rebook");
  await untilBooked(order, sale(order), 6);
  const [charge = ""] = order.chargeIds;
  const refund = (await world.stripe.refunds.create({ charge, amount: 3_000 })).id;
  await untilBooked(order, [refund], 2);
  await reverse(refund, "--rebook");
  await untilBooked(order, [refund], 6);
  await copyHub(world);
  await reverse(refund);
  await untilBooked(order, [refund], 8);
  const before = await texts([refund]);

  await putBack();
  await wake(world, order.id);
  await allIdle(world);

  expect(await texts([refund])).toEqual(before);
  expect(await openlyParked(world, order.id)).toEqual([]);
});

test("a reversal that was under way at the copy books its sale again as it was asked", async () => {
  const order = await paid(9_000);
  const match = { service: "invoiceAndMemo", actionType: "UPDATE" };
  await world.slAdmin("/faults", { match, effect: { kind: "latency", ms: 1_000 } });
  const asked = reverse(order.id);
  await until("the slow call", async () => {
    const [fault] = await world.slAdmin<{ hits: number }[]>("/faults");
    return Number(fault?.hits) > 0;
  });
  await copyHub(world);
  await asked;
  await untilBooked(order, sale(order), 4);
  // The hub is lost after it has taken all of it back, and before it books any of it again.
  await world.sql(
    `update copy.reversal set rebook = true where state = 'asked';
     update copy.lane set owner = null, lease_until = null, due_at = null where owner is not null`,
  );

  await putBack();
  await untilBooked(order, sale(order), 6);

  expect(await openlyParked(world, order.id)).toEqual([]);
  expect(await ownersOf(order)).toEqual(["payment#1"]);
});
