import { afterEach, beforeEach, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import type { World } from "../support/world.ts";
import { decide, documentsOf, openlyParked, trimmed } from "./books.ts";
import { proofIn } from "./currency-books.ts";
import { aPrice, checkOut, type Order, pay } from "./orders.ts";
import { letViewsCatchUp, loseHub, rebuild, wake } from "./restores.ts";
import {
  entriesIn,
  openSummedUp,
  runSummary,
  SUMMARY_LANE,
  SUMMED_DAY,
  sumUp,
  untilCollected,
  untilProven,
} from "./summed-up.ts";

let world: World;

beforeEach(async () => {
  world = await openSummedUp();
});

afterEach(() => world.close());

/** Two sales of the day over 30.00 together, of which 10.00 went back that day, summed up. */
async function aSummedDay(): Promise<Order[]> {
  const orders = [await pay(world, 1_000), await pay(world, 2_000)];
  await untilCollected(world, 4);
  await world.stripe.refunds.create({ payment_intent: orders[0]?.id ?? "" });
  await untilCollected(world, 6);
  await sumUp(world, orders);
  return orders;
}

const numbers = async () =>
  (await documentsOf(world, [`day:${SUMMED_DAY}`])).map((row) => trimmed(row.RefNbr));

test("a hub with an empty database takes a day's documents over and adds none", async () => {
  const orders = await aSummedDay();
  const before = await numbers();
  await loseHub(world);
  await world.restartHub();

  const report = await rebuild(world, { since: new Date(Date.now() - 9 * 86_400_000) });
  await untilCollected(world, 6);
  await sumUp(world, orders);

  expect(report).toMatchObject({ adopted: 4, unexplained: [], reopened: [] });
  expect(await numbers()).toEqual(before);
  await untilProven(world);
});

test("what a day's documents do not hold to the cent after a loss is for a person", async () => {
  await aSummedDay();
  await loseHub(world);
  const late = await pay(world, 500);
  await world.restartHub();

  await rebuild(world, { since: new Date(Date.now() - 9 * 86_400_000) });
  await untilCollected(world, 8);
  await runSummary(world);
  const [parked] = await until("the summary to park", async () => {
    const rows = await openlyParked(world, SUMMARY_LANE);
    return rows.length > 0 && rows;
  });

  expect(parked?.code).toBe("conflict.journal_rows");
  expect(String(parked?.reason)).toContain("30.00 USD, and what is collected to 35.00 USD");
  expect(await documentsOf(world, [late.id])).toEqual([]);
});

test("documents of a day that an older copy of SL has lost are booked again, once", async () => {
  await world.slAdmin("/snapshots", { name: "yesterday" });
  const orders = await aSummedDay();
  await letViewsCatchUp(world);
  await world.slAdmin("/restore", { name: "yesterday" });

  const report = await rebuild(world, { since: new Date(Date.now() - 9 * 86_400_000) });
  await until("the day to be booked again", async () => (await entriesIn(world)).length === 8);
  for (const { id } of orders) await world.ended(id, ["booked"]);
  await untilProven(world);

  expect(report.reopened).toHaveLength(5);
  expect(await entriesIn(world)).toEqual([
    ...["IN Cr 4010 30.00", "IN Dr 1200 30.00", "PA Dr 1095 30.00", "PA Cr 1200 30.00"],
    ...["DM Cr 1095 10.00", "DM Dr 1200 10.00", "CM Dr 4100 10.00", "CM Cr 1200 10.00"],
  ]);
});

test("where SL takes no application with a payment, the day's is applied after it", async () => {
  await world.api("/api/doctor", { method: "POST", body: { probe: true } });
  const asked = await world.sql(
    `insert into site_probe (pair, name, site, answer, detail, server_version)
     select pair, 'pay-and-apply', site, 'no', '', '' from site_probe limit 1 returning name`,
  );

  await aSummedDay();

  expect(asked).toHaveLength(1);
  const documents = await documentsOf(world, [`day:${SUMMED_DAY}`]);
  expect(documents.map(({ DocBal }) => Number(DocBal))).toEqual([0, 0, 0, 0]);
  const applied = await world.sql(
    "select part from intent where object = $1 and purpose = 'apply' and stage = 'done'",
    [`day:${SUMMED_DAY}`],
  );
  expect(applied).toHaveLength(2);
  await untilProven(world);
});

test("no sale of a day's documents is taken back by itself, nor are they", async () => {
  const [order] = await aSummedDay();
  const asked = (id: string) =>
    world.api(`/api/reversals`, { method: "POST", body: { id, dryRun: true, reason: "wrong" } });

  await expect(asked(order?.id ?? "")).rejects.toThrow("reverse.unsupported");
  await expect(asked(SUMMARY_LANE)).rejects.toThrow("reverse.unsupported");
});

test("a summary that SL refuses is in line 1; left alone it leaves its sales alone", async () => {
  await world.set("items.prod_odd", { item: "TSHIRT", sales: "4999/000000000000" });
  const price = await aPrice(world, 1_000, { id: "prod_odd", name: "Odd" });
  const odd = await checkOut(world, { line_items: [{ price, quantity: 1 }] });
  await untilCollected(world, 2);
  await runSummary(world);
  const [parked] = await until("the summary to park", async () => {
    const rows = await openlyParked(world, SUMMARY_LANE);
    return rows.length > 0 && rows;
  });
  const { lines, difference } = await proofIn(world, "USD");
  expect([lines[0]?.entries.map(({ amount }) => amount).sort(), difference]).toEqual([
    ["-0.59", "10.00"],
    "0.00",
  ]);

  await decide(world, parked ?? {}, "dismiss", { reason: "booked by hand" });
  await wake(world, odd.id);

  expect((await world.ended(odd.id, ["not_applicable"])).reason).toBe(
    "Dismissed by maria: booked by hand",
  );
  // The decision is a day old when the next sale comes.
  await world.sql(
    `update collected_document set collected_at = collected_at - interval '2 days';
     update parked set closed_at = closed_at - interval '1 day'`,
  );
  const plain = await pay(world, 2_000);
  await untilCollected(world, 4);
  await sumUp(world, [plain]);
  const booked = await documentsOf(world, [`day:${SUMMED_DAY}`]);
  const released = booked.filter(({ Rlsed }) => Rlsed === 1);
  expect(released.map(({ OrigDocAmt }) => Number(OrigDocAmt))).toEqual([20, 20]);
  await world.stripe.refunds.create({ payment_intent: odd.id });
  const again = await until("the refund to be seen", async () => {
    const rows = await openlyParked(world, odd.id);
    return rows.length > 0 && rows;
  });
  expect(again[0]?.code).toBe("conflict.dismissed");
});
