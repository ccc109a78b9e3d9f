import { afterAll, beforeAll, expect, test } from "vitest";
import { openWorld, type World } from "../support/world.ts";
import { documentsOf, expectBookedOnce, expectParkedUnbooked, resume } from "./books.ts";
import { aCustomer, aPrice, checkOut, pay } from "./orders.ts";

/** Lanes of the pair that may be worked on at once. */
const CALL_LIMIT = 2;

let world: World;

beforeAll(async () => {
  world = await openWorld({ "sl.call-limit": CALL_LIMIT });
});

afterAll(async () => {
  await world.close();
});

const MORE_THAN_FIT = Array.from({ length: 3 * CALL_LIMIT }, (_, n) => n);

/** A sale of something that no setting maps to an item of SL. */
async function anUnmappedSale(price: string) {
  return checkOut(world, { line_items: [{ quantity: 1, price }] });
}

test("more parked runs than the pair may work on at once hold up no new order", async () => {
  const price = await aPrice(world, 1_234, { name: "Nobody has mapped this" });
  const parked = await Promise.all(
    Array.from({ length: CALL_LIMIT + 1 }, () => anUnmappedSale(price)),
  );
  for (const order of parked) await expectParkedUnbooked(world, order, "mapping.product_unmapped");

  const orders = await Promise.all(MORE_THAN_FIT.map((more) => pay(world, 8_000 + more)));

  for (const order of orders) await expectBookedOnce(world, order);
  for (const order of parked) await expectParkedUnbooked(world, order, "mapping.product_unmapped");
});

test("an order of the very customer whose other order is parked is booked", async () => {
  const price = await aPrice(world, 1_300, { name: "Nobody has mapped this either" });
  const customer = (await aCustomer(world)).id;
  const parked = await checkOut(world, { line_items: [{ quantity: 1, price }], customer });
  await expectParkedUnbooked(world, parked, "mapping.product_unmapped");

  const first = await pay(world, 8_100, { customer });
  const second = await pay(world, 8_101, { customer });
  const books = [await expectBookedOnce(world, first), await expectBookedOnce(world, second)];

  expect(new Set(books.map(({ customerId }) => customerId)).size).toBe(1);
  await expectParkedUnbooked(world, parked, "mapping.product_unmapped");
});

test("a parked order is booked on the customer that later orders have made", async () => {
  const product = { name: "Mapped too late" };
  const price = await aPrice(world, 1_400, product);
  const customer = (await aCustomer(world)).id;
  const parked = await checkOut(world, { line_items: [{ quantity: 1, price }], customer });
  await expectParkedUnbooked(world, parked, "mapping.product_unmapped");
  const later = await expectBookedOnce(world, await pay(world, 8_200, { customer }));
  const { product: productId } = await world.stripe.prices.retrieve(price);

  await world.stripe.products.update(String(productId), { metadata: { InvtID: "TSHIRT" } });
  await resume(world, parked);

  const books = await expectBookedOnce(world, parked);
  expect(books.customerId).toBe(later.customerId);
  expect(await documentsOf(world, [parked.id, ...parked.chargeIds])).toHaveLength(2);
});
