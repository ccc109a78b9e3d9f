import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { RETRY_DELAYS_MS } from "../../src/runs/retry-schedule.ts";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { expectBookedOnce, expectParkedUnbooked, resume, trimmed } from "./books.ts";
import { type Order, pay } from "./orders.ts";
import { hasEnded, letMinutesPass, skipDelay } from "./time-passes.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(async () => {
  await world.close();
});

beforeEach(async () => {
  await world.stripeAdmin("/faults/clear", {});
  await world.stripeAdmin("/settings", { asyncCaptureDelayMs: null });
});

const READ = { method: "GET", path: "/v1/payment_intents/*" };
const WRITE_BACK = { method: "POST", path: "/v1/payment_intents/pi_*" };

/** Arms the fault, pays, and lets the schedule of tries run at once. */
async function payThrough(fault: Readonly<Record<string, unknown>>): Promise<Order> {
  await world.stripeAdmin("/faults", fault);
  const order = await pay(world, 3_000);
  await letMinutesPass(world, order, () => hasEnded(world, order));
  await expectBookedOnce(world, order);
  const { faults } = await world.stripeAdmin<{ faults: Row[] }>("/faults");
  expect(Number(faults[0]?.hits)).toBeGreaterThan(1);
  return order;
}

async function hasBooked(order: Order): Promise<boolean> {
  const { rows } = await world.api<{ rows: Row[] }>(`/api/runs?lane=${order.id}&limit=1`);
  return rows[0]?.outcome === "booked";
}

async function expectWrittenBack(order: Order): Promise<void> {
  const { metadata } = await world.stripe.paymentIntents.retrieve(order.id);
  expect(Object.keys(metadata).sort()).toEqual([
    "DynamicsSL_BatchNbr",
    "DynamicsSL_CustomerID",
    "DynamicsSL_InvoiceNbr",
    "DynamicsSL_PaymentNbr",
  ]);
}

test.each([
  ["its rate limit", { action: "error", status: 429 }],
  ["500", { action: "error", status: 500 }],
  ["503", { action: "error", status: 503 }],
  ["a dropped connection", { action: "drop" }],
  ["silence until the connection closes", { action: "hang", delayMs: 50 }],
] as const)(
  "a Stripe that answers reads with %s is tried again by itself",
  async (_name, fault) => {
    const order = await payThrough({ ...READ, ...fault, times: 3 });

    await expectWrittenBack(order);
  },
);

test.each([
  ["its rate limit", { action: "error", status: 429 }],
  ["500", { action: "error", status: 500 }],
  ["500 after the write", { action: "error", status: 500, when: "after" }],
  ["a dropped connection after the write", { action: "drop", when: "after" }],
] as const)("a write-back answered with %s books nothing a second time", async (_name, fault) => {
  const order = await payThrough({ ...WRITE_BACK, ...fault, times: 3 });

  await expectWrittenBack(order);
});

test("a schedule of tries that is used up parks, and a resume begins it anew", async () => {
  const fault = { ...READ, action: "error", status: 429, times: null };
  await world.stripeAdmin("/faults", fault);
  const order = await pay(world, 3_050);

  await letMinutesPass(world, order, () => hasEnded(world, order));
  const parked = await expectParkedUnbooked(world, order, "stripe.rate_limited");
  const tried = await world.sql(
    "select count(*)::int as n from run where lane_key = $1 and outcome = 'retry'",
    [order.id],
  );
  await world.stripeAdmin("/faults/clear", {});
  await world.stripeAdmin("/faults", { ...fault, times: 1 });
  await resume(world, order);
  await letMinutesPass(world, order, () => hasBooked(order));

  expect(tried).toEqual([{ n: RETRY_DELAYS_MS.limited.length }]);
  expect(String(parked.reason).length).toBeGreaterThan(10);
  await expectBookedOnce(world, order);
});

test("an object that Stripe does not have parks, and is booked once it is there", async () => {
  await world.stripeAdmin("/faults", { ...READ, action: "missing" });
  const order = await pay(world, 3_100);

  const parked = await expectParkedUnbooked(world, order, "stripe.object_missing");
  await world.stripeAdmin("/faults/clear", {});
  await resume(world, order);

  expect(String(parked.cure)).toContain("account");
  await expectBookedOnce(world, order);
});

test("a key that Stripe refuses pauses the pair, and a good one books the order", async () => {
  await world.stripeAdmin("/faults", { ...READ, action: "error", status: 401 });
  const order = await pay(world, 3_150);
  const paused = await until("the pair to pause", async () => {
    const { pairs } = await world.api<{ pairs: Row[] }>("/api/lanes");
    return pairs.find((row) => row.pausedCode === "stripe.auth");
  });

  await world.stripeAdmin("/faults/clear", {});
  await world.restartHub();

  await expectBookedOnce(world, order);
  expect(String(paused.pausedReason).length).toBeGreaterThan(10);
});

test("a charge whose balance row comes later waits for it and burns nothing", async () => {
  await world.stripeAdmin("/settings", { asyncCaptureDelayMs: 3_000 });

  const order = await pay(world, 3_200);
  const waited = await world.ended(order.id, ["waiting"]);

  expect(String(waited.reason)).toContain("no balance transaction yet");
  await expectBookedOnce(world, order);
});

test("a balance row whose event is lost is found by looking again", async () => {
  await world.stripeAdmin("/settings", { asyncCaptureDelayMs: 3_000 });
  const order = await pay(world, 3_300);
  await world.ended(order.id, ["waiting"]);
  await world.stripeAdmin("/webhooks", { dropNext: 1 });

  await until("the order to be booked", async () => {
    await skipDelay(world, order);
    return hasEnded(world, order);
  });

  await world.stripeAdmin("/webhooks", { dropNext: 0 });
  const { payments } = await expectBookedOnce(world, order);
  expect(payments.map((row) => trimmed(row.User1))).toEqual(order.chargeIds);
});
