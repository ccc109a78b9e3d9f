import { afterAll, beforeAll, expect, test } from "vitest";
import { judgeBooks } from "../oracle/judge-books.ts";
import { adminOf } from "../oracle/rows.ts";
import { openWorld, type World } from "../support/world.ts";
import { AT_ONCE, type Trade, today, trade, untilAllIsBooked } from "./trade.ts";

let world: World;
let traded: Trade;

beforeAll(async () => {
  world = await openWorld(AT_ONCE);
  traded = await trade(world);
  await untilAllIsBooked(world);
});

afterAll(() => world.close());

test("the oracle agrees with every account of SL, and each day with Stripe", async () => {
  const verdict = await judgeBooks({
    stripe: adminOf(world.stripeUrl),
    sl: adminOf(new URL(world.slUrl).origin),
    pairFile: world.pairFile,
    openFrom: today(),
  });

  expect(verdict.differences).toEqual([]);
  expect(verdict.unjudged).toEqual([]);
  expect(verdict.facts).toBeGreaterThan(25);
  expect(traded.plain.total).toBe(108.25);
});
