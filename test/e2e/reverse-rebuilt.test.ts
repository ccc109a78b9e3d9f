import { afterAll, beforeAll, expect, test } from "vitest";
import type { WatchAnswer } from "../../src/api/contract.ts";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { expectBookedOnce } from "./books.ts";
import { type Order, pay } from "./orders.ts";
import { rebuild } from "./restores.ts";
import { reversing } from "./reversing.ts";
import { AT_ONCE, OVER } from "./trade.ts";

// A hub whose database is lost finds its documents in SL again. What it knows of each then is a key
// and a number.

let world: World;
let order: Order;
let refund: string;
let payout: string;

const DAY = `day:${OVER}`;
const { texts, journalsOf, proofOf } = reversing(() => world);

beforeAll(async () => {
  world = await openWorld(AT_ONCE);
  order = await pay(world, 10_000);
  await expectBookedOnce(world, order);
  const [charge = ""] = order.chargeIds;
  refund = (await world.stripe.refunds.create({ charge, amount: 4_000 })).id;
  await until("the refund to be booked", async () => (await texts([refund])).length === 2);
  const noon = Date.parse(`${OVER}T17:00:00Z`) / 1_000;
  for (const [amount, description] of [
    [-500, "Billing - Usage Fee"],
    [-120, "Radar"],
  ]) {
    await world.stripeAdmin("/balance_transactions", {
      ...{ amount, description, currency: "usd", created: noon },
      ...{ type: "stripe_fee", reporting_category: "fee" },
    });
  }
  const made = await world.stripeAdmin<Row>("/payouts", { amount: 1_000, currency: "usd" });
  payout = String(made.id);
  for (const _step of ["in transit", "paid"]) {
    await world.stripeAdmin(`/payouts/${payout}/step`, {});
  }
  await proofOf(OVER);
  await until("the fees to be booked", async () => (await journalsOf(DAY)).count === 1);
  await until("the payout to be booked", async () => (await journalsOf(payout)).count === 2);
  await allIdle();
  await loseAll();
  await rebuild(world);
  await allIdle();
  await proofOf();
  await allIdle();
});

afterAll(() => world.close());

/** All that the hub has noted of its work is gone; what it is set up with stays. */
async function loseAll(): Promise<void> {
  const tables = await world.sql(
    `select table_name as name from information_schema.tables
     where table_schema = current_schema() and table_type = 'BASE TABLE'
       and table_name not in ('slipway_migration', 'pair_state', 'site_probe')`,
  );
  await world.sql(`truncate ${tables.map(({ name }) => String(name)).join(", ")} cascade`);
  await world.restartHub();
}

/** Nothing is due but days that are not over. */
async function allIdle(): Promise<void> {
  await until("all lanes to be idle", async () => {
    const busy = await world.sql(
      `select key, waits_for from lane
       where owner is not null or due_at < now() + interval '1 minute'`,
    );
    if (busy.length > 0) throw new Error(`Busy: ${JSON.stringify(busy)}`);
    return true;
  });
}

const PROVEN = { difference: "0.00", findings: [], isProven: true };

async function expectProven(): Promise<void> {
  expect([await proofOf(OVER), await proofOf()]).toMatchObject([PROVEN, PROVEN]);
}

test("each day is proved by documents that were found again", async () => {
  const known = await world.sql("select draft from intent where draft_hash = 'rebuilt'");

  expect(known.map(({ draft }) => draft)).toEqual(known.map(() => ({})));
  expect(known.length).toBeGreaterThan(6);
  await expectProven();
});

test("what was found again is of the lane of its sale, and payouts have their rows", async () => {
  const lanes = await world.sql(
    `select distinct lane_key from intent
     where draft_hash = 'rebuilt' and purpose <> 'customer' order by 1`,
  );
  const owned = await world.sql(
    "select i.object from row_owner o join intent i on i.key = o.intent_key",
  );

  expect(lanes.map((row) => row.lane_key)).toEqual([DAY, order.id, payout].sort());
  expect(owned.map(({ object }) => object)).toEqual(expect.arrayContaining([payout, DAY, refund]));
});

/** What the watch says of all that was ever booked; documents of this minute are left to runs. */
async function look(): Promise<WatchAnswer["findings"]> {
  await world.sql("update intent set updated_at = now() - interval '1 hour'");
  const path = `/api/pairs/${world.pair}/watch`;
  const { state: before } = await world.api<WatchAnswer>(path, {
    ...{ method: "POST", body: { full: true } },
  });
  const { state, findings } = await until("the look to end", async () => {
    const answer = await world.api<WatchAnswer>(path);
    const isOver = answer.state?.isRunning === false && answer.state.isAsked === false;
    return isOver && answer.state?.endedAt !== before?.endedAt ? answer : undefined;
  });
  expect(state?.trouble).toBeNull();
  expect(state?.checked).toBeGreaterThan(6);
  return findings;
}

test("the watch takes nothing that was found again for edited", async () => {
  expect(await look()).toEqual([]);
});
