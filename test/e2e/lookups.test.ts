import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { money } from "../../src/base/money.ts";
import { runCommand } from "../../src/cli/testing/run-command.ts";
import { createCtapiConnector } from "../../src/erp/ctapi/index.ts";
import { openWorld, WORLD_TOKEN, type World } from "../support/world.ts";
import { expectBookedOnce } from "./books.ts";
import { aCustomer, pay } from "./orders.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld({ "sl.call-limit": 1 });
});

afterEach(async () => {
  await world.slAdmin("/faults", undefined, "DELETE");
});

afterAll(async () => {
  await world.close();
});

type Answer = Readonly<{
  status: number;
  head: Readonly<{ age: string | null; cache: string | null; retry: string | null }>;
  body: Readonly<Record<string, unknown>>;
}>;

async function look(path: string): Promise<Answer> {
  const url = `${world.hubUrl()}/api/pairs/${world.pair}/sl/${path}`;
  const response = await fetch(url, { headers: { authorization: `Bearer ${WORLD_TOKEN}` } });
  const { headers } = response;
  return {
    status: response.status,
    head: {
      age: headers.get("age"),
      cache: headers.get("cache-control"),
      retry: headers.get("retry-after"),
    },
    body: (await response.json()) as Answer["body"],
  };
}

/** How often SL was asked for this since the calls were last forgotten. */
async function callsOf(operation: string): Promise<number> {
  const { recent } = await world.slAdmin<{ recent: { operation: string }[] }>("/calls");
  return recent.filter((call) => call.operation === operation).length;
}

async function aBookedCustomer() {
  const customer = await aCustomer(world);
  const order = await pay(world, 7_500, { customer: customer.id });
  const { customerId } = await expectBookedOnce(world, order);
  return { customer, order, customerId };
}

test("a customer is told by each of its names, with balance and credit", async () => {
  const { customer, customerId } = await aBookedCustomer();

  const [byId, byStripe, byEmail] = await Promise.all([
    look(`customers/${customerId}`),
    look(`customers/${customer.id}`),
    look(`customers?email=${customer.email}`),
  ]);

  const expected = { customerId, balance: "0.00", currency: "USD", creditStatus: "no-limit" };
  expect(byId).toMatchObject({ status: 200, body: { customer: expected } });
  expect(byStripe.body.customer).toEqual(byId.body.customer);
  expect(byEmail.body.customers).toEqual([byId.body.customer]);
});

test("an answer is remembered by its rule, and passed by on demand", async () => {
  const { customerId } = await aBookedCustomer();
  await look(`customers/${customerId}/invoices`);
  await world.slAdmin("/calls", undefined, "DELETE");

  const again = await look(`customers/${customerId}/invoices`);
  const remembered = await callsOf("getOpenInvoices");
  const fresh = await look(`customers/${customerId}/invoices?fresh=1`);

  expect(again).toMatchObject({
    head: { age: "0", cache: "private, max-age=15" },
    body: { isCached: true, invoices: [] },
  });
  expect(remembered).toBe(0);
  expect(fresh.body.isCached).toBe(false);
  expect(await callsOf("getOpenInvoices")).toBe(1);
});

test("what the hub books for a customer ends what was remembered of it", async () => {
  const { customer, customerId } = await aBookedCustomer();
  await look(`customers/${customerId}`);
  await expectBookedOnce(world, await pay(world, 8_800, { customer: customer.id }));

  const after = await look(`customers/${customerId}`);

  expect(after.body.isCached).toBe(false);
});

test("the documents of a Stripe object come with what is open in SL now", async () => {
  const { order } = await aBookedCustomer();

  const ofOrder = await look(`documents/${order.id}`);
  const ofCharge = await look(`documents/${order.chargeIds[0]}`);

  const expected = [
    { type: "IN", amount: "75.00", balance: "0.00", object: order.id },
    { type: "PA", amount: "75.00", balance: "0.00", object: order.chargeIds[0] },
  ];
  expect(ofOrder.body.documents).toMatchObject(expected);
  expect(ofCharge.body.documents).toMatchObject(expected.slice(1));
});

/** An order that somebody placed in SL, without the hub. */
async function anOrderInSl(customerId: string): Promise<string> {
  const { settings } = await world.api<{ settings: { sl: { url: string } } }>(
    `/api/pairs/${world.pair}`,
  );
  const { url: baseUrl } = settings.sl;
  const times = { callTimeoutMs: 10_000, readTimeoutMs: 10_000 };
  const sl = createCtapiConnector({ baseUrl, ...world.slCredentials, ...times });
  const { orderNumber } = await sl.orders.place({
    ...{ kind: "order", key: "A".repeat(26), stripeId: "pi_sl", customerId, type: "SO" },
    ...{ customerOrderNumber: "1001", orderDate: "2026-11-23", currency: "USD" },
    total: money(12_000, "USD"),
    lines: [
      {
        ...{ itemId: "WIDGET", quantity: "3", unitPrice: "40", description: "Widgets" },
        amount: money(12_000, "USD"),
      },
    ],
    ...{ charges: [], shipTo: undefined, shipVia: "", email: "", note: "", userFields: {} },
  });
  await sl.orders.liftHold(orderNumber);
  sl.close();
  return orderNumber;
}

test("an order is told with what was shipped of each line, and with its invoices", async () => {
  const { customerId } = await aBookedCustomer();
  const number = await anOrderInSl(customerId);
  const placed = await look(`orders/${number}`);
  const lines = [{ lineRef: "00001", quantity: 2 }];
  await world.slAdmin(`/orders/${number}/ship`, { lines });

  const shipped = await look(`orders/${number}?fresh=1`);
  const item = await look("items/WIDGET?fresh=1");

  const order = { orderNumber: number, customerId, total: "120.00", customerOrderNumber: "1001" };
  const open = { itemId: "WIDGET", ordered: "3" };
  expect(placed.body.order).toMatchObject({
    ...order,
    state: "open",
    lines: [{ ...open, shipped: "0" }],
    shipments: [],
  });
  expect(shipped.body.order).toMatchObject({
    lines: [{ ...open, shipped: "2" }],
    shipments: [{ total: "80.00", documentType: "IN", isCancelled: false }],
  });
  // Two have left, and one is promised.
  expect(item.body.item).toMatchObject({ onHand: [{ quantity: "498" }], available: "497" });
});

test("an SL that takes too long is told as that, and no run is behind it for long", async () => {
  const { customerId } = await aBookedCustomer();
  const match = { operation: "getCustomerByExactID" };
  await world.slAdmin("/faults", { match, effect: { kind: "latency", ms: 3_000 } });

  const late = await look(`customers/${customerId}?fresh=1&within=0.3`);
  const order = await pay(world, 9_100);

  expect(late).toMatchObject({ status: 504, body: { error: { code: "lookup.timeout" } } });
  expect(String((late.body.error as { message: string }).message)).toContain("within 0.3 s");
  await expectBookedOnce(world, order);
});

test("while the circuit is open nobody asks SL, and the answer says since when", async () => {
  await world.sql(
    `insert into pair_state (pair, circuit, circuit_failures, circuit_opened_at, probe_at)
     values ($1, 'open', 5, '2026-11-27T08:00:00Z', now() + interval '1 hour')
     on conflict (pair) do update set circuit = 'open', circuit_failures = 5,
       circuit_opened_at = excluded.circuit_opened_at, probe_at = excluded.probe_at`,
    [world.pair],
  );

  const refused = await look("items/WIDGET?fresh=1");
  await world.sql(
    `update pair_state set circuit = 'closed', circuit_failures = 0, circuit_opened_at = null,
       probe_at = null`,
  );

  expect(refused).toMatchObject({ status: 503, body: { error: { code: "lookup.unavailable" } } });
  expect(JSON.stringify(refused.body)).toContain("since 2026-11-27T08:00:00.000Z");
  expect(refused.head.retry).toBe("30");
});

test.each([
  ["a customer that SL lacks", "customers/NOBODY", 404, "lookup.not_found"],
  ["a Stripe customer that was never booked", "customers/cus_none", 404, "lookup.not_found"],
  ["an item that SL lacks", "items/NOTHING", 404, "lookup.not_found"],
  ["an order that SL lacks", "orders/O999999", 404, "lookup.not_found"],
  ["a Stripe object without documents", "documents/pi_none", 404, "lookup.not_found"],
  ["a time limit beyond the bound", "items/WIDGET?within=60", 422, "api.invalid"],
])("%s is told as that", async (_name, path, status, code) => {
  const answer = await look(path);

  expect(answer).toMatchObject({ status, body: { error: { code } } });
});

test("the command prints a customer and an item as people read them", async () => {
  const { customer, customerId } = await aBookedCustomer();
  const slipway = (...args: string[]) =>
    runCommand(["lookup", ...args, "--url", world.hubUrl(), "--token", WORLD_TOKEN]);

  const [shown, item] = await Promise.all([
    slipway("customer", world.pair, customer.id),
    slipway("item", world.pair, "WIDGET"),
  ]);

  expect(shown.out).toContain(`${customerId}  Grace Hopper  ${customer.email}\n`);
  expect(shown.out).toContain("credit    no-limit, limit none\n");
  expect(item.out).toMatch(/^WIDGET {2}.+\nprice {5}[\d.]+ USD for 1 EA\non hand {3}\d+ at A-01/);
});
