import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { openWorld, type Row, type World } from "../support/world.ts";
import { expectBookedOnce, expectParkedUnbooked, resume, trimmed } from "./books.ts";
import { aCustomer, pay } from "./orders.ts";

let world: World;
let customersBefore: number;

beforeAll(async () => {
  world = await openWorld({ "customer.named": "WEBSHOP" });
});

afterAll(async () => {
  await world.close();
});

beforeEach(async () => {
  customersBefore = (await customers()).length;
});

function customers(): Promise<Row[]> {
  return world.slRows("Customer");
}

async function setPolicy(value: "create" | "match-or-park" | "one-customer"): Promise<void> {
  await world.set("customer.policy", value);
}

test("policy one-customer books everybody on the named customer and makes none", async () => {
  await setPolicy("one-customer");
  const known = await aCustomer(world, { email: "books@bayside.example" });

  const orders = [await pay(world, 1_100), await pay(world, 1_200, { customer: known.id })];

  for (const order of orders) {
    expect((await expectBookedOnce(world, order)).customerId).toBe("WEBSHOP");
  }
  expect(await customers()).toHaveLength(customersBefore);
  // It stands for all shoppers, so nobody's own customer at Stripe is told of it.
  const told: unknown = await world.stripe.customers.retrieve(known.id);
  expect((told as { metadata?: unknown }).metadata).toEqual({});
});

test("a class of shoppers may have a customer of its own under policy one-customer", async () => {
  await setPolicy("one-customer");
  const setClasses = (value: readonly object[]) => world.set("customer.classes", value);
  await setClasses([{ when: { country: "DE" }, class: "COMM", named: "C300" }]);
  onTestFinished(async () => {
    await setClasses([]);
  });
  const german = await aCustomer(world, { address: { country: "DE" } });

  const orders = [await pay(world, 1_150, { customer: german.id }), await pay(world, 1_250)];

  const booked = [];
  for (const order of orders) booked.push((await expectBookedOnce(world, order)).customerId);
  expect(booked).toEqual(["C300", "WEBSHOP"]);
  expect(await customers()).toHaveLength(customersBefore);
});

test("an order that names its customer is booked there under policy one-customer too", async () => {
  await setPolicy("one-customer");

  const order = await pay(world, 1_300, { metadata: { DynamicsSL_CustomerID: "C300" } });

  expect((await expectBookedOnce(world, order)).customerId).toBe("C300");
});

test("policy match-or-park books on the one customer with the e-mail", async () => {
  await setPolicy("match-or-park");
  const customer = await aCustomer(world, { email: "Books@Bayside.example" });

  const order = await pay(world, 1_400, { customer: customer.id });

  expect((await expectBookedOnce(world, order)).customerId).toBe("C301");
  expect(await customers()).toHaveLength(customersBefore);
});

test("policy match-or-park parks a stranger until SL has the customer", async () => {
  await setPolicy("match-or-park");
  const stranger = await aCustomer(world);
  const order = await pay(world, 1_500, { customer: stranger.id });

  const parked = await expectParkedUnbooked(world, order, "mapping.customer_unknown");
  expect(await customers()).toHaveLength(customersBefore);
  const set = { EMailAddr: stranger.email ?? "" };
  await world.slAdmin("/rows", { table: "Customer", where: { CustId: "C300" }, set });
  await resume(world, order);

  const { customerId } = await expectBookedOnce(world, order);
  expect(String(parked.cure)).toContain("DynamicsSL_CustomerID");
  expect(customerId).toBe("C300");
  expect((await customers()).map((row) => trimmed(row.User1))).not.toContain(stranger.id);
});
