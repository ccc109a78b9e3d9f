import { afterAll, beforeAll, expect, test } from "vitest";
import { buyCart } from "../../src/demo/buy-cart.ts";
import { openWorld, type World } from "../support/world.ts";
import { documentsOf, trimmed } from "./books.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.close());

const NOBODY = { orderNumber: "", email: "shopper@example.com", name: "Sam Shopper" };
const at = () => ({ apiBase: world.stripeUrl, secretKey: world.secretKey });
const line = (item: string, unitMinor: number, quantity = 1) => ({ item, unitMinor, quantity });

test("the cart of the help is booked by the demo's pair as it is", async () => {
  const { paymentIntentId } = await buyCart(at(), {
    ...{ ...NOBODY, taxPercent: 8.25, discountPercent: 10, shippingMinor: 0 },
    lines: [line("TSHIRT", 2_000, 2), line("CONSULT", 15_000)],
  });

  await world.ended(paymentIntentId, ["booked"]);

  const documents = await documentsOf(world, [paymentIntentId]);
  expect(documents.map((row) => `${trimmed(row.DocType)} ${row.Rlsed}`)).toContain("IN 1");
});

test("a cart of stock items parks until the mode is sales-order", async () => {
  const { paymentIntentId } = await buyCart(at(), {
    ...{ ...NOBODY, taxPercent: 0, discountPercent: 0, shippingMinor: 0 },
    lines: [line("WIDGET", 3_000, 2)],
  });

  const { reason } = await world.ended(paymentIntentId, ["parked"]);

  expect(reason).toContain("WIDGET");
});
