import { expect, it } from "vitest";
import {
  openReceiver,
  openWorkbench,
  pay,
  type Received,
  refusal,
  subscribe,
  until,
} from "./workbench.ts";

async function openHooked(more = {}) {
  const bench = await openWorkbench();
  const receiver = await openReceiver();
  const endpoint = await subscribe(bench.stripe, receiver, more);
  return { ...bench, receiver, endpoint };
}

const typesOf = (got: readonly Received[]) => got.map((one) => one.type);

it("each delivery carries a signature that the SDK accepts", async () => {
  const { stripe, receiver, endpoint } = await openHooked();

  await pay(stripe);

  await until("three deliveries", () => receiver.got.length === 3);
  const events = receiver.got.map((one) =>
    stripe.webhooks.constructEvent(one.body, one.signature, endpoint.secret),
  );
  expect(events.map((event) => event.type).toSorted()).toEqual([
    "charge.succeeded",
    "payment_intent.created",
    "payment_intent.succeeded",
  ]);
  expect(events[0]?.pending_webhooks).toBe(1);
});

it("an endpoint gets only the events it asked for", async () => {
  const { stripe, receiver } = await openHooked({ enabled_events: ["charge.succeeded"] });

  await pay(stripe);

  await until("a delivery", () => receiver.got.length > 0);
  expect(typesOf(receiver.got)).toEqual(["charge.succeeded"]);
});

it("a refused delivery comes again, signed anew, until it is taken", async () => {
  const { stripe, admin, receiver, endpoint } = await openHooked();
  await admin("/webhooks", { firstRetryMs: 1100 });
  receiver.answers = [500, 302];

  await stripe.customers.create();

  await until("three attempts", () => receiver.got.length === 3);
  const bodies = new Set(receiver.got.map((one) => one.id));
  const signatures = new Set(receiver.got.map((one) => one.signature));
  expect([bodies.size, signatures.size]).toEqual([1, 3]);
  for (const { body, signature } of receiver.got) {
    stripe.webhooks.constructEvent(body, signature, endpoint.secret);
  }
  const [first, second, third] = receiver.got.map((one) => one.atMs);
  expect((third ?? 0) - (second ?? 0)).toBeGreaterThan((second ?? 0) - (first ?? 0));
});

it("retries follow the sandbox clock and end after the last one", async () => {
  const { stripe, admin, receiver, rows } = await openHooked();
  await admin("/webhooks", { firstRetryMs: 3_600_000, retriesMax: 2 });
  receiver.answers = [500, 500, 500, 500];
  await stripe.customers.create();

  for (const attempts of [1, 2, 3]) {
    await until("an attempt", () => receiver.got.length === attempts);
    await settled(admin);
    await admin("/clock", { advanceMs: 8 * 3_600_000 });
  }

  expect(await rows("delivery")).toMatchObject([{ status: "failed", attempts: 3 }]);
  const missed = await stripe.events.list({ delivery_success: false });
  expect(missed.data.map((event) => event.type)).toEqual(["customer.created"]);
});

async function settled(admin: (path: string) => Promise<unknown>): Promise<void> {
  for (;;) {
    const { state } = (await admin("/webhooks")) as { state: { inFlight: number } };
    if (state.inFlight === 0) return;
  }
}

it("doubled, dropped and late deliveries do what they say", async () => {
  const { stripe, admin, receiver } = await openHooked();
  await admin("/webhooks", { doubleNext: 1 });
  const doubled = await stripe.customers.create();
  await until("both copies", () => receiver.got.length === 2);

  await admin("/webhooks", { dropNext: 1 });
  await stripe.customers.create();
  await admin("/webhooks", { lateMs: 300 });
  const startedMs = Date.now();
  const late = await stripe.customers.create();

  await until("the late one", () => receiver.got.length === 3);
  expect(receiver.got.map((one) => one.object)).toEqual([doubled.id, doubled.id, late.id]);
  expect((receiver.got[2]?.atMs ?? 0) - startedMs).toBeGreaterThanOrEqual(290);
});

it("shuffled deliveries all arrive, in another order, the same for a seed", async () => {
  const orders: number[][] = [];
  for (const seed of [7, 7, 8]) {
    const { stripe, admin, receiver } = await openHooked();
    // The buffer is to be full before it is let go, however busy the machine is.
    const full = { shuffleBuffer: 10, shuffleFlushMs: 60_000 };
    await admin("/webhooks", { ...full, concurrency: 1, seed });
    const made: string[] = [];
    for (let index = 0; index < 10; index++) made.push((await stripe.customers.create()).id);
    await until("ten deliveries", () => receiver.got.length === 10);
    orders.push(receiver.got.map((one) => made.indexOf(one.object)));
  }

  const [first, again, other] = orders;
  expect(first).not.toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(first?.toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
});

it("a shuffle buffer that does not fill is sent all the same", async () => {
  const { stripe, admin, receiver } = await openHooked();
  await admin("/webhooks", { shuffleBuffer: 50, shuffleFlushMs: 20 });

  await stripe.customers.create();

  await until("the delivery", () => receiver.got.length === 1);
});

it("a pause holds deliveries back and lets all go at its end", async () => {
  const { stripe, admin, receiver } = await openHooked();
  await admin("/webhooks", { pause: true });
  await pay(stripe);
  const { state } = await admin("/webhooks");
  expect(state).toEqual({ queued: 3, inFlight: 0, pending: 3 });
  expect(receiver.got).toEqual([]);

  await admin("/webhooks", { pause: false });

  await until("three deliveries", () => receiver.got.length === 3);
});

it("a thin event names its object and does not carry it", async () => {
  const { stripe, admin, receiver, endpoint } = await openHooked();
  await admin("/webhooks", { thin: true });

  const customer = await stripe.customers.create();

  const [got] = await until("it", () => receiver.got.length === 1 && receiver.got);
  const event: unknown = JSON.parse(got?.body ?? "");
  expect(event).toMatchObject({
    object: "v2.core.event",
    type: "v1.customer.created",
    related_object: { id: customer.id, type: "customer", url: `/v1/customers/${customer.id}` },
  });
  expect(event).not.toHaveProperty("data");
  expect(endpoint.secret).toMatch(/^whsec_/);
});

it("an endpoint of an old version gets the shapes of that version", async () => {
  const { stripe, receiver } = await openHooked({
    api_version: "2020-08-27",
    enabled_events: ["payment_intent.succeeded", "invoice.paid"],
  });
  const { intent, charge } = await pay(stripe);
  const customer = await stripe.customers.create({ payment_method: "pm_card_visa" });
  const invoice = await stripe.invoices.create({ customer: customer.id });
  const invoiceId = invoice.id ?? "";
  await stripe.invoices.addLines(invoiceId, { lines: [{ amount: 900, description: "Work" }] });
  await stripe.invoices.pay(invoiceId, { payment_method: "pm_card_visa" });

  await until("the invoice", () => typesOf(receiver.got).includes("invoice.paid"));
  const bodies = receiver.got.map((one): unknown => JSON.parse(one.body));
  expect(bodies[0]).toMatchObject({
    api_version: "2020-08-27",
    data: { object: { id: intent.id, charges: { data: [{ id: charge.id }] } } },
  });
  const paid = bodies.at(-1) as { data: { object: Record<string, unknown> } };
  expect(paid.data.object).toMatchObject({ id: invoiceId, paid: true, total: 900 });
  expect(paid.data.object.charge).toMatch(/^ch_/);
  expect(paid.data.object.payment_intent).toMatch(/^pi_/);
});

it("a rolled secret signs beside the old one until that expires", async () => {
  const { stripe, admin, receiver, endpoint } = await openHooked();
  const { secret } = await admin(`/webhook_endpoints/${endpoint.id}/roll`, { expiresInMs: 60_000 });
  await stripe.customers.create();
  const [both] = await until("it", () => receiver.got.length === 1 && receiver.got);
  stripe.webhooks.constructEvent(both?.body ?? "", both?.signature ?? "", endpoint.secret);
  stripe.webhooks.constructEvent(both?.body ?? "", both?.signature ?? "", String(secret));

  await admin("/clock", { advanceMs: 60_000 });
  await stripe.customers.create();

  const got = await until("it", () => receiver.got.length === 2 && receiver.got[1]);
  stripe.webhooks.constructEvent(got.body, got.signature, String(secret));
  expect(() => stripe.webhooks.constructEvent(got.body, got.signature, endpoint.secret)).toThrow();
});

it("a signature can be made stale on purpose", async () => {
  const { stripe, admin, receiver, endpoint } = await openHooked();
  await admin("/webhooks", { signatureAgeMs: 600_000 });

  await stripe.customers.create();

  const [got] = await until("it", () => receiver.got.length === 1 && receiver.got);
  expect(() =>
    stripe.webhooks.constructEvent(got?.body ?? "", got?.signature ?? "", endpoint.secret),
  ).toThrow(/tolerance/);
});

it("any body at all can be injected under a valid signature", async () => {
  const { stripe, admin, receiver, endpoint } = await openHooked();
  const event = { id: "evt_mine", object: "event", type: "charge.odd", data: { object: {} } };

  const sent = await admin("/inject", { endpoint: endpoint.id, event, times: 2 });
  const broken = await admin("/inject", { endpoint: endpoint.id, body: "{not json" });

  expect([sent.statuses, broken.statuses]).toEqual([[200, 200], [200]]);
  const first = receiver.got[0];
  const read = stripe.webhooks.constructEvent(
    first?.body ?? "",
    first?.signature ?? "",
    endpoint.secret,
  );
  expect(read.id).toBe("evt_mine");
  expect(receiver.got[2]?.body).toBe("{not json");
});

it("an event is sent again to all that want it, on demand", async () => {
  const { stripe, admin, receiver } = await openHooked();
  await stripe.customers.create();
  const [first] = await until("it", () => receiver.got.length === 1 && receiver.got);

  await admin(`/events/${first?.id}/resend`, {});

  const again = await until("it again", () => receiver.got.length === 2 && receiver.got[1]);
  expect(again.id).toBe(first?.id);
});

it("a disabled or deleted endpoint gets nothing more", async () => {
  const { stripe, receiver, endpoint, rows } = await openHooked();
  receiver.answers = [500];
  await stripe.customers.create();
  await until("the first attempt", () => receiver.got.length === 1);

  await stripe.webhookEndpoints.update(endpoint.id, { disabled: true });
  await stripe.customers.create();

  expect(await rows("delivery")).toHaveLength(1);
  await stripe.webhookEndpoints.del(endpoint.id);
  const error = await refusal(stripe.webhookEndpoints.retrieve(endpoint.id));
  expect(error.code).toBe("resource_missing");
});

it("an event of an update names what changed", async () => {
  const { stripe } = await openWorkbench();
  const customer = await stripe.customers.create({ name: "Old", metadata: { a: "1", b: "2" } });

  await stripe.customers.update(customer.id, { name: "New", metadata: { a: "3" } });

  const [event] = (await stripe.events.list({ type: "customer.updated" })).data;
  expect(event?.data.previous_attributes).toEqual({ name: "Old", metadata: { a: "1" } });
});

it("events older than 30 days are gone from the list", async () => {
  const { stripe, admin } = await openWorkbench();
  const customer = await stripe.customers.create();
  const [event] = (await stripe.events.list({ types: ["customer.created"] })).data;
  expect(event?.data.object).toMatchObject({ id: customer.id });

  await admin("/clock", { advanceMs: 31 * 86_400_000 });

  expect((await stripe.events.list()).data).toEqual([]);
  expect((await refusal(stripe.events.retrieve(event?.id ?? ""))).statusCode).toBe(404);
});
