import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { trimmed } from "./books.ts";
import { aPrice, checkOut, type Order } from "./orders.ts";
import { loseAll, rebuild } from "./restores.ts";
import { reversing } from "./reversing.ts";

// A hub whose database is lost knows of sales orders what SL shows: which were cancelled, and which
// money went back. One that was taken back stays so, and one that was placed again is followed.

let world: World;

beforeAll(async () => {
  world = await openWorld({ mode: "sales-order", "journal-delay": 0 });
});

afterAll(() => world.close());

const { reverse, texts, proofOf, untilIdle, openOrderOf, cancelledBack } = reversing(() => world);

type Bought = Order & Readonly<{ number: string }>;

const idsOf = (order: Order) => [order.id, ...order.chargeIds];

async function buy(unit: number): Promise<Bought> {
  const price = await aPrice(world, unit, { name: "Widget", metadata: { InvtID: "WIDGET" } });
  const sale = await checkOut(world, { line_items: [{ price, quantity: 1 }] });
  return { ...sale, number: await openOrderOf(sale.id) };
}

async function ordersOf({ id }: Order): Promise<string[]> {
  const rows = (await world.slRows("SOHeader")).filter((row) => trimmed(row.User1) === id);
  return rows.map((row) => `${trimmed(row.OrdNbr)} ${row.Cancelled === 1 ? "cancelled" : "open"}`);
}

async function takeBack(bought: Bought): Promise<void> {
  await reverse(bought.id);
  await cancelledBack(bought);
}

async function loseAndRebuild({ id }: Order): Promise<void> {
  await loseAll(world);
  await rebuild(world);
  await untilIdle(id);
}

const PROVEN = { difference: "0.00", findings: [] };

test("an order that was placed again is the one that a rebuild finds", async () => {
  const bought = await buy(6_000);
  await takeBack(bought);
  await reverse(bought.id, "--rebook");
  const again = await openOrderOf(bought.id);
  await untilIdle(bought.id);
  const before = [await ordersOf(bought), await texts(idsOf(bought))];

  await loseAndRebuild(bought);
  const found = await openOrderOf(bought.id);
  const after = [await ordersOf(bought), await texts(idsOf(bought))];
  await world.slAdmin(`/orders/${again}/ship`, {});
  await world.api(`/api/orders/${again}/look`, { method: "POST", body: {} });
  const paid = await until("it to be paid", async () => {
    const order = await world.api<Row>(`/api/orders/${again}`);
    return order.state === "closed" ? order : undefined;
  });

  expect(found).toBe(again);
  expect(after).toEqual(before);
  expect(paid).toMatchObject({ applied: "60.00", left: "0.00", refunded: "0.00" });
  expect(await proofOf()).toMatchObject(PROVEN);
});

test("an order that was taken back stays so after a rebuild until it is booked again", async () => {
  const bought = await buy(7_000);
  await takeBack(bought);
  const before = [await ordersOf(bought), await texts(idsOf(bought))];

  await loseAndRebuild(bought);
  const after = [await ordersOf(bought), await texts(idsOf(bought))];
  const proof = await proofOf();
  await reverse(bought.id, "--rebook");
  const again = await openOrderOf(bought.id);
  await until("its money", async () => (await texts(idsOf(bought))).length === 3);

  expect(after).toEqual(before);
  expect(await ordersOf(bought)).toEqual([`${bought.number} cancelled`, `${again} open`]);
  expect((await texts(idsOf(bought))).at(-1)).toBe("PP 70 open 70");
  expect([proof, await proofOf()]).toMatchObject([PROVEN, PROVEN]);
});

test("an order that a rebuild found again goes back like any other", async () => {
  const bought = await buy(8_000);

  await loseAndRebuild(bought);
  await openOrderOf(bought.id);
  const found = await proofOf();
  await takeBack(bought);

  expect(found).toMatchObject(PROVEN);
  expect(await ordersOf(bought)).toEqual([`${bought.number} cancelled`]);
  expect(await texts(idsOf(bought))).toEqual(["PP 80 open 0", "DM 80 open 0"]);
  expect(await proofOf()).toMatchObject(PROVEN);
});
