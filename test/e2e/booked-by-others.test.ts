import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import {
  documentsOf,
  expectBookedOnce,
  openlyParked,
  resume,
  trimmed,
  untilQuiet,
} from "./books.ts";
import { aPrice, checkOut, type Order, pay } from "./orders.ts";

// What another connector has booked is found in a backfill, and stays found: also when an event or
// a person wakes the sale long after the backfill has ended.

let world: World;

beforeAll(async () => {
  world = await openWorld({ "journal-delay": 0 });
});

afterAll(() => world.close());

/** Released documents of the sale in SL, whoever made them. */
async function booksOf(order: Order): Promise<string[]> {
  const rows = await documentsOf(world, [order.id, ...order.chargeIds]);
  return rows
    .filter(({ Rlsed }) => Number(Rlsed) === 1)
    .map(({ DocType, OrigDocAmt, User2 }) => {
      const by = trimmed(User2) === "" ? "others" : "us";
      return `${trimmed(DocType)} ${Number(OrigDocAmt)} of ${by}`;
    })
    .sort();
}

/** A sale that an older connector has booked as `model` is booked, and of which no event came. */
async function bookedByOthers(model: Order, made: () => Promise<Order>): Promise<Order> {
  await expectBookedOnce(world, model);
  await world.stripeAdmin("/webhooks", { dropProbability: 1 });
  const order = await made();
  await world.stripeAdmin("/webhooks", { dropProbability: 0 });
  const pairs = [
    [model.id, order.id],
    [model.chargeIds[0], order.chargeIds[0]],
  ];
  for (const [from, to] of pairs) {
    const change = { where: { User1: from }, set: { User1: to, User2: "" } };
    await world.slAdmin("/rows", { table: "ARDoc", ...change });
  }
  return order;
}

async function backfill(): Promise<void> {
  const from = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  const body = { from, by: "test", show: 1 };
  await world.api(`/api/pairs/${world.pair}/backfill`, { method: "POST", body });
  await until("the backfill to be done", async () => {
    return (await world.sql("select from backfill where state <> 'done'")).length === 0;
  });
}

test("a sale of others is not doubled by a refund that comes after the backfill", async () => {
  const order = await bookedByOthers(await pay(world, 10_000), () => pay(world, 10_000));
  await backfill();
  const [parked] = await openlyParked(world, order.id);
  expect(parked?.code).toBe("conflict.foreign_document");

  await world.stripe.refunds.create({ charge: order.chargeIds[0] ?? "", amount: 1_000 });

  await until("the refund's event to have its end", async () => {
    const told = `select from event where lane_key = $1 and type = 'refund.created'
      and end_state is not null`;
    return (await world.sql(told, [order.id])).length > 0;
  });
  await untilQuiet(world, order.id);
  expect(await booksOf(order)).toEqual(["IN 100 of others", "PA 100 of others"]);
});

test("a sale of others that parked for its item is not doubled when it is resumed", async () => {
  const product = { name: "Unmapped", metadata: { InvtID: "NOSUCHITEM" } };
  const price = await aPrice(world, 5_000, product);
  const order = await bookedByOthers(await pay(world, 5_000), () =>
    checkOut(world, { line_items: [{ price, quantity: 1 }] }),
  );
  await backfill();
  const [parked] = await openlyParked(world, order.id);
  expect(parked?.code).toMatch(/^mapping\./);

  const sold = String((await world.stripe.prices.retrieve(price)).product);
  await world.stripe.products.update(sold, { metadata: { InvtID: "TSHIRT" } });
  await resume(world, order);

  await until("the resumed run to end", async () => {
    return (await openlyParked(world, order.id))[0]?.code === "conflict.foreign_document";
  });
  await untilQuiet(world, order.id);
  expect(await booksOf(order)).toEqual(["IN 50 of others", "PA 50 of others"]);
});
