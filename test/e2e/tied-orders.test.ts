import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { openlyParked, trimmed } from "./books.ts";
import { aCustomer, tieTo } from "./orders.ts";

// One payment that Stripe ties to several invoices, where each of them is an order in SL.

let world: World;
let product: string;

beforeAll(async () => {
  world = await openWorld({ mode: "sales-order" });
  const made = await world.stripe.products.create({ name: "W", metadata: { InvtID: "WIDGET" } });
  product = made.id;
});

afterAll(() => world.close());

async function aDraft(customer: string, unit_amount: number): Promise<string> {
  const { id = "" } = await world.stripe.invoices.create({ customer });
  const price_data = { currency: "usd", unit_amount, product };
  await world.stripe.invoices.addLines(id, { lines: [{ quantity: 1, price_data }] });
  return id;
}

test("of two orders with one payment one has the money, and the other one parks", async () => {
  const { id: customer } = await aCustomer(world);
  const invoices = [await aDraft(customer, 5_000), await aDraft(customer, 5_000)];
  const payment = await tieTo(world, invoices, 5_000);

  await world.stripe.paymentIntents.confirm(payment, { payment_method: "pm_card_visa" });

  const parked = await until("one of them to be parked", async () => {
    const cases = await Promise.all(invoices.map((id) => openlyParked(world, id)));
    return cases.flat()[0];
  });
  const [paid = ""] = invoices.filter((id) => id !== parked.laneKey);
  await world.ended(paid, ["booked"]);
  expect(parked).toMatchObject({ code: "conflict.draft_changed" });
  expect(parked.reason).toMatch(/is payment \w+ of order \w+, and it pays in_\w+ too/);
  const orders = await world.slRows("SOHeader");
  const isOnHold = (id: string) =>
    orders.filter((row) => trimmed(row.User1) === id).every((row) => row.AdminHold === 1);
  expect(invoices.map(isOnHold)).toEqual(invoices.map((id) => id !== paid));
});
