import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { documentsOf, expectInSlOnce, untilQuiet } from "./books.ts";
import { type Order, pay } from "./orders.ts";

const DAY_MS = 86_400_000;

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.close());

function hold(amount: number): Promise<Order> {
  return pay(world, amount, { capture_method: "manual" });
}

/** The ends of the lane's events and of those that never had a lane, in words. */
async function endsOf(order: Order, type: string): Promise<unknown> {
  const rows = await world.sql(
    `select end_state, end_reason from event
     where type = $1 and (object_id = any ($2) or lane_key = $3)`,
    [type, [order.id, ...order.chargeIds], order.id],
  );
  return rows.map((row) => `${String(row.end_state)}: ${String(row.end_reason)}`);
}

test("G5 several captures are booked as one, once the last of them is made", async () => {
  const order = await hold(12_000);
  const { stripe } = world;
  await stripe.paymentIntents.capture(order.id, { amount_to_capture: 5_000, final_capture: false });
  await world.ended(order.id, ["not_applicable"]);
  expect(await documentsOf(world, [order.id, ...order.chargeIds])).toEqual([]);

  await stripe.paymentIntents.capture(order.id, { amount_to_capture: 3_000 });

  await world.ended(order.id, ["booked"]);
  await untilQuiet(world, order.id);
  await expectInSlOnce(world, { ...order, total: 80 });
  const owned = await world.sql(
    "select count(*) as rows from row_owner o join intent i on i.key = o.intent_key " +
      "where i.object = $1 and o.part = 'gross'",
    [order.chargeIds[0]],
  );
  expect(Number(owned[0]?.rows)).toBe(2);
});

test("G6 an authorisation that is cancelled books nothing, and says so", async () => {
  const order = await hold(12_000);
  await world.stripe.paymentIntents.cancel(order.id);

  await until("the end of the cancellation", async () => {
    const ends = await endsOf(order, "payment_intent.canceled");
    return JSON.stringify(ends).includes("not_applicable: The payment was cancelled");
  });
  await untilQuiet(world, order.id);
  expect(await documentsOf(world, [order.id, ...order.chargeIds])).toEqual([]);
});

test("G6 an authorisation that nobody captures expires, and books nothing", async () => {
  const order = await hold(12_000);
  const held = await world.stripe.charges.retrieve(order.chargeIds[0] ?? "");
  const before = held.payment_method_details?.card?.capture_before ?? 0;
  expect(before - held.created).toBe((7 * DAY_MS) / 1000);

  await world.stripeAdmin("/clock", { advanceMs: 7 * DAY_MS + 1_000 });

  await until("the end of the expiry", async () => {
    const ends = await endsOf(order, "charge.expired");
    return JSON.stringify(ends).includes("An authorisation expired");
  });
  const intent = await world.stripe.paymentIntents.retrieve(order.id);
  expect(intent.status).toBe("canceled");
  await untilQuiet(world, order.id);
  expect(await documentsOf(world, [order.id, ...order.chargeIds])).toEqual([]);
});
