import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import {
  decide,
  documentsOf,
  expectBookedOnce,
  expectParked,
  openlyParked,
  trimmed,
  untilQuiet,
} from "./books.ts";
import { aCustomer, anOpenInvoice, type Order, pay, payPart } from "./orders.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(async () => {
  await world.close();
});

const CHANGED = "conflict.draft_changed";

/** 120.00 authorised, 80.00 of it captured and booked. */
async function aPartlyCapturedOrder(): Promise<Order> {
  const order = await pay(world, 12_000, { capture_method: "manual" });
  await world.stripe.paymentIntents.capture(order.id, { amount_to_capture: 8_000 });
  await world.ended(order.id, ["booked"]);
  await untilQuiet(world, order.id);
  return { ...order, total: 80 };
}

/** Stripe tells the hub once more of the order's charge. */
async function touch(order: Order): Promise<void> {
  await world.stripe.charges.update(order.chargeIds[0] ?? "", { description: "touched" });
}

async function runsOf(order: Order): Promise<Row[]> {
  return (await world.api<{ rows: Row[] }>(`/api/runs?lane=${order.id}`)).rows;
}

/** Waits until the lane is parked because booked money has changed. */
async function changedRow(lane: string): Promise<Row> {
  const row = await until("changed money to park", async () => {
    const [found] = await openlyParked(world, lane);
    return found?.code === CHANGED ? found : undefined;
  });
  await untilQuiet(world, lane);
  return row;
}

function refuseReleases(service: string): Promise<unknown> {
  const match = { service, actionType: "RELEASENOW" };
  const effect = { kind: "refuse", message: "Not today" };
  return world.slAdmin("/faults", { match, effect, times: null });
}

function amountsOf(documents: readonly Row[]): unknown[] {
  return documents.map((row) => [trimmed(row.DocType), row.Rlsed, row.OrigDocAmt]);
}

test("more money captured on a booked charge parks with both amounts", async () => {
  const order = await aPartlyCapturedOrder();
  const chargeId = order.chargeIds[0] ?? "";

  await world.stripeAdmin(`/charges/${chargeId}/capture-more`, { amount: 2_500 });
  const parked = await changedRow(order.id);

  const documents = await documentsOf(world, [order.id, chargeId]);
  expect(parked.facts).toMatchObject({
    object: order.id,
    refNbr: trimmed(documents[0]?.RefNbr),
    booked: "80.00 USD",
    now: "105.00 USD",
  });
  expect(String(parked.cure)).toContain("by hand");
  expect(amountsOf(documents)).toEqual([
    ["IN", 1, 80],
    ["PA", 1, 80],
  ]);
});

test("changed money that a person has booked by hand and dismissed stays dismissed", async () => {
  const order = await aPartlyCapturedOrder();
  await world.stripeAdmin(`/charges/${order.chargeIds[0]}/capture-more`, { amount: 2_500 });
  const parked = await changedRow(order.id);

  await decide(world, parked, "dismiss", { reason: "IN 004712 over 25.00" });
  await touch(order);
  await world.ended(order.id, ["not_applicable"]);
  await world.stripeAdmin(`/charges/${order.chargeIds[0]}/capture-more`, { amount: 500 });

  const again = await until("the third capture to park", async () => {
    const [row] = await openlyParked(world, order.id);
    return row;
  });
  expect(again).toMatchObject({ code: "conflict.dismissed" });
});

test("another balance row behind a booked payment parks and names the rows", async () => {
  const order = await aPartlyCapturedOrder();
  const row = { currency: "usd", type: "refund", reporting_category: "partial_capture_reversal" };
  const source = order.chargeIds[0];
  const { id } = await world.stripeAdmin<{ id: string }>("/balance_transactions", {
    ...row,
    source,
    amount: -500,
  });

  await touch(order);
  const parked = await changedRow(order.id);

  const { booked, now } = parked.facts as { booked: string; now: string };
  expect(booked).not.toContain(id);
  expect(now).toContain(`${id} -5.00 USD`);
  expect(now).toContain("120.00 USD");
});

test("an invoice whose first payment has changed books no second one", async () => {
  const id = await anOpenInvoice(world, 10_000);
  const first = await payPart(world, id, 4_000);
  await world.ended(id, ["booked"]);
  await untilQuiet(world, id);
  const key = "select key from intent where object = $1 and purpose = 'payment'";
  await world.sql(
    `update intent set draft = jsonb_set(draft, '{amount,minor}', '"3900"') where key = (${key})`,
    [first],
  );

  const second = await payPart(world, id, 6_000);
  const order = { id, chargeIds: [first, second], total: 100 };
  const parked = await changedRow(order.id);

  expect(parked.facts).toMatchObject({ object: first, booked: "39.00 USD", now: "40.00 USD" });
  expect(amountsOf(await documentsOf(world, [id, first, second]))).toEqual([
    ["IN", 1, 100],
    ["PA", 1, 40],
  ]);
});

test("a payment that was begun with another amount is finished and parks", async () => {
  const { stripe } = world;
  const id = await anOpenInvoice(world, 20_000);
  await refuseReleases("paymentApplication");
  const manual = { amount: 12_000, currency: "usd", capture_method: "manual" } as const;
  const part = await stripe.paymentIntents.create(manual);
  await stripe.invoices.attachPayment(id, { payment_intent: part.id });
  const held = await stripe.paymentIntents.confirm(part.id, { payment_method: "pm_card_visa" });
  const chargeId = String(held.latest_charge);
  await stripe.paymentIntents.capture(part.id, { amount_to_capture: 8_000 });
  await expectParked(world, { id, chargeIds: [chargeId], total: 200 }, "erp.refused");
  await world.slAdmin("/faults", undefined, "DELETE");

  await world.stripeAdmin(`/charges/${chargeId}/capture-more`, { amount: 1_000 });

  const parked = await changedRow(id);
  expect(parked.facts).toMatchObject({ object: chargeId, booked: "80.00 USD", now: "90.00 USD" });
  expect(amountsOf(await documentsOf(world, [id, chargeId]))).toEqual([
    ["IN", 1, 200],
    ["PA", 1, 80],
  ]);
});

test("an invoice that was begun with another amount is finished and not paid", async () => {
  await refuseReleases("invoiceAndMemo");
  const order = await pay(world, 12_000, { capture_method: "manual" });
  await world.stripe.paymentIntents.capture(order.id, { amount_to_capture: 8_000 });
  await expectParked(world, order, "erp.refused");
  await world.slAdmin("/faults", undefined, "DELETE");

  await world.stripeAdmin(`/charges/${order.chargeIds[0]}/capture-more`, { amount: 1_000 });

  const parked = await changedRow(order.id);
  expect(parked.facts).toMatchObject({ booked: "80.00 USD", now: "90.00 USD" });
  expect(amountsOf(await documentsOf(world, [order.id, ...order.chargeIds]))).toEqual([
    ["IN", 1, 80],
  ]);
});

test("texts, metadata and addresses that change later book and park nothing", async () => {
  const customer = await aCustomer(world);
  const order = await pay(world, 2_300, { customer: customer.id });
  await expectBookedOnce(world, order);
  const runs = (await runsOf(order)).length;
  await world.slAdmin("/calls", undefined, "DELETE");

  await world.stripe.customers.update(customer.id, {
    name: "Grace B. Hopper",
    address: { line1: "2 Navy Yard", city: "Arlington", country: "US" },
  });
  await world.stripe.paymentIntents.update(order.id, { metadata: { order_id: "SO-77" } });
  await touch(order);
  await until("the touch to be looked at", async () => (await runsOf(order)).length > runs);

  await expectBookedOnce(world, order);
  expect(JSON.stringify(await world.slAdmin("/calls"))).not.toContain("edit");
});
