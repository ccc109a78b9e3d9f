import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { documentsOf, expectBookedOnce } from "./books.ts";
import { type Order, pay } from "./orders.ts";
import { skipDelay } from "./time-passes.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(async () => {
  await world.close();
});

beforeEach(async () => {
  vi.useRealTimers();
  await setSync({});
});

type Answer = Readonly<{ count: number; byRule: readonly Row[] }>;

async function setSync(value: Readonly<Record<string, unknown>>): Promise<void> {
  await world.set("sync", value);
}

async function heldRow(laneKey: string): Promise<Row | undefined> {
  const { rows } = await world.api<{ rows: Row[] }>(`/api/held?lane=${laneKey}`);
  return rows[0];
}

function recheck(body: Readonly<Record<string, unknown>>): Promise<Answer> {
  return world.api<Answer>("/api/held/recheck", { method: "POST", body: { by: "Ada", ...body } });
}

async function endsOf(laneKey: string): Promise<unknown[]> {
  const rows = await world.sql("select distinct end_state from event where lane_key = $1", [
    laneKey,
  ]);
  return rows.map((row) => row.end_state);
}

async function expectSkipped(order: Order, rule: string): Promise<Row> {
  const run = await world.ended(order.id, ["not_applicable"]);
  expect(String(run.reason)).toContain(rule);
  expect(await documentsOf(world, [order.id, ...order.chargeIds])).toEqual([]);
  const row = await heldRow(order.id);
  expect(row).toMatchObject({ reason: run.reason });
  return row ?? {};
}

const SMALL = { when: { currency: "USD", "amount-below": "20.00" }, do: "skip", name: "small" };

test("a filtered order is listed, and a recheck after the filters changed books it", async () => {
  await setSync({ filters: [SMALL] });
  const small = await pay(world, 1_100);
  const big = await pay(world, 2_000);
  const row = await expectSkipped(small, "filter 1 (small) of the pair skips it");
  await expectBookedOnce(world, big);

  const still = await recheck({ kinds: ["filter"], count: 1 });
  await until("the second look", async () => (await heldRow(small.id))?.seenAt !== row.seenAt);
  const unchanged = await documentsOf(world, [small.id]);
  await setSync({ filters: [] });
  const preview = await recheck({ kinds: ["filter"], dryRun: true });
  const before = await endsOf(small.id);
  await recheck({ kinds: ["filter"], count: preview.count });

  await expectBookedOnce(world, small);
  expect(still.count).toBe(1);
  expect(unchanged).toEqual([]);
  expect(preview.byRule).toEqual([
    { pair: world.pair, kind: "filter", rule: "filter 1 (small)", count: 1 },
  ]);
  expect([before, await endsOf(small.id)]).toEqual([["not_applicable"], ["booked"]]);
  expect(await heldRow(small.id)).toBeUndefined();
  expect(row).toMatchObject({ kind: "filter", money: `${small.chargeIds[0]} 11.00 USD` });
});

test("more than the person has seen is not woken", async () => {
  await setSync({ filters: [SMALL] });
  const order = await pay(world, 1_150);
  await expectSkipped(order, "filter 1");

  const tooFew = recheck({ kinds: ["filter"], count: 0 });

  await expect(tooFew).rejects.toThrow(/1 are held back by now/);
});

test("with sync.book: allowed only what a filter allows or the word forces is booked", async () => {
  const when = { metadata: { channel: "web*" } };
  await setSync({ book: "allowed", filters: [{ when, do: "book" }] });

  const allowed = await pay(world, 1_200, { metadata: { channel: "web-de" } });
  const forced = await pay(world, 1_201, { metadata: { slipway_sync: "force" } });
  const other = await pay(world, 1_202, { metadata: { channel: "till" } });

  await expectBookedOnce(world, allowed);
  await expectBookedOnce(world, forced);
  expect((await expectSkipped(other, "sync.book: allowed")).kind).toBe("not-allowed");
});

test("force books past a filter, and a filter that holds waits and is listed", async () => {
  await setSync({ filters: [{ when: { method: "card" }, do: "hold" }] });

  const forced = await pay(world, 1_300, { metadata: { slipway_sync: "force" } });
  const held = await pay(world, 1_301);
  const waiting = await world.ended(held.id, ["waiting"]);

  await expectBookedOnce(world, forced);
  expect(String(waiting.reason)).toContain("filter 1 of the pair holds it");
  expect(await heldRow(held.id)).toMatchObject({ kind: "filter" });
});

test("a young order waits for its least age, and one on hold is listed too", async () => {
  await setSync({ "min-age": 10 });
  const young = await pay(world, 1_400);
  const onHold = await pay(world, 1_401, { metadata: { slipway_sync: "hold" } });
  const waiting = await world.ended(young.id, ["waiting"]);
  await world.ended(onHold.id, ["waiting"]);
  const listed = [await heldRow(young.id), await heldRow(onHold.id)];

  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 11 * 60_000 });
  await skipDelay(world, young);

  await expectBookedOnce(world, young);
  expect(String(waiting.reason)).toContain("sync.min-age: 10");
  expect(listed.map((row) => row?.kind)).toEqual(["min-age", "hold"]);
  expect(await heldRow(young.id)).toBeUndefined();
});

test("a change of the filters lets an order alone whose invoice is in SL", async () => {
  const match = { service: "paymentApplication", actionType: "RELEASENOW" };
  const effect = { kind: "refuse", message: "Not today" };
  await world.slAdmin("/faults", { match, effect, times: null });
  const order = await pay(world, 1_500);
  await world.ended(order.id, ["parked"]);

  await setSync({ filters: [SMALL] });
  await world.slAdmin("/faults", undefined, "DELETE");
  await world.stripe.charges.update(order.chargeIds[0] ?? "", { description: "looked at" });

  await expectBookedOnce(world, order);
});

test("an event of the other mode of Stripe is left alone and listed", async () => {
  const order = await pay(world, 1_600, { metadata: { slipway_sync: "skip" } });
  await world.ended(order.id, ["not_applicable"]);
  await world.sql("update event set livemode = true where lane_key = $1", [order.id]);

  await recheck({ kinds: ["skip"], count: 1 });
  await until("the mode to be seen", async () => (await heldRow(order.id))?.kind === "mode");

  const row = await heldRow(order.id);
  expect(String(row?.reason)).toContain("an event of live mode, and the pair is of test mode");
});

test("an invoice for nothing is listed as such", async () => {
  const customer = (await world.stripe.customers.create({ email: "free@example.com" })).id;
  const { id = "" } = await world.stripe.invoices.create({ customer });
  const product = (await world.stripe.products.create({ name: "Free" })).id;
  const price_data = { currency: "usd", unit_amount: 0, product };
  await world.stripe.invoices.addLines(id, { lines: [{ quantity: 1, price_data }] });

  await world.stripe.invoices.finalizeInvoice(id);
  await world.ended(id, ["not_applicable"]);

  expect(await heldRow(id)).toMatchObject({ kind: "zero", rule: "zero-invoice: skip" });
});

test("metrics and doctor count what is held back by its kind", async () => {
  const order = await pay(world, 1_700, { metadata: { slipway_sync: "skip" } });
  await world.ended(order.id, ["not_applicable"]);

  const metrics = await fetch(`${world.hubUrl()}/metrics`, {
    headers: { authorization: `Bearer ${world.token}` },
  });
  const { checks } = await world.api<{ checks: Row[] }>("/api/doctor", {
    method: "POST",
    body: { pair: world.pair },
  });

  expect(await metrics.text()).toMatch(/slipway_held\{pair="[^"]+",kind="skip"\} [1-9]/);
  const text = String(checks.find(({ name }) => name === "held")?.text);
  expect(text).toMatch(/skipped by a word.*slipway held list/);
});
