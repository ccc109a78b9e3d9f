import { afterEach, beforeEach, expect, test } from "vitest";
import type { GoliveAnswer } from "../../src/api/contract.ts";
import { until } from "../support/wait.ts";
import type { World } from "../support/world.ts";
import { decide, openlyParked, trimmed } from "./books.ts";
import { proofIn } from "./currency-books.ts";
import { dayAgo } from "./days-ago.ts";
import { type Order, pay } from "./orders.ts";
import { wake } from "./restores.ts";
import {
  openSummedUp,
  releasedOfDay,
  SUMMED_DAY,
  sumUp,
  untilCollected,
  untilProven,
} from "./summed-up.ts";

// Sales that are to be left alone once they are collected, and before their summary is made.

let world: World;

beforeEach(async () => {
  world = await openSummedUp();
});

afterEach(() => world.close());

const released = async () =>
  (await releasedOfDay(world)).map((row) => `${trimmed(row.DocType)} ${Number(row.OrigDocAmt)}`);

const word = (slipway_sync: string) => ({ metadata: { slipway_sync } });

/** Something is changed of a sale's charge, so that its run looks at it again. */
async function tell({ chargeIds: [charge = ""] }: Order, said: string): Promise<void> {
  await world.stripe.charges.update(charge, word(said));
}

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
  const told = await decide(world, parked, "dismiss", { reason: "booked by hand" });

  await sumUp(world, [kept]);

  expect(told).toContain(`the sale is left out of the summary of ${SUMMED_DAY}`);
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

test("a sale that is to be skipped leaves what it was collected for", async () => {
  const skipped = await pay(world, 1_000);
  const kept = await pay(world, 2_000);
  await untilCollected(world, 4);

  await tell(skipped, "skip");
  const { reason } = await world.ended(skipped.id, ["not_applicable"]);
  await sumUp(world, [kept]);

  expect(String(reason)).toContain("is booked by nobody until somebody does so by hand");
  expect(await released()).toEqual(["IN 20", "PA 20"]);
  await untilProven(world);
});

test("a sale is neither skipped nor left alone once a document of its day is fixed", async () => {
  const order = await pay(world, 1_000);
  await untilCollected(world, 2);
  await world.sql("update collected_document set part = 'USD:C300:1'");

  await tell(order, "skip");

  const parked = await untilParked(order);
  const told = await decide(world, parked, "dismiss", { reason: "booked by hand" });
  expect([parked.code, parked.reason]).toEqual([
    "conflict.draft_changed",
    expect.stringContaining("the summary of its day has begun"),
  ]);
  expect(parked.cure).not.toContain("batch");
  const fixed = `document USD:C300:1 of ${SUMMED_DAY} is fixed with it`;
  expect(told).toContain(`the sale is booked all the same: ${fixed}`);
});

test("a collected sale on hold is collected again when the word is gone", async () => {
  const held = await pay(world, 1_000);
  const kept = await pay(world, 2_000);
  await untilCollected(world, 4);

  await tell(held, "hold");
  await untilCollected(world, 2);
  await sumUp(world, [kept]);
  const without = await released();
  await tell(held, "");
  await untilCollected(world, 4);
  await sumUp(world, [held]);

  expect(without).toEqual(["IN 20", "PA 20"]);
  expect(await released()).toEqual(["IN 20", "PA 20", "IN 10", "PA 10"]);
  await untilProven(world);
});

test("a change of the filters lets a sale alone that is collected", async () => {
  const order = await pay(world, 1_000);
  await untilCollected(world, 2);
  await world.set("sync", { filters: [{ when: { currency: "USD" }, do: "skip" }] });
  const runs = () => world.sql("select outcome from run where lane_key = $1", [order.id]);
  const before = await runs();
  await wake(world, order.id);
  const after = await until("the next look", async () => {
    const now = await runs();
    return now.length > before.length ? now : undefined;
  });
  await sumUp(world, [order]);

  expect(new Set(after.map(({ outcome }) => outcome))).toEqual(new Set(["waiting"]));
  expect(await released()).toEqual(["IN 10", "PA 10"]);
});

test("a start after sales that wait for their summary opens no balance they are in", async () => {
  await pay(world, 1_000);
  await untilCollected(world, 2);
  await world.set("start", dayAgo(1));

  const asked = world.api<GoliveAnswer>(`/api/pairs/${world.pair}/golive`);

  await expect(asked).rejects.toThrow(`1 sale of ${SUMMED_DAY} waits for`);
});
