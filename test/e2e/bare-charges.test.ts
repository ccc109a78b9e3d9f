import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { documentsOf, expectBookedOnce, trimmed } from "./books.ts";
import { aCustomer, type Order } from "./orders.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld();
  await world.stripeAdmin("/settings", { chargesWithoutIntent: true });
});

afterAll(async () => {
  await world.close();
});

/** A charge as old accounts make them: no PaymentIntent, no invoice, nothing sold by name. */
async function charge(amount: number, more: { customer?: string; capture?: boolean } = {}) {
  const { customer = (await aCustomer(world)).id, capture = true } = more;
  const params = { amount, currency: "usd", source: "tok_visa", customer, capture };
  const { id } = await world.stripe.charges.create(params);
  return { id, chargeIds: [id], total: amount / 100 } satisfies Order;
}

test("a charge without a PaymentIntent becomes an invoice and a payment of its own", async () => {
  const order = await charge(4_321);

  await world.ended(order.id, ["booked"]);

  // Invoice and payment have one identity here: the charge.
  const documents = await documentsOf(world, [order.id]);
  expect(
    documents.map((row) => [trimmed(row.DocType), row.Rlsed, row.OrigDocAmt, row.DocBal]),
  ).toEqual([
    ["IN", 1, 43.21, 0],
    ["PA", 1, 43.21, 0],
  ]);
  expect(new Set(documents.map((row) => trimmed(row.User2))).size).toBe(2);
  const written = await world.stripe.charges.retrieve(order.id);
  expect(written.metadata).toEqual({
    DynamicsSL_CustomerID: trimmed(documents[0]?.CustId),
    DynamicsSL_InvoiceNbr: trimmed(documents[0]?.RefNbr),
    DynamicsSL_PaymentNbr: trimmed(documents[1]?.RefNbr),
    DynamicsSL_BatchNbr: trimmed(documents[1]?.BatNbr),
  });
});

test("the event of its own write-back to a charge books nothing again", async () => {
  const order = await charge(4_400);

  await expectBookedOnce(world, order);

  await until("the end of the event of the write-back", async () => {
    const ended = await world.sql(
      `select from event
       where lane_key = $1 and type = 'charge.updated' and end_state = 'booked'`,
      [order.id],
    );
    return ended.length > 0;
  });
  expect(await documentsOf(world, [order.id])).toHaveLength(2);
});

test("a bare charge that was authorised is booked for what is captured of it", async () => {
  const order = await charge(9_000, { capture: false });
  const before = await world.ended(order.id, ["not_applicable"]);

  await world.stripe.charges.capture(order.id, { amount: 6_500 });
  await world.ended(order.id, ["booked"]);

  expect(String(before.reason)).toContain("authorised, not captured");
  const documents = await documentsOf(world, [order.id]);
  expect(
    documents.map((row) => [trimmed(row.DocType), row.Rlsed, row.OrigDocAmt, row.DocBal]),
  ).toEqual([
    ["IN", 1, 65, 0],
    ["PA", 1, 65, 0],
  ]);
});

test("bare charges of one customer at Stripe are booked on one customer in SL", async () => {
  const customer = (await aCustomer(world)).id;

  const first = await expectBookedOnce(world, await charge(1_000, { customer }));
  const second = await expectBookedOnce(world, await charge(1_000, { customer }));

  expect(second.customerId).toBe(first.customerId);
});
