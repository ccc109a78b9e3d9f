import { afterEach, beforeEach, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { daysAgo } from "./days-ago.ts";
import { type Order, pay } from "./orders.ts";
import { letViewsCatchUp } from "./restores.ts";
import { SUMMED_UP, sumUp, untilCollected } from "./summed-up.ts";

// What hub and SL know of a day that was summed up, whichever of them is put back to an older copy.

let world: World;
const { at } = daysAgo(() => world);

beforeEach(async () => {
  world = await openWorld(SUMMED_UP);
  await at(3);
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
