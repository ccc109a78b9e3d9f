import { afterEach, beforeEach, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import type { World } from "../support/world.ts";
import { documentsOf, memosInBooks, openlyParked, trimmed } from "./books.ts";
import { daysAgo } from "./days-ago.ts";
import { type Order, pay } from "./orders.ts";
import { holdComparisons, letViewsCatchUp, loseHub, rebuild, wake } from "./restores.ts";
import {
  openSummedUp,
  runSummary,
  SUMMARY_LANE,
  SUMMED_DAY,
  sumUp,
  untilCollected,
} from "./summed-up.ts";

// What hub and SL know of a day that was summed up, whichever of them is put back to an older copy.

let world: World;
const { at } = daysAgo(() => world);

beforeEach(async () => {
  world = await openSummedUp();
});

afterEach(() => world.close());

/** Sales of the day of these amounts, summed up together. */
async function aSummedDay(...amounts: readonly number[]): Promise<Order[]> {
  const [known] = await world.sql("select count(*)::int as count from collected_document");
  const orders: Order[] = [];
  for (const amount of amounts) orders.push(await pay(world, amount));
  await untilCollected(world, Number(known?.count) + 2 * amounts.length);
  await sumUp(world, orders);
  return orders;
}

/** The documents of the day in SL, each with its number. */
const documents = async () =>
  (await documentsOf(world, [`day:${SUMMED_DAY}`])).map((row) => {
    return `${trimmed(row.DocType)} ${trimmed(row.RefNbr)}`;
  });

const since = new Date(Date.now() - 9 * 86_400_000);

async function loseAndRebuild(): Promise<void> {
  await loseHub(world);
  await world.restartHub();
  await rebuild(world, { since });
}

/** The balances of the day's released documents. */
const balances = async () =>
  (await documentsOf(world, [`day:${SUMMED_DAY}`]))
    .filter(({ Rlsed }) => Rlsed === 1)
    .map((row) => `${trimmed(row.DocType)} ${Number(row.DocBal)}`)
    .toSorted();

test("a comparison of hub and SL asks for a day's documents, not for those collected", async () => {
  await aSummedDay(1_000, 2_000);
  await letViewsCatchUp(world);
  await world.sql("delete from lineage");
  await world.restartHub();

  const verdict = await until("the sides to be compared", async () => {
    const [row] = await world.sql("select is_green, reason from lineage");
    return row !== undefined && !String(row.reason).includes("not compared") && row;
  });

  expect(verdict).toEqual({ is_green: true, reason: "" });
});

test.each([
  ["no sales are summed up", { summary: "off" }],
  ["another customer is named", { "customer.named": "C301" }],
  ["sales are orders", { summary: "off", mode: "sales-order" }],
  ["sales pay invoices of SL", { summary: "off", mode: "existing-invoice" }],
])("after a loss a day is taken over though %s by then", async (_, settings) => {
  const orders = await aSummedDay(1_000, 2_000);
  const before = await documents();
  for (const [path, value] of Object.entries(settings)) await world.set(path, value);
  await loseAndRebuild();
  await untilCollected(world, 4);
  await sumUp(world, orders);

  const own = orders.flatMap(({ id, chargeIds }) => [id, ...chargeIds]);
  expect(await documentsOf(world, own)).toEqual([]);
  expect(await documents()).toEqual(before);
});

test("a run before the comparison finds a day though no sales are summed up by then", async () => {
  const orders = await aSummedDay(1_000, 2_000);
  const before = await documents();
  const compare = await holdComparisons(world);
  await world.set("summary", "off");
  await loseHub(world);
  const [{ id = "", chargeIds = [] } = {}] = orders;
  await wake(world, id);
  await world.ended(id, ["waiting", "booked"]);
  const alone = await documentsOf(world, [id, ...chargeIds]);
  await compare();
  await rebuild(world, { since });
  await untilCollected(world, 4);
  await sumUp(world, orders);

  expect(alone).toEqual([]);
  expect(await documents()).toEqual(before);
});

test("after a loss sales on a customer that the day did not know are for a person", async () => {
  await aSummedDay(1_000);
  const before = await documents();
  await world.set("customer.named", "C301");
  // What the hub has told Stripe would name the customer of before.
  await world.set("metadata.customer-id", "OtherCustomer");
  await loseAndRebuild();
  await untilCollected(world, 2);
  await runSummary(world);

  const parked = await until("the summary to park", async () => {
    const [row] = await openlyParked(world, SUMMARY_LANE);
    return row;
  });
  expect(parked.code).toBe("conflict.journal_rows");
  expect(await documents()).toEqual(before);
});

test("a sale that comes after several documents were taken over has one of its own", async () => {
  const orders = [...(await aSummedDay(1_000, 2_000)), ...(await aSummedDay(700))];
  await loseAndRebuild();
  await untilCollected(world, 6);
  await sumUp(world, orders);
  const before = await documents();

  // As much as the second document is over.
  await aSummedDay(700);

  expect(before).toHaveLength(4);
  expect((await documents()).slice(0, 4)).toEqual(before);
  expect(await documents()).toHaveLength(6);
});

/** A day that is summed up, of one sale and a refund of it, with the documents that it has then. */
async function aRefundedDay() {
  const sale = await pay(world, 1_000);
  await untilCollected(world, 2);
  const refund = await world.stripe.refunds.create({ payment_intent: sale.id, amount: 300 });
  await untilCollected(world, 4);
  await sumUp(world, [sale]);
  return { sale, refund, before: await documents() };
}

test("a refund of the day that has failed since is taken over after a loss", async () => {
  const { sale, refund, before } = await aRefundedDay();
  await at(2);
  await world.stripeAdmin(`/refunds/${refund.id}/move`, { status: "failed" });
  const failed = () => memosInBooks(world, refund.id);
  await until("the failure to be booked", async () => (await failed()).join().includes("1095"));
  const booked = await failed();
  await loseAndRebuild();
  await untilCollected(world, 4);
  await sumUp(world, [sale]);

  expect(await documents()).toEqual(before);
  expect(await failed()).toEqual(booked);
});

test.each([
  [
    "memos go over the wash account",
    async () => {
      await world.set("accounts.wash", "1099/000000000000");
      await world.set("clearing.cash-account", "yes");
    },
  ],
  [
    "it says that only its money goes back",
    (id: string) =>
      world.stripe.refunds.update(id, { metadata: { slipway_refund: "payment-only" } }),
  ],
])("a refund of the day is taken over though %s by then", async (_, change) => {
  const { sale, refund, before } = await aRefundedDay();
  await change(refund.id);
  await loseAndRebuild();
  await untilCollected(world, 4);
  await sumUp(world, [sale]);

  expect(await documents()).toEqual(before);
  expect(await documentsOf(world, [refund.id])).toEqual([]);
});

test("a refund that stands by itself is in no summary of a hub that has forgotten it", async () => {
  const [sale] = await aSummedDay(1_000);
  const id = sale?.id ?? "";
  await world.stripe.refunds.create({ payment_intent: id, amount: 300 });
  const ofRefunds = async () =>
    (await world.slRows("ARDoc")).filter(({ DocType }) => /DM|CM/.test(trimmed(DocType)));
  await until("the refund to be booked", async () => (await ofRefunds()).length === 2);
  const compare = await holdComparisons(world);
  await loseHub(world);
  await wake(world, id);
  await untilCollected(world, 2);

  if (sale !== undefined) await sumUp(world, [sale]);

  expect(await ofRefunds()).toHaveLength(2);
  await compare();
});

test("a copy of SL without a day's payment and an application gets both again", async () => {
  const sale = await pay(world, 1_000);
  await untilCollected(world, 2);
  await world.stripe.refunds.create({ payment_intent: sale.id, amount: 300 });
  await untilCollected(world, 4);
  const match = { service: "paymentApplication", actionType: "UPDATE" };
  const effect = { kind: "refuse", message: "Not now" };
  await world.slAdmin("/faults", { match, effect, times: null });
  await runSummary(world);
  await until("it to park", async () => {
    return (await openlyParked(world, SUMMARY_LANE))[0];
  });
  const before = await balances();
  await world.slAdmin("/snapshots", { name: "half" });
  await world.slAdmin("/faults", undefined, "DELETE");
  // What still waited for it may have run it by itself since, and a resume would be refused.
  await wake(world, SUMMARY_LANE);
  await world.ended(sale.id, ["booked"]);
  await letViewsCatchUp(world);
  await world.slAdmin("/restore", { name: "half" });

  const { reopened } = await rebuild(world, { since });

  expect(before).toEqual(["CM 3", "DM 3", "IN 10"]);
  expect(reopened).toHaveLength(2);
  await until("all to be closed again", async () => {
    return (await balances()).join() === "CM 0,DM 0,IN 0,PA 0";
  });
});
