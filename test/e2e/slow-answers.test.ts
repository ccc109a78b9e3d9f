import { expect, test } from "vitest";
import { ownWorlds } from "../support/own-worlds.ts";
import { until } from "../support/wait.ts";
import type { Row, World } from "../support/world.ts";
import { documentsOf, expectBookedOnce } from "./books.ts";
import { type Order, pay } from "./orders.ts";
import { hasEnded, skipDelay } from "./time-passes.ts";

const aWorld = ownWorlds();

const LEASE_MS = 12_000;
/** The least that the setting takes, in seconds. */
const CALL_TIMEOUT = 5;
const FILL = { service: "invoiceAndMemo", actionType: "UPDATE" };

async function slowFill(world: World, ms: number): Promise<void> {
  await world.slAdmin("/faults", { match: FILL, effect: { kind: "latency", ms } });
}

async function fillsOf(world: World, order: Order): Promise<Row[]> {
  return world.sql(
    `select a.outcome, extract(epoch from a.answered_at - a.sent_at)::float8 as seconds
     from attempt a join intent i on i.pair = a.pair and i.key = a.key
     where i.lane_key = $1 and i.purpose = 'invoice' and a.step = 'fill' order by a.nr`,
    [order.id],
  );
}

async function expectTwoDocuments(world: World, order: Order): Promise<void> {
  await expectBookedOnce(world, order);
  expect(await documentsOf(world, [order.id, ...order.chargeIds])).toHaveLength(2);
}

test.concurrent("an SL slower than the lease is waited for, and no hub takes it over", async () => {
  const world = await aWorld();
  await slowFill(world, LEASE_MS + 500);

  const order = await pay(world, 6_000);
  await expectTwoDocuments(world, order);

  const fills = await fillsOf(world, order);
  expect(fills).toMatchObject([{ outcome: "ok" }]);
  expect(Number(fills[0]?.seconds)).toBeGreaterThan(LEASE_MS / 1000);
  const runs = await world.sql(
    "select reason from run where lane_key = $1 and outcome <> 'booked'",
    [order.id],
  );
  expect(runs).toEqual([]);
});

test.concurrent("an SL slower than sl.call-timeout is settled by reading", async () => {
  const world = await aWorld();
  await world.set("sl.call-timeout", CALL_TIMEOUT);
  await slowFill(world, (CALL_TIMEOUT + 2) * 1000);

  const order = await pay(world, 6_100);
  await until("the outcome to be open", async () => {
    const [lane] = await world.sql("select waits_for from lane where key = $1 and owner is null", [
      order.id,
    ]);
    return String(lane?.waits_for).includes("had no answer");
  });
  const open = await fillsOf(world, order);
  await until("a look that finds what SL has saved meanwhile", async () => {
    await skipDelay(world, order);
    return hasEnded(world, order);
  });

  expect(open).toMatchObject([{ outcome: null }]);
  await expectTwoDocuments(world, order);
  expect(await fillsOf(world, order)).toMatchObject([{ outcome: "found" }]);
});

test.concurrent.each([
  ["a read", { method: "GET", path: "/v1/payment_intents/*" }],
  ["the write-back", { method: "POST", path: "/v1/payment_intents/pi_*", when: "after" }],
] as const)(
  "a Stripe that never answers %s is given up, retried and booked once",
  async (...row) => {
    const [, match] = row;
    const world = await aWorld();
    await world.set("stripe.call-timeout", 1);
    // Both tries of one call of the SDK.
    await world.stripeAdmin("/faults", { ...match, action: "hang", delayMs: 60_000, times: 2 });

    const startedAtMs = performance.now();
    const order = await pay(world, 6_200);
    const retried = await world.ended(order.id, ["retry"]);
    const tookMs = performance.now() - startedAtMs;
    await expectTwoDocuments(world, order);

    expect(tookMs).toBeGreaterThan(2_000);
    expect(String(retried.reason)).toMatch(/timed out|timeout|aborted/i);
    const { faults } = await world.stripeAdmin<{ faults: Row[] }>("/faults");
    expect(faults[0]?.hits).toBe(2);
    const { metadata } = await world.stripe.paymentIntents.retrieve(order.id);
    expect(metadata.DynamicsSL_InvoiceNbr).toMatch(/^\d+$/);
  },
);
