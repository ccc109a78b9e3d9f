import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import {
  decide,
  documentsOf,
  expectBookedOnce,
  expectParkedUnbooked,
  openlyParked,
  trimmed,
  untilQuiet,
} from "./books.ts";
import { aCustomer, type Order, pay } from "./orders.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(async () => {
  await world.close();
});

/** A charge of an amount that Stripe's public API would refuse. */
async function chargeOf(amountMinor: number): Promise<Order & { customer: string }> {
  const customer = (await aCustomer(world)).id;
  const charge = await world.stripeAdmin<Row>("/charges", {
    amount: amountMinor,
    currency: "usd",
    customer,
  });
  return {
    id: String(charge.payment_intent),
    chargeIds: [String(charge.id)],
    total: amountMinor / 100,
    customer,
  };
}

async function slCustomersOf(stripeCustomer: string): Promise<Row[]> {
  const rows = await world.slRows("Customer");
  return rows.filter((row) => trimmed(row.User1) === stripeCustomer);
}

test.each([
  ["nothing", 0],
  ["less than nothing", -500],
  ["a million millions of cents", 10 ** 12],
] as const)("a charge of %s parks before SL holds anything of it", async (_name, amountMinor) => {
  const order = await chargeOf(amountMinor);

  const parked = await expectParkedUnbooked(world, order, "mapping.amount_out_of_range");

  expect(String(parked.reason)).toContain(order.total.toFixed(2));
  expect(await slCustomersOf(order.customer)).toEqual([]);
});

test.each([
  ["one cent", 1],
  ["an amount that no float holds", 110_000_000_03],
  ["the largest amount, to the cent", 10 ** 12 - 1],
] as const)("a charge of %s is booked to the cent", async (_name, amountMinor) => {
  const order = await chargeOf(amountMinor);

  await expectBookedOnce(world, order);
});

test.each([
  ["jpy", 5_000, 0],
  ["kwd", 10_500, 3],
  ["isk", 50_000, 2],
  ["ugx", 1_000_000, 2],
  ["eur", 4_999, 2],
] as const)("a charge in %s parks on a dollar pair and names both currencies", async (...row) => {
  const [currency, amountMinor, decimals] = row;
  const customer = (await aCustomer(world)).id;
  const order = await pay(world, amountMinor, { currency, decimals, customer });

  const parked = await expectParkedUnbooked(world, order, "mapping.currency_unsupported");

  expect(String(parked.reason)).toContain(currency.toUpperCase());
  expect(String(parked.reason)).toContain("USD");
  expect(await slCustomersOf(customer)).toEqual([]);
});

test("a parked charge that a person books by hand is dismissed and stays so", async () => {
  const order = await pay(world, 700, { currency: "jpy", decimals: 0 });
  const parked = await expectParkedUnbooked(world, order, "mapping.currency_unsupported");
  await decide(world, parked, "dismiss", { reason: "booked by hand as IN 004711" });

  await world.stripe.paymentIntents.update(order.id, { description: "touched" });
  const charge = await world.stripe.charges.update(order.chargeIds[0] ?? "", {
    metadata: { note: "touched too" },
  });
  await until("the news to arrive", async () => {
    const news = "select 1 from event where lane_key = $1 and type = 'charge.updated'";
    return (await world.sql(news, [order.id])).length === 1;
  });
  await untilQuiet(world, order.id);

  expect(charge.metadata.note).toBe("touched too");
  expect(await openlyParked(world, order.id)).toEqual([]);
  const ends = await world.sql("select distinct end_state from event where lane_key = $1", [
    order.id,
  ]);
  expect(ends).toEqual([{ end_state: "not_applicable" }]);
});

test("a charge that Stripe settles in another currency leaves no open invoice behind", async () => {
  await world.stripeAdmin("/settings", { settlementCurrencies: ["eur"] });
  const customer = (await aCustomer(world)).id;
  const order = await pay(world, 4_200, { customer });

  await expectParkedUnbooked(world, order, "mapping.currency_unsupported");

  await world.stripeAdmin("/settings", { settlementCurrencies: ["usd"] });
  expect(await documentsOf(world, [order.id, ...order.chargeIds])).toEqual([]);
  expect(await slCustomersOf(customer)).toEqual([]);
});

test("a partial capture is booked once with what was captured", async () => {
  const { stripe } = world;
  const customer = (await aCustomer(world)).id;
  const intent = await stripe.paymentIntents.create({
    amount: 12_000,
    currency: "usd",
    customer,
    payment_method: "pm_card_visa",
    automatic_payment_methods: { enabled: true, allow_redirects: "never" },
    confirm: true,
    capture_method: "manual",
  });
  await stripe.paymentIntents.capture(intent.id, { amount_to_capture: 1 });
  const chargeId = String(intent.latest_charge);

  await expectBookedOnce(world, { id: intent.id, chargeIds: [chargeId], total: 0.01 });

  const owned = await world.sql(
    `select count(*)::int as count, count(distinct row_id)::int as rows from row_owner o
     join intent i on i.pair = o.pair and i.key = o.intent_key where i.object = $1`,
    [chargeId],
  );
  expect(owned).toEqual([{ count: 2, rows: 2 }]);
});
