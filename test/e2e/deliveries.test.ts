import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import {
  documentsOf,
  expectBookedOnce,
  openlyParked,
  slWrites,
  trimmed,
  untilQuiet,
} from "./books.ts";
import { aCustomer, aPrice, checkOut, type Order, PAID_AT_ONCE, pay } from "./orders.ts";

const CLI = fileURLToPath(new URL("../../node_modules/.bin/stripe", import.meta.url));
const run = promisify(execFile);

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(async () => {
  await world.close();
});

beforeEach(async () => {
  const usual = { pause: false, doubleProbability: 0, shuffleBuffer: 0, thin: false, lateMs: 0 };
  await world.stripeAdmin("/webhooks", usual);
});

async function eventTypesOf(order: Order): Promise<string[]> {
  const rows = await world.sql("select type from event where lane_key = $1", [order.id]);
  return rows.map((row) => String(row.type)).sort();
}

/** An event of the order's charge, as Stripe would have made it. */
async function chargeEvent(order: Order, type: string): Promise<Row> {
  const { data } = await world.stripe.events.list({ limit: 100, type: "charge.succeeded" });
  const found = data.find(
    (event) => (event.data.object as { id: string }).id === order.chargeIds[0],
  );
  return { ...(found as unknown as Row), id: `evt_${type.replaceAll(".", "")}${order.id}`, type };
}

/** An event that Stripe has made of an object, sent again as one of another type. */
async function anEventOf(madeAs: string, objectId: string, type: string): Promise<Row> {
  const { data } = await world.stripe.events.list({ limit: 100, type: madeAs });
  const found = data.find((event) => (event.data.object as { id: string }).id === objectId);
  return { ...(found as unknown as Row), id: `evt_${type.replaceAll(".", "")}${objectId}`, type };
}

async function runsOf(order: Order): Promise<number> {
  return (await world.sql("select 1 from run where lane_key = $1", [order.id])).length;
}

/** How many writes the hub has sent to Stripe for the order. */
async function updatesAtStripe(order: Order): Promise<number> {
  const rows = await world.sql(
    `select 1 from attempt a join intent i on i.pair = a.pair and i.key = a.key
     where i.lane_key = $1 and i.purpose = 'writeback'`,
    [order.id],
  );
  return rows.length;
}

async function inject(event: Row, times = 1): Promise<readonly number[]> {
  const body = { endpoint: world.endpointId, event, times };
  return (await world.stripeAdmin<{ statuses: number[] }>("/inject", body)).statuses;
}

/** The event with other fields in its object: signed all the same, as a forger with the secret. */
function lying(event: Row, lies: Row): Row {
  const told = (event.data as { object: Row }).object;
  return { ...event, data: { object: { ...told, ...lies } } };
}

test("a charge that five types of event speak of is booked once", async () => {
  const price = await aPrice(world, 1_999);
  const order = await checkOut(world, { line_items: [{ quantity: 1, price }] });
  await world.stripe.charges.update(order.chargeIds[0] ?? "", { description: "touched" });
  await inject(await chargeEvent(order, "charge.captured"));

  await until("five types of event", async () => (await eventTypesOf(order)).length === 5);
  await expectBookedOnce(world, order);

  expect(await eventTypesOf(order)).toEqual([
    "charge.captured",
    "charge.succeeded",
    "charge.updated",
    "checkout.session.completed",
    "payment_intent.succeeded",
  ]);
});

test("an event that arrives twenty times at once is one event and one booking", async () => {
  await world.stripeAdmin("/webhooks", { pause: true });
  const order = await pay(world, 1_100);
  const event = await chargeEvent(order, "charge.succeeded");

  const statuses = await inject(event, 20);

  expect(statuses).toEqual(Array.from({ length: 20 }, () => 200));
  await expectBookedOnce(world, order);
  expect(await eventTypesOf(order)).toEqual(["charge.succeeded"]);
  await world.stripeAdmin("/webhooks", { pause: false });
  await until("the held events", async () => (await eventTypesOf(order)).length > 1);
  await expectBookedOnce(world, order);
});

test("a later event of a booked order says that it booked nothing new", async () => {
  const order = await pay(world, 1_120);
  const { invoice } = await expectBookedOnce(world, order);
  await world.stripe.charges.update(order.chargeIds[0] ?? "", { description: "touched" });
  await until("the touch", async () => (await eventTypesOf(order)).includes("charge.updated"));
  await untilQuiet(world, order.id);

  const { rows: runs } = await world.api<{ rows: Row[] }>(`/api/runs?lane=${order.id}`);
  const { story } = await world.api<{ story: Row[] }>(`/api/trace/${order.id}`);
  const ends = await world.sql(
    "select end_state, end_reason from event where lane_key = $1 order by seq",
    [order.id],
  );

  const already = `nothing new: already booked as invoice ${trimmed(invoice.RefNbr)}, payment `;
  const [newest] = runs;
  expect(newest?.outcome).toBe("booked");
  expect(newest?.reason).toContain(already);
  expect(runs.filter((run) => String(run.reason).startsWith("invoice "))).toHaveLength(1);
  expect(ends.at(-1)?.end_state).toBe("booked");
  expect(ends.at(-1)?.end_reason).toContain(already);
  const texts = story.map((line) => String(line.text));
  expect(texts).toContainEqual(expect.stringContaining(`run ${newest?.id} found ${already}`));
});

test("an event that lies about its money books what Stripe itself says", async () => {
  await world.stripeAdmin("/webhooks", { pause: true });
  const order = await pay(world, 1_150);
  const lies = { amount: 99_900, amount_captured: 99_900, currency: "eur", customer: "cus_other" };

  await inject(lying(await chargeEvent(order, "charge.succeeded"), lies));

  const { invoice } = await expectBookedOnce(world, order);
  expect(invoice).toMatchObject({ OrigDocAmt: 11.5, CuryOrigDocAmt: 11.5, CuryId: "USD" });
  expect(await eventTypesOf(order)).toEqual(["charge.succeeded"]);
});

test("an event that says captured books nothing of what is only authorised", async () => {
  await world.stripeAdmin("/webhooks", { pause: true });
  const order = await pay(world, 1_160, { capture_method: "manual" });
  const lies = { captured: true, amount_captured: 1_160, status: "succeeded", paid: true };

  await inject(lying(await chargeEvent(order, "charge.succeeded"), lies));
  const run = await world.ended(order.id);

  expect(run.outcome).toBe("not_applicable");
  expect(String(run.reason)).toContain("authorised, not captured");
  expect(await documentsOf(world, [order.id, ...order.chargeIds])).toEqual([]);
});

test("orders whose events come doubled, late and shuffled are booked once each", async () => {
  const hostile = { doubleProbability: 1, shuffleBuffer: 24, shuffleFlushMs: 200, lateMs: 50 };
  await world.stripeAdmin("/webhooks", { ...hostile, seed: 7 });
  const customer = (await aCustomer(world)).id;
  const known = [0, 1, 2].map((more) => pay(world, 1_200 + more, { customer }));
  const fresh = [3, 4, 5].map((more) => pay(world, 1_200 + more));

  const orders = await Promise.all([...known, ...fresh]);

  for (const order of orders) await expectBookedOnce(world, order);
});

test("two events in one second, of equal payments of one buyer, are two orders", async () => {
  const customer = (await aCustomer(world)).id;

  const [first, second] = await Promise.all([
    pay(world, 1_300, { customer }),
    pay(world, 1_300, { customer }),
  ]);

  await expectBookedOnce(world, first);
  await expectBookedOnce(world, second);
  expect(await documentsOf(world, [first.id, second.id])).toHaveLength(2);
});

test("events of an order that is booked already change nothing, days later too", async () => {
  const order = await pay(world, 1_350);
  await expectBookedOnce(world, order);
  const before = (await world.slRows("ARDoc")).length;
  await world.sql("update lane set updated_at = now() - interval '3 days' where key = $1", [
    order.id,
  ]);

  await inject(await chargeEvent(order, "charge.captured"));
  await until("the late event", async () =>
    (await eventTypesOf(order)).includes("charge.captured"),
  );

  await expectBookedOnce(world, order);
  expect(await world.slRows("ARDoc")).toHaveLength(before);
});

test("the events of our own write-back write nothing more to SL or Stripe", async () => {
  await world.slAdmin("/calls", undefined, "DELETE");
  const order = await pay(world, 1_375);
  const [chargeId = ""] = order.chargeIds;
  await expectBookedOnce(world, order);
  const { customer } = await world.stripe.charges.retrieve(chargeId);
  const written = await slWrites(world);
  const updates = await updatesAtStripe(order);
  const runs = await runsOf(order);

  // Stripe tells of a changed charge and customer, as it does after metadata was written to them.
  const echoes = [
    await chargeEvent(order, "charge.updated"),
    await anEventOf("customer.created", String(customer), "customer.updated"),
    await anEventOf("payment_intent.succeeded", order.id, "payment_intent.updated"),
  ];
  for (const echo of echoes) await inject(echo);
  await until("the run of the echo", async () => (await runsOf(order)) > runs);
  await untilQuiet(world, order.id);

  // The customer's event has a lane of its own.
  const stored = await until("the echoes to have their end", async () => {
    const events = await world.sql(
      "select type, end_state from event where stripe_event_id = any ($1) order by type",
      [echoes.map((echo) => echo.id)],
    );
    return events.every(({ end_state }) => end_state !== null) ? events : undefined;
  });
  expect(stored).toEqual([
    { type: "charge.updated", end_state: "booked" },
    { type: "customer.updated", end_state: "not_applicable" },
    { type: "payment_intent.updated", end_state: "not_applicable" },
  ]);
  expect(written.length).toBeGreaterThanOrEqual(6);
  expect(await slWrites(world)).toEqual(written);
  expect(updates).toBeGreaterThan(0);
  expect(await updatesAtStripe(order)).toBe(updates);
  await expectBookedOnce(world, order);
});

test.each(["2020-08-27", "2023-08-16"])(
  "events in the shape of %s are read again at the pinned version",
  async (version) => {
    const old = await world.stripe.webhookEndpoints.create({
      url: `${world.hubUrl()}/webhooks/stripe/${world.pair}`,
      enabled_events: ["*"],
      api_version: version as "2023-08-16",
    });
    await trustAllEndpoints();
    await world.stripe.webhookEndpoints.update(world.endpointId, { disabled: true });

    const bare = await pay(world, 1_400);
    const invoice = await paidInvoice();

    await expectBookedOnce(world, bare);
    await expectBookedOnce(world, invoice);
    const versions = await world.sql(
      "select distinct api_version from event where lane_key in ($1, $2)",
      [bare.id, invoice.id],
    );
    expect(versions).toEqual([{ api_version: version }]);
    await world.stripe.webhookEndpoints.del(old.id);
    await world.stripe.webhookEndpoints.update(world.endpointId, { disabled: false });
  },
);

test("thin events are parked with the cure, and a rebuild books what they announced", async () => {
  await world.stripeAdmin("/webhooks", { thin: true });
  const order = await pay(world, 1_500);
  const parked = await until("a thin event to be parked", async () => {
    const { rows } = await world.api<{ rows: Row[] }>("/api/parked?state=open&category=config");
    return rows[0];
  });
  await world.stripeAdmin("/webhooks", { thin: false });

  const since = new Date(Date.now() - 86_400_000).toISOString();
  await world.api("/api/rebuild", { method: "POST", body: { pair: world.pair, since } });
  await world.ended(order.id, ["booked"]);
  await untilQuiet(world, order.id);

  expect(parked).toMatchObject({ code: "config.thin_event" });
  expect(String(parked.cure)).toContain("snapshot");
  expect(await documentsOf(world, [order.id, ...order.chargeIds])).toHaveLength(2);
});

test("a payment that Stripe's own CLI triggers ends as a booked order", async () => {
  await world.set("customer.fallback", "WEBSHOP");
  const known = new Set((await world.stripeRows("payment_intent")).map((row) => row.id));
  const home = mkdtempSync(join(tmpdir(), "stripe-cli-"));
  const flags = ["--api-base", world.stripeUrl, "--api-key", world.secretKey];

  const { stdout } = await run(CLI, ["trigger", "payment_intent.succeeded", ...flags], {
    env: { ...process.env, HOME: home, XDG_CONFIG_HOME: home, STRIPE_CLI_TELEMETRY_OPTOUT: "1" },
  });

  rmSync(home, { recursive: true, force: true });
  expect(stdout).toContain("Trigger succeeded");
  const [made] = (await world.stripeRows("payment_intent")).filter((row) => !known.has(row.id));
  const order = {
    id: String(made?.id),
    chargeIds: [String(made?.latest_charge)],
    total: Number(made?.amount) / 100,
  };
  const { customerId } = await expectBookedOnce(world, order);
  expect(customerId).toBe("WEBSHOP");
  expect(await openlyParked(world, order.id)).toEqual([]);
});

/** The hub takes what any endpoint of the account has signed. */
async function trustAllEndpoints(): Promise<void> {
  const endpoints = await world.stripeRows("webhook_endpoint");
  const value = endpoints.flatMap((row) =>
    (row.secrets as { secret: string }[]).map(({ secret }) => secret),
  );
  await world.set("stripe.webhook-secrets", value);
}

async function paidInvoice(): Promise<Order> {
  const customer = await aCustomer(world);
  const invoice = await world.stripe.invoices.create({ customer: customer.id });
  const id = invoice.id ?? "";
  const metadata = { InvtID: "TSHIRT" };
  const product = await world.stripe.products.create({ name: "Shirt", metadata });
  const price_data = { currency: "usd", unit_amount: 2_500, product: product.id };
  await world.stripe.invoices.addLines(id, { lines: [{ quantity: 1, price_data }] });
  await world.stripe.invoices.pay(id, { payment_method: PAID_AT_ONCE.payment_method });
  const payments = await world.stripe.invoicePayments.list({
    invoice: id,
    expand: ["data.payment.payment_intent"],
  });
  const intent = payments.data[0]?.payment.payment_intent;
  const charge = typeof intent === "object" ? String(intent.latest_charge) : "";
  return { id, chargeIds: [charge], total: 25 };
}
