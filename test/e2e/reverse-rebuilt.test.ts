import { afterAll, beforeAll, expect, test } from "vitest";
import type { WatchAnswer } from "../../src/api/contract.ts";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { expectBookedOnce, untilQuiet } from "./books.ts";
import { type Order, pay } from "./orders.ts";
import { allIdle, loseAll, rebuild, wake } from "./restores.ts";
import { reversing } from "./reversing.ts";
import { addRows } from "./stripe-rows.ts";
import { AT_ONCE, OVER } from "./trade.ts";

// A hub whose database is lost finds its documents in SL again. What it knows of each then is a key
// and a number; it takes them back all the same, by what SL shows of them.

let world: World;
let order: Order;
let refund: string;
let payout: string;
/** The drafts of the hub that was lost, by key. */
let drafts: ReadonlyMap<string, Row>;

const DAY = `day:${OVER}`;
const { slipway, reverse, texts, balancesOf, journalsOf, proofOf, untilIdle, loseAnswers } =
  reversing(() => world);

const sale = () => [order.id, ...order.chargeIds, refund];

beforeAll(async () => {
  world = await openWorld(AT_ONCE);
  order = await pay(world, 10_000);
  await expectBookedOnce(world, order);
  const [charge = ""] = order.chargeIds;
  refund = (await world.stripe.refunds.create({ charge, amount: 4_000 })).id;
  await until("the refund to be booked", async () => (await texts([refund])).length === 2);
  const created = Date.parse(`${OVER}T17:00:00Z`) / 1_000;
  const fee = { currency: "usd", created, type: "stripe_fee", reporting_category: "fee" };
  await addRows(world, [
    { ...fee, amount: -500, description: "Billing - Usage Fee" },
    { ...fee, amount: -120, description: "Radar" },
  ]);
  const made = await world.stripeAdmin<Row>("/payouts", { amount: 1_000, currency: "usd" });
  payout = String(made.id);
  for (const _step of ["in transit", "paid"]) {
    await world.stripeAdmin(`/payouts/${payout}/step`, {});
  }
  await proofOf(OVER);
  await until("the fees to be booked", async () => (await journalsOf(DAY)).count === 1);
  await until("the payout to be booked", async () => (await journalsOf(payout)).count === 2);
  await allIdle(world);
  const kept = await world.sql("select key, draft from intent where draft ? 'kind'");
  drafts = new Map(kept.map((row) => [String(row.key), row.draft as Row]));
  await loseAll(world);
  await rebuild(world);
  await allIdle(world);
  await proofOf();
  await allIdle(world);
});

afterAll(() => world.close());

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

test("a sale goes back with its refund whatever answers are lost, and again", async () => {
  const before = await balancesOf(sale());

  const refused = await reverse(order.id);
  const shown = await slipway("reverse", order.id, "--all");
  await loseAnswers();
  const done = await reverse(order.id, "--all");
  await until("all of it to be reversed", async () => (await texts(sale())).length === 8);
  await untilQuiet(world, order.id);
  const hits = await world.slAdmin<{ hits: number }[]>("/faults");
  await world.slAdmin("/faults", undefined, "DELETE");
  const between = [await texts(sale()), await balancesOf(sale())];
  await expectProven();
  await reverse(order.id, "--rebook");
  await until("all of it to be booked again", async () => (await texts(sale())).length === 12);
  await untilQuiet(world, order.id);

  expect(refused.err).toContain(`of ${refund}`);
  expect(shown.out).toContain("Nothing was changed");
  expect(done.out).toMatch(/DM \S+ takes back PA/);
  expect(hits.every(({ hits: count }) => Number(count) > 0)).toBe(true);
  expect(between).toEqual([
    [
      ...["IN 100 open 0", "PA 100 open 0", "DM 40 open 0", "CM 40 open 0"],
      ...["DM 40 open 0", "CM 40 open 0", "DM 100 open 0", "CM 100 open 0"],
    ],
    {},
  ]);
  expect((await texts(sale())).slice(8)).toEqual((await texts(sale())).slice(0, 4));
  expect(await balancesOf(sale())).toEqual(before);
  await expectProven();
});

test("journals of fees and of a payout go back, and are booked again", async () => {
  const journals = [
    [DAY, 1],
    [payout, 2],
  ] as const;
  const centsOf = async () => [(await journalsOf(DAY)).cents, (await journalsOf(payout)).cents];
  const before = await centsOf();
  const untilThere = async (id: string, count: number) => {
    await until(`${count} journals of ${id}`, async () => (await journalsOf(id)).count === count);
    await untilIdle(id);
  };

  for (const [id, count] of journals) {
    await reverse(id);
    await untilThere(id, 2 * count);
  }
  const between = await centsOf();
  await expectProven();
  for (const [id, count] of journals) {
    await reverse(id, "--rebook");
    await untilThere(id, 3 * count);
  }

  expect(between).toEqual([{}, {}]);
  expect(await centsOf()).toEqual(before);
  await expectProven();
});

/** What the hub alone has kept of a draft: SL does not give it back, and no reversal needs it. */
const OF_THE_HUB = [
  ...["description", "note", "userFields", "terms", "dueDate", "orderNumber", "role", "credits"],
];

function inSl(draft: unknown): unknown {
  return JSON.parse(JSON.stringify(draft), (name, value: unknown) => {
    if (OF_THE_HUB.includes(name)) return undefined;
    return name === "unitPrice" ? Number(value) : value;
  });
}

test("the content that SL gave back is what was booked", async () => {
  const kept = await world.sql(
    "select key, draft from intent where draft_hash = 'rebuilt' and draft ? 'kind'",
  );

  expect(kept).toHaveLength(7);
  expect(kept.map(({ draft }) => inSl(draft))).toEqual(
    kept.map(({ key }) => inSl(drafts.get(String(key)))),
  );
});

test("the watch finds nothing changed in what went back and was booked again", async () => {
  expect(await look()).toEqual([]);
});

test("a sale does not go back while a memo of its customer is of no sale yet", async () => {
  const forgotten = "object = $1 and purpose like 'refund-%' and reversed_by is null";
  await world.sql(
    `update intent set lane_key = object, draft_hash = 'rebuilt' where ${forgotten}`,
    [refund],
  );

  const refused = await slipway("reverse", order.id);
  await wake(world, order.id);
  await until("the memos to be of the sale", async () => {
    const own = await world.sql(`select lane_key from intent where ${forgotten}`, [refund]);
    return own.every((row) => row.lane_key === order.id);
  });
  const shown = await slipway("reverse", order.id, "--all");

  expect(refused.err).toMatch(/No run has come by.*refund-cash \S+ of re_\S+, refund-cause/);
  expect(shown.code).toBe(0);
});

test("what no run has come by since a rebuild is refused until one has", async () => {
  await loseAll(world);
  const report = await rebuild(world, { since: new Date(Date.now() + 60_000) });

  const refused = await slipway("reverse", order.id, "--all");
  await rebuild(world);
  const ofSale = "select outcome from run where outcome = 'booked' and lane_key = $1";
  await until("a run", async () => (await world.sql(ofSale, [order.id])).length > 0);
  const shown = await slipway("reverse", order.id, "--all");

  expect(report.unexplained).toEqual([]);
  expect(refused.code).toBe(1);
  expect(refused.err).toContain("No run has come by since a rebuild found them in SL: invoice");
  expect(refused.err).toContain("slipway rebuild demo --since");
  expect(shown.out).toContain("Nothing was changed");
});
