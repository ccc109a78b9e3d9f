import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import {
  documentsOf,
  expectBookedOnce,
  expectParked,
  expectParkedUnbooked,
  openlyParked,
  resume,
  untilQuiet,
} from "./books.ts";
import { aCustomer, anOpenInvoice, type Order, pay, payPart } from "./orders.ts";
import { skipDelay } from "./time-passes.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(async () => {
  await world.close();
});

afterEach(async () => {
  vi.useRealTimers();
  await world.slAdmin("/faults", undefined, "DELETE");
  await world.stripeAdmin("/webhooks", { pause: false });
});

const DAY_MS = 86_400_000;
const word = (slipway_sync: string) => ({ metadata: { slipway_sync } });

/** An order whose PaymentIntent alone says the word: Stripe has made the charge before. */
async function payWithWordOnIntent(amount: number, said: string): Promise<Order> {
  await world.stripeAdmin("/webhooks", { pause: true });
  const order = await pay(world, amount);
  await world.stripe.paymentIntents.update(order.id, word(said));
  await world.stripeAdmin("/webhooks", { pause: false });
  return order;
}

async function customersMadeFor(order: Order): Promise<number> {
  const { customer } = await world.stripe.paymentIntents.retrieve(order.id);
  const customers = await world.slRows("Customer");
  return customers.filter((row) => String(row.User1).trim() === customer).length;
}

async function newestRun(order: Order): Promise<Row> {
  const { rows } = await world.api<{ rows: Row[] }>(`/api/runs?lane=${order.id}&limit=1`);
  return rows[0] ?? {};
}

test("an order on hold waits with its reason, and is booked when the word is gone", async () => {
  const order = await pay(world, 1_000, word("hold"));
  const [chargeId = ""] = order.chargeIds;
  const waiting = await world.ended(order.id, ["waiting"]);
  const story = await world.api<{ lanes: Row[] }>(`/api/trace/${order.id}`);
  const before = [await documentsOf(world, [order.id, chargeId]), await customersMadeFor(order)];

  await world.stripe.paymentIntents.update(order.id, word(""));
  await world.stripe.charges.update(chargeId, word(""));

  await expectBookedOnce(world, order);
  expect(before).toEqual([[], 0]);
  expect(String(waiting.reason)).toContain(`slipway_sync of ${chargeId} is "hold"`);
  expect(JSON.stringify(story)).toContain(String(waiting.reason).replaceAll('"', '\\"'));
});

test("a hold of a PaymentIntent, of which Stripe tells nothing, is found by looking", async () => {
  const order = await payWithWordOnIntent(1_100, "hold");
  const waiting = await world.ended(order.id, ["waiting"]);

  await world.stripe.paymentIntents.update(order.id, word(""));
  await until("the next look", async () => {
    await skipDelay(world, order);
    return (await newestRun(order)).outcome === "booked";
  });

  await expectBookedOnce(world, order);
  expect(String(waiting.reason)).toContain(order.id);
});

test("a hold that was forgotten parks after thirty days, and is booked by a resume", async () => {
  const order = await payWithWordOnIntent(1_200, "hold");
  await world.ended(order.id, ["waiting"]);

  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 31 * DAY_MS });
  await skipDelay(world, order);
  const parked = await expectParkedUnbooked(world, order, "mapping.sync_held");
  vi.useRealTimers();
  await world.stripe.paymentIntents.update(order.id, word(""));
  await resume(world, order);

  expect(String(parked.cure)).toContain("slipway_sync");
  await expectBookedOnce(world, order);
});

test("a skipped order ends as not applicable and says who said so", async () => {
  const order = await payWithWordOnIntent(1_300, "Skip ");

  const run = await world.ended(order.id, ["not_applicable"]);
  await untilQuiet(world, order.id);

  expect(String(run.reason)).toContain(`slipway_sync of ${order.id} is "skip"`);
  expect(String(run.reason)).toContain(order.chargeIds[0]);
  expect(await documentsOf(world, [order.id, ...order.chargeIds])).toEqual([]);
  expect(await customersMadeFor(order)).toBe(0);
  expect(await openlyParked(world, order.id)).toEqual([]);
  const ends = await world.sql("select distinct end_state from event where lane_key = $1", [
    order.id,
  ]);
  expect(ends).toEqual([{ end_state: "not_applicable" }]);
});

test("orders of a skipped customer are skipped, and one that is forced is booked", async () => {
  const customer = (await aCustomer(world, word("skip"))).id;

  const skipped = await pay(world, 1_400, { customer });
  const run = await world.ended(skipped.id, ["not_applicable"]);
  const forced = await pay(world, 1_401, { customer, ...word("force") });

  expect(String(run.reason)).toContain(customer);
  await expectBookedOnce(world, forced);
  expect(await documentsOf(world, [skipped.id])).toEqual([]);
});

test("an invoice that is skipped is left alone with all its payments", async () => {
  const id = await anOpenInvoice(world, 5_000);
  await world.stripe.invoices.update(id, word("skip"));

  const charges = [await payPart(world, id, 2_000), await payPart(world, id, 3_000)];
  await world.ended(id, ["not_applicable"]);
  await untilQuiet(world, id);

  expect(await documentsOf(world, [id, ...charges])).toEqual([]);
});

test("a word that the hub does not know parks until it is mended", async () => {
  const order = await pay(world, 1_500, word("on ice"));

  const parked = await expectParkedUnbooked(world, order, "mapping.sync_word");
  await world.stripe.charges.update(order.chargeIds[0] ?? "", word("force"));
  await resume(world, order);

  expect(String(parked.reason)).toContain(`of ${order.chargeIds[0]} is "on ice"`);
  expect(String(parked.cure)).toContain("hold, skip or force");
  await expectBookedOnce(world, order);
});

test("a word that comes after the booking changes nothing", async () => {
  const order = await pay(world, 1_600);
  await expectBookedOnce(world, order);

  await world.stripe.charges.update(order.chargeIds[0] ?? "", word("skip"));
  await until("the word to be looked at", async () => {
    const [row] = await world.sql(
      "select count(*) as n from event where lane_key = $1 and type = 'charge.updated'",
      [order.id],
    );
    return Number(row?.n) > 0;
  });

  await expectBookedOnce(world, order);
});

test("an order that is half in SL cannot be skipped any more", async () => {
  const match = { service: "invoiceAndMemo", actionType: "RELEASENOW" };
  const effect = { kind: "refuse", message: "Not today" };
  await world.slAdmin("/faults", { match, effect, times: null });
  const order = await pay(world, 1_700);
  await expectParked(world, order, "erp.refused");

  await world.stripe.charges.update(order.chargeIds[0] ?? "", word("skip"));
  const parked = await until("the word to park", async () => {
    const [row] = await openlyParked(world, order.id);
    return row?.code === "conflict.draft_changed" ? row : undefined;
  });
  await world.slAdmin("/faults", undefined, "DELETE");
  await world.stripe.charges.update(order.chargeIds[0] ?? "", word(""));

  expect(String(parked.reason)).toContain("invoice is begun in batch");
  await expectBookedOnce(world, order);
});

test("a payment that is skipped leaves the booked invoice open, and says so", async () => {
  const id = await anOpenInvoice(world, 5_000);
  const first = await payPart(world, id, 2_000);
  await world.ended(id, ["booked"]);
  await untilQuiet(world, id);

  await world.stripe.invoices.update(id, word("skip"));
  const second = await payPart(world, id, 3_000);
  const run = await world.ended(id, ["not_applicable"]);

  const documents = await documentsOf(world, [id, first, second]);
  expect(documents.map((row) => [row.Rlsed, row.OrigDocAmt, row.DocBal])).toEqual([
    [1, 50, 30],
    [1, 20, 0],
  ]);
  expect(String(run.reason)).toContain(`${second} is booked by nobody`);
  expect(String(run.reason)).toContain(`invoice ${String(documents[0]?.RefNbr).trim()} stays`);
});
