import { Pool } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { CATALOG, DomainEventEnvelope, type DomainEventType } from "../../src/hub-events/index.ts";
import { pausePair, resumePair } from "../../src/lanes/index.ts";
import { openReceiver, type Receiver } from "../../src/subscribers/testing/receiver.ts";
import { until } from "../support/wait.ts";
import { openWorld, WORLD_TOKEN, type World } from "../support/world.ts";
import { decide, expectBookedOnce, expectParkedUnbooked, openlyParked, resume } from "./books.ts";
import { aCustomer, aPrice, checkOut, pay } from "./orders.ts";
import { probeNow, skipDelay } from "./time-passes.ts";

let world: World;
let receiver: Receiver;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(async () => {
  await world.close();
});

beforeEach(async () => {
  receiver = await openReceiver();
  const body = { id: "books", url: receiver.url };
  await world.api("/api/subscribers", { method: "POST", body });
});

afterEach(async () => {
  await world.api("/api/subscribers/books", { method: "DELETE", body: {} });
  await receiver.close();
});

const events = () => receiver.received.map(({ event }) => event);
const typesOf = (key: string) =>
  events()
    .filter((event) => event.key === key)
    .map(({ type }) => type);

function untilTold(type: DomainEventType, key: string) {
  return until(`${type} of ${key}`, () =>
    events().find((event) => event.type === type && event.key === key),
  );
}

/** Everything that was told so far is as the catalog says it. */
function expectAsWritten(): void {
  for (const event of events()) {
    DomainEventEnvelope.strict().parse(event);
    CATALOG[event.type].schema.strict().parse(event.data);
    expect(event.version).toBe(CATALOG[event.type].version);
  }
}

test("an order tells of its documents and its customer, and then of itself", async () => {
  const customer = await aCustomer(world);
  const order = await pay(world, 10_825, { customer: customer.id });
  const books = await expectBookedOnce(world, order);

  const booked = await untilTold("order.booked", order.id);
  const linked = await untilTold("customer.linked", customer.id);

  expect(typesOf(order.id)).toEqual([
    "document.booked",
    "document.booked",
    "payment.applied",
    "metadata.written",
    "metadata.written",
    "order.booked",
  ]);
  expect(linked.data).toEqual({
    object: customer.id,
    customerId: books.customerId,
    how: "created",
  });
  const told = (booked.data.documents as { purpose: string }[]).map(({ purpose }) => purpose);
  expect(told).toEqual(["invoice", "payment"]);
  const applied = events().find(({ type }) => type === "payment.applied");
  expect(applied?.data).toMatchObject({ currency: "USD", applications: [{ amount: "108.25" }] });
  expectAsWritten();
});

test("a later event of a booked order tells nothing again", async () => {
  const order = await pay(world, 4_100);
  await untilTold("order.booked", order.id);

  await world.stripe.charges.update(String(order.chargeIds[0]), { description: "a new text" });
  await until("the run that finds nothing new", async () => {
    const runs = await world.sql("select reason from run where lane_key = $1", [order.id]);
    return runs.some(({ reason }) => String(reason).startsWith("nothing new"));
  });
  const next = await pay(world, 4_200);
  await untilTold("order.booked", next.id);

  expect(typesOf(order.id).filter((type) => type === "order.booked")).toHaveLength(1);
});

test("a parked order tells why, and that a person let it go on or closed it", async () => {
  const price = await aPrice(world, 1_500, { name: "Nobody has mapped this" });
  const sale = () => checkOut(world, { line_items: [{ quantity: 1, price }] });
  const mended = await sale();
  await expectParkedUnbooked(world, mended, "mapping.product_unmapped");
  const dismissed = await sale();
  await expectParkedUnbooked(world, dismissed, "mapping.product_unmapped");
  const parked = await untilTold("document.parked", mended.id);

  const [open = {}] = await openlyParked(world, dismissed.id);
  await decide(world, open, "dismiss", { reason: "a gift", by: "eva" });
  const { product } = await world.stripe.prices.retrieve(price);
  await world.stripe.products.update(String(product), { metadata: { InvtID: "TSHIRT" } });
  await resume(world, mended);

  await untilTold("order.booked", mended.id);
  const closed = await untilTold("document.dismissed", dismissed.id);
  expect(parked.data).toMatchObject({ code: "mapping.product_unmapped", version: 1 });
  expect(String(parked.data.money)).toContain("15.00 USD");
  expect(closed.data).toEqual({ case: String(open.id), by: "eva", comment: "a gift" });
  expect(typesOf(mended.id).slice(0, 2)).toEqual(["document.parked", "document.resumed"]);
  expectAsWritten();
});

test("an outage of SL and a pause of the pair are told once, and their ends", async () => {
  await world.stopSl();
  const orders = await Promise.all([0, 1, 2].map((more) => pay(world, 6_000 + more)));
  const isOpen = () => events().some(({ type }) => type === "pair.sl_unreachable");
  await until("the outage to be told", async () => {
    for (const order of orders) await skipDelay(world, order);
    return isOpen();
  });
  await world.startSl();
  await until("its end to be told", async () => {
    await probeNow(world);
    for (const order of orders) await skipDelay(world, order);
    return events().some(({ type }) => type === "pair.sl_reachable");
  });
  const pool = new Pool({ connectionString: world.databaseUrl, max: 1 });
  await pausePair(pool, world.pair, "erp.auth", "SL refused the user");
  await pausePair(pool, world.pair, "erp.auth", "SL refused the user");
  await resumePair(pool, world.pair, "erp.auth");
  await pool.end();

  await untilTold("pair.resumed", "pair");

  expect(typesOf("pair")).toEqual([
    "pair.sl_unreachable",
    "pair.sl_reachable",
    "pair.paused",
    "pair.resumed",
  ]);
  expectAsWritten();
});

test("a receiver that is gone is told of by doctor, metrics and an event", async () => {
  const gone = await openReceiver();
  gone.answerWith(() => 410);
  const body = { id: "gone", url: gone.url, types: ["order.booked"] };
  await world.api("/api/subscribers", { method: "POST", body });
  await pay(world, 5_300);

  const notice = await untilTold("subscriber.disabled", "subscriber:gone");
  const { checks } = await world.api<{ checks: object[] }>("/api/doctor", {
    method: "POST",
    body: {},
  });
  const metrics = await fetch(`${world.hubUrl()}/metrics`, {
    headers: { authorization: `Bearer ${WORLD_TOKEN}` },
  });
  await world.api("/api/subscribers/gone", { method: "DELETE", body: {} });
  await gone.close();

  expect(notice).toMatchObject({ pair: null, data: { reason: "it answered 410 Gone" } });
  const warning = { name: "subscriber-gone", state: "warning" };
  expect(checks).toContainEqual(expect.objectContaining(warning));
  expect(await metrics.text()).toContain('slipway_subscriber_disabled{subscriber="gone"} 1');
});

test("a sales order tells that it is placed, paid, and applied as it is shipped", async () => {
  await world.set("order.charges", { tax: "TAX", shipping: "SHIPPING", rounding: "ROUNDING" });
  await world.set("mode", "sales-order");
  const price = await aPrice(world, 4_000, { name: "Widget", metadata: { InvtID: "WIDGET" } });
  const sale = await checkOut(world, { line_items: [{ quantity: 2, price }] });
  const placed = await untilTold("order.placed", sale.id);
  await untilTold("metadata.written", sale.id);
  const number = String(placed.data.orderNumber);

  await world.slAdmin(`/orders/${number}/ship`, {});
  await world.api(`/api/orders/${number}/look`, { method: "POST", body: {} });

  const applied = await untilTold("payment.applied", sale.id);
  const looked = await world.api<{ order: Record<string, unknown> }>(
    `/api/pairs/${world.pair}/sl/orders/${sale.id}`,
  );
  expect(placed.data).toMatchObject({ object: sale.id, total: "80.00", currency: "USD" });
  expect(applied.data).toMatchObject({
    payment: { type: "PP" },
    applications: [{ type: "IN", amount: "80.00" }],
  });
  expect(looked.order).toMatchObject({ orderNumber: number, total: "80.00" });
  expectAsWritten();
});
