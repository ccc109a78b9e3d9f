import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { trimmed } from "./books.ts";
import { loseAnswersOf } from "./order-faults.ts";
import { aPrice, checkOut } from "./orders.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld({ mode: "sales-order", "customer.ship-to": "sl" });
});

afterAll(() => world.close());

test("an order goes to the customer's own ship-to address in SL where settings ask", async () => {
  const price = await aPrice(world, 4_000, { name: "Widget", metadata: { InvtID: "WIDGET" } });
  const address = { line1: "9 Pier St", city: "Boston", state: "MA", country: "US" };
  const shipping = { name: "Grace Hopper", address };
  const line_items = [{ price, quantity: 1 }];
  const order = await checkOut(world, { line_items }, { shipping });

  const header = await until("the order in SL", async () => {
    const rows: Row[] = await world.slRows("SOHeader");
    return rows.find((row) => trimmed(row.User1) === order.id);
  });
  const addresses = await world.slRows("SOAddress");
  const added = addresses.find((row) => trimmed(row.Addr1) === "9 Pier St");
  const shipToId = header?.ShiptoID ?? header?.ShipToID;

  expect(trimmed(added?.CustId)).toBe(trimmed(header?.CustID));
  expect(trimmed(shipToId)).toBe(trimmed(added?.ShipToId));
  expect(trimmed(header?.ShipAddr1)).toBe("9 Pier St");
});

type Ledger = Readonly<{
  object: string;
  orderNumber: string;
  state: string;
  applied: string;
  left: string;
  documents: readonly Readonly<{ type: string; open: string }>[];
}>;

/** Buys widgets at these prices, and ships each in a shipment of its own at what it costs then. */
async function buyAndShip(prices: readonly Readonly<{ ordered: number; shipped: number }>[]) {
  const line_items = await Promise.all(
    prices.map(async ({ ordered }) => {
      const product = { name: "Widget", metadata: { InvtID: "WIDGET" } };
      return { price: await aPrice(world, ordered, product), quantity: 1 };
    }),
  );
  const sale = await checkOut(world, { line_items });
  const open = await until("the order to be let go", async () => {
    const { rows } = await world.api<{ rows: Ledger[] }>("/api/orders");
    return rows.find(({ object, state }) => object === sale.id && state === "open");
  });
  await loseAnswersOf(world, ["apply"]);
  for (const [at, { shipped }] of prices.entries()) {
    const lines = [{ lineRef: String(at + 1), price: shipped / 100 }];
    await world.slAdmin(`/orders/${open.orderNumber}/ship`, { lines });
  }
  await world.api(`/api/orders/${open.orderNumber}/look`, { method: "POST", body: {} });
  return until("the order to be closed", async () => {
    const order = await world.api<Ledger>(`/api/orders/${open.orderNumber}`);
    return order.state === "closed" ? order : undefined;
  });
}

const openOf = ({ documents }: Ledger) => documents.map(({ type, open }) => `${type} ${open}`);

test("an application shown before its answer is known is taken off once", async () => {
  const closed = await buyAndShip([
    { ordered: 9_000, shipped: 9_000 },
    { ordered: 6_000, shipped: 6_003 },
  ]);

  expect(closed).toMatchObject({ applied: "150.00", left: "0.00" });
  expect(openOf(closed)).toEqual(["PP 0.00", "IN 0.00", "IN 0.00", "CM 0.00"]);
});

test("money that a memo took after a lost answer is left in no ledger", async () => {
  const closed = await buyAndShip([{ ordered: 10_000, shipped: 9_998 }]);

  expect(closed).toMatchObject({ applied: "100.00", left: "0.00" });
  expect(openOf(closed)).toEqual(["PP 0.00", "IN 0.00", "DM 0.00"]);
});
