import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { documentsOf, expectBookedOnce } from "./books.ts";
import { type Order, pay } from "./orders.ts";
import { hasEnded, skipDelay } from "./time-passes.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(async () => {
  await world.close();
});

beforeEach(async () => {
  await world.slAdmin("/faults", undefined, "DELETE");
  await world.stripeAdmin("/faults/clear", {});
});

const LEASE_MS = 12_000;
/** The least that the setting takes, in seconds. */
const CALL_TIMEOUT = 5;
const FILL = { service: "invoiceAndMemo", actionType: "UPDATE" };

async function set(path: string, value: unknown): Promise<void> {
  await world.api(`/api/pairs/${world.pair}`, { method: "PATCH", body: { path, value } });
}

async function slowFill(ms: number): Promise<void> {
  await world.slAdmin("/faults", { match: FILL, effect: { kind: "latency", ms } });
}

async function fillsOf(order: Order): Promise<Row[]> {
  return world.sql(
    `select a.outcome, extract(epoch from a.answered_at - a.sent_at)::float8 as seconds
     from attempt a join intent i on i.pair = a.pair and i.key = a.key
     where i.lane_key = $1 and i.purpose = 'invoice' and a.step = 'fill'`,
    [order.id],
  );
}

async function expectTwoDocuments(order: Order): Promise<void> {
  await expectBookedOnce(world, order);
  expect(await documentsOf(world, [order.id, ...order.chargeIds])).toHaveLength(2);
}

test("an SL slower than the lease is waited for, and nobody takes the lane over", async () => {
  await slowFill(LEASE_MS + 500);

  const order = await pay(world, 6_000);
  await expectTwoDocuments(order);

  const fills = await fillsOf(order);
  expect(fills).toMatchObject([{ outcome: "ok" }]);
  expect(Number(fills[0]?.seconds)).toBeGreaterThan(LEASE_MS / 1000);
  const runs = await world.sql(
    "select reason from run where lane_key = $1 and outcome <> 'booked'",
    [order.id],
  );
  expect(runs).toEqual([]);
});

test("an SL slower than sl.call-timeout leaves an open outcome that reading settles", async () => {
  await set("sl.call-timeout", CALL_TIMEOUT);
  await slowFill((CALL_TIMEOUT + 2) * 1000);

  const order = await pay(world, 6_100);
  await until("the outcome to be open", async () => {
    const [lane] = await world.sql("select waits_for from lane where key = $1 and owner is null", [
      order.id,
    ]);
    return String(lane?.waits_for).includes("had no answer");
  });
  const open = await fillsOf(order);
  await until("a look that finds what SL has saved meanwhile", async () => {
    await skipDelay(world, order);
    return hasEnded(world, order);
  });

  expect(open).toMatchObject([{ outcome: null }]);
  await expectTwoDocuments(order);
  expect(await fillsOf(order)).toMatchObject([{ outcome: "found" }]);
});

test.each([
  ["a read", { method: "GET", path: "/v1/payment_intents/*" }],
  ["the write-back", { method: "POST", path: "/v1/payment_intents/pi_*", when: "after" }],
] as const)(
  "a Stripe that never answers %s is given up, retried and booked once",
  async (...row) => {
    const [, match] = row;
    await set("stripe.call-timeout", 1);
    // Both tries of one call of the SDK.
    await world.stripeAdmin("/faults", { ...match, action: "hang", delayMs: 60_000, times: 2 });

    const startedAtMs = performance.now();
    const order = await pay(world, 6_200);
    const retried = await world.ended(order.id, ["retry"]);
    const tookMs = performance.now() - startedAtMs;
    await expectTwoDocuments(order);

    expect(tookMs).toBeGreaterThan(2_000);
    expect(String(retried.reason)).toMatch(/timed out|timeout|aborted/i);
    const { faults } = await world.stripeAdmin<{ faults: Row[] }>("/faults");
    expect(faults[0]?.hits).toBe(2);
    const { metadata } = await world.stripe.paymentIntents.retrieve(order.id);
    expect(metadata.DynamicsSL_InvoiceNbr).toMatch(/^\d+$/);
  },
);
