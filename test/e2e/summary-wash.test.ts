import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import type { World } from "../support/world.ts";
import { memosInBooks } from "./books.ts";
import { journalsIn } from "./currency-books.ts";
import { pay } from "./orders.ts";
import { entriesIn, openSummedUp, sumUp, untilCollected, untilProven } from "./summed-up.ts";

let world: World;

beforeAll(async () => {
  const wash = { "clearing.cash-account": "yes", "accounts.wash": "1099/000000000000" };
  world = await openSummedUp(wash);
});

afterAll(() => world.close());

test("with clearing in Cash Manager a refund of the day goes over wash by itself", async () => {
  const order = await pay(world, 3_000);
  await untilCollected(world, 2);
  const refund = await world.stripe.refunds.create({ payment_intent: order.id, amount: 1_000 });
  await world.ended(order.id, ["waiting"]);
  await sumUp(world, [order]);
  await until("the refund to be booked", async () => {
    return (await journalsIn(world, refund.id)).length === 1;
  });

  expect((await entriesIn(world)).slice(0, 4)).toEqual([
    ...["IN Cr 4010 30.00", "IN Dr 1200 30.00", "PA Dr 1095 30.00", "PA Cr 1200 30.00"],
  ]);
  expect((await memosInBooks(world, refund.id)).map((memo) => memo.split(" open ")[0])).toEqual([
    "DM 10",
    "CM 10",
  ]);
  await untilProven(world);
});
