import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { World } from "../support/world.ts";
import { payInvoice } from "./currency-books.ts";
import { currencyReversing, NOON, OVER, openCurrencyWorld } from "./currency-reversing.ts";
import { type Order, pay } from "./orders.ts";
import { allIdle } from "./restores.ts";

// A hub that has just started has run nothing yet, and knows what probes have found out before.

let world: World;
let order: Order;

const { slipway, booked, stripeKeeps } = currencyReversing(() => world);

beforeAll(async () => {
  world = await openCurrencyWorld();
  await stripeKeeps(["usd", "eur"], { chf: "1.0831" });
  order = await payInvoice(world, { amount: 10_000, currency: "chf", effective_at: NOON });
  await booked(order);
});

beforeEach(async () => {
  await allIdle(world);
  await world.restartHub();
});

afterAll(() => world.close());

test("a reversal is planned at the rate of its document, which the site keeps", async () => {
  const shown = await slipway("reverse", order.id);

  expect([shown.code, shown.err]).toEqual([0, ""]);
  expect(shown.out).toMatch(/IN \d+ over 100\.00 CHF \(110\.00 USD\)/);
});

test("money that Stripe converted is foreseen at the rate that this gives", async () => {
  const pause = { method: "POST", body: { by: "maria", reason: "a test" } };
  await world.api(`/api/pairs/${world.pair}/pause`, pause);
  const unbooked = await pay(world, 10_000, { currency: "chf" });
  await world.restartHub();

  const path = `/api/pairs/${world.pair}/backfill`;
  const body = { from: OVER, dryRun: true, show: 100, by: "test" };
  type Plan = { previews: readonly { object: string; problem: unknown }[] };
  const { plan } = await world.api<{ plan: Plan }>(path, { method: "POST", body });

  const foreseen = plan.previews.find(({ object }) => object === unbooked.id);
  expect(foreseen?.problem).toBeNull();
});
