import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { trimmed } from "./books.ts";
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
