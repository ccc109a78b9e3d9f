import { afterEach, beforeEach, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { decide, documentsOf, openlyParked, trimmed } from "./books.ts";
import { proofIn } from "./currency-books.ts";
import { daysAgo } from "./days-ago.ts";
import { type Order, pay } from "./orders.ts";
import { SUMMED_DAY, SUMMED_UP, sumUp, untilCollected } from "./summed-up.ts";

// Sales that are to be left alone once they are collected, and before their summary is made.

let world: World;
const { at } = daysAgo(() => world);

beforeEach(async () => {
  world = await openWorld(SUMMED_UP);
  await at(3);
});

afterEach(() => world.close());

const released = async () =>
  (await documentsOf(world, [`day:${SUMMED_DAY}`]))
    .filter(({ Rlsed }) => Rlsed === 1)
    .map((row) => `${trimmed(row.DocType)} ${Number(row.OrigDocAmt)}`);

const untilParked = ({ id }: Order) =>
  until(`${id} to park`, async () => (await openlyParked(world, id))[0]);

test("a sale that a person leaves alone is in no summary until that is taken back", async () => {
  const left = await pay(world, 1_000);
  const kept = await pay(world, 2_000);
  await untilCollected(world, 4);
  const { id: refund } = await world.stripe.refunds.create({
    ...{ payment_intent: left.id, amount: 300 },
    metadata: { slipway_refund_lines: "none of its lines" },
  });
  const parked = await untilParked(left);
  await decide(world, parked, "dismiss", { reason: "booked by hand" });

  await sumUp(world, [kept]);

  expect(await released()).toEqual(["IN 20", "PA 20"]);
  const { lines, difference } = await proofIn(world, "USD");
  const named = lines[0]?.entries.map(({ amount }) => amount) ?? [];
  expect([named, difference]).toEqual([expect.arrayContaining(["10.00", "-3.00"]), "0.00"]);
  await world.stripe.refunds.update(refund, { metadata: { slipway_refund_lines: "" } });
  await decide(world, parked, "resume");
  await untilCollected(world, 6);
  await sumUp(world, [left]);
  expect((await released()).slice(2)).toEqual(["IN 10", "PA 10", "DM 3", "CM 3"]);
});
