import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { decide, openlyParked, trimmed, untilQuiet } from "./books.ts";
import { wake } from "./restores.ts";
import { addRows } from "./stripe-rows.ts";

// A journal of a day that cannot be booked as things are, beside others of that day that can.

const DAY_MS = 24 * 3_600_000;
/** Noon in New York of a day so many days ago, in seconds. */
const noon = (daysAgo: number) =>
  Math.floor((Date.now() - daysAgo * DAY_MS) / DAY_MS) * 86_400 + 17 * 3_600;
const dayOf = (seconds: number) => new Date(seconds * 1_000).toISOString().slice(0, 10);
const laneOf = (daysAgo: number) => `day:${dayOf(noon(daysAgo))}`;

let world: World;

beforeAll(async () => {
  world = await openWorld({ "journal-delay": 0, "stripe.events-since": dayOf(noon(9)) });
});

afterAll(() => world.close());

/** A row in cents, currency and category. */
type Wanted = readonly [cents: number, currency: string, category?: string];

const aRow = (daysAgo: number, [cents, currency, category = "fee"]: Wanted) => ({
  ...{ amount: -cents, currency, created: noon(daysAgo), description: "Billing - Usage Fee" },
  ...{ type: category === "fee" ? "stripe_fee" : category, reporting_category: category },
});

/**
 * Rows of Stripe's own, once the hub has read them and their day has come to rest. The hub reads on
 * from the newest row: each test has a later day.
 */
function withRows(daysAgo: number, ...wanted: readonly Wanted[]): Promise<string[]> {
  return withAll(
    daysAgo,
    wanted.map((one) => aRow(daysAgo, one)),
  );
}

async function withAll(daysAgo: number, wanted: readonly object[]): Promise<string[]> {
  const ids = await addRows(world, wanted);
  await until("the rows to be read", async () => {
    await world.api("/api/rows/sweep", { method: "POST", body: { pair: world.pair } });
    const found = await world.sql("select row_id from balance_row where row_id = any ($1)", [ids]);
    return found.length === ids.length;
  });
  await rest(daysAgo);
  return ids;
}

/** The day runs, whatever it has to do. */
async function rest(daysAgo: number): Promise<void> {
  const runs = async () => {
    const [row] = await world.sql("select max(id) as id from run where lane_key = $1", [
      laneOf(daysAgo),
    ]);
    return Number(row?.id ?? 0);
  };
  const before = await runs();
  await until("the day to run", async () => {
    await wake(world, laneOf(daysAgo));
    return (await runs()) > before;
  });
  await untilQuiet(world, laneOf(daysAgo));
}

async function caseOf(daysAgo: number): Promise<Row> {
  const [row = {}] = await openlyParked(world, laneOf(daysAgo));
  return row;
}

async function dismiss(daysAgo: number): Promise<void> {
  await decide(world, await caseOf(daysAgo), "dismiss", { reason: "booked by hand" });
  await rest(daysAgo);
}

/** What SL has booked of a day on fees and suspense, as `USD 5.00`. */
async function booked(daysAgo: number): Promise<string[]> {
  const lines = await world.slRows("GLTran");
  return lines
    .filter((row) => ["6105", "2900"].includes(trimmed(row.Acct)) && row.Rlsed === 1)
    .filter((row) => trimmed(row.TranDate).startsWith(dayOf(noon(daysAgo))))
    .map((row) => `${trimmed(row.CuryId)} ${Number(row.CuryDrAmt).toFixed(2)}`)
    .toSorted();
}

/** SL forgets every rate. */
async function forgetRates(): Promise<void> {
  for (const { FromCuryId, ToCuryId, RateType, EffDate } of await world.slRows("CuryRate")) {
    const where = { FromCuryId, ToCuryId, RateType, EffDate };
    await world.slAdmin("/rows", { table: "CuryRate", where, set: {}, remove: true });
  }
}

test("a currency without a clearing account stops no other currency of its day", async () => {
  const [euro = ""] = await withRows(7, [300, "eur"], [500, "usd"]);

  expect(await booked(7)).toEqual(["USD 5.00"]);
  expect(await caseOf(7)).toMatchObject({
    code: "mapping.account_missing",
    facts: { setting: "accounts.clearing.EUR", rows: euro, money: `${euro} gross` },
  });
});

test("whoever dismisses a journal loses no other fee of its day", async () => {
  await dismiss(7);
  await world.set("accounts.clearing.EUR", "1096/000000000000");

  await withRows(7, [200, "eur"], [700, "usd"]);

  expect(await booked(7)).toEqual(["EUR 2.00", "USD 5.00", "USD 7.00"]);
  expect(await caseOf(7)).toEqual({});
});

test("a journal that was dismissed is booked once somebody resumes its case", async () => {
  const [parked] = (await world.api<{ rows: Row[] }>(`/api/parked?lane=${laneOf(7)}`)).rows;

  await decide(world, parked ?? {}, "resume");
  await rest(7);

  expect(await booked(7)).toEqual(["EUR 2.00", "EUR 3.00", "USD 5.00", "USD 7.00"]);
});

test("a currency of which SL has no rate yet stops no other currency of its day", async () => {
  await forgetRates();

  const [euro = ""] = await withRows(6, [300, "eur"], [500, "usd"]);

  expect(await booked(6)).toEqual(["USD 5.00"]);
  expect(await caseOf(6)).toMatchObject({
    code: "mapping.rate_missing",
    facts: { rows: euro, money: `${euro} gross` },
  });
});

test("a part that joins a journal after its dismissal parks, and doubles nothing", async () => {
  const [first = ""] = await withRows(5, [300, "eur"]);
  const [second = ""] = await withRows(5, [400, "eur"]);
  const named = await caseOf(5);
  const key = "update parked set facts = jsonb_set(facts, '{money}', $2) where lane_key = $1";
  await world.sql(key, [laneOf(5), JSON.stringify(`${first} gross`)]);

  await dismiss(5);

  expect(JSON.stringify(named.facts)).toContain(`${second} gross`);
  expect(await caseOf(5)).toMatchObject({
    code: "conflict.dismissed",
    facts: { unseen: `${second} gross`, money: `${first} gross, ${second} gross` },
  });
});

test("a dismissal of before that named no row is asked for again, with all of them", async () => {
  const ids = await withRows(4, [300, "eur"]);
  await world.sql("update parked set facts = facts - 'money' where lane_key = $1", [laneOf(4)]);
  await dismiss(4);

  expect(await caseOf(4)).toMatchObject({
    code: "conflict.dismissed",
    facts: { rows: ids.join(), money: `${ids[0]} gross` },
  });
  await dismiss(4);
  expect(await caseOf(4)).toEqual({});
});

test("a journal that SL refuses is left alone once dismissed, and no other one", async () => {
  const match = { service: "journalTransactions", actionType: "RELEASENOW" };
  const effect = { kind: "refuse", message: "Not today" };
  await world.slAdmin("/faults", { match, effect, times: null });
  const [strange = ""] = await withRows(3, [900, "usd", "brand_new"], [500, "usd"]);
  const refused = await caseOf(3);
  await world.slAdmin("/faults", undefined, "DELETE");

  await dismiss(3);

  expect(refused).toMatchObject({ code: "erp.refused", facts: { money: `${strange} gross` } });
  expect(await booked(3)).toEqual(["USD 5.00"]);
  expect(await caseOf(3)).toEqual({});
});

test("a row that was dismissed is not booked by itself once it could be", async () => {
  await world.set("unknown-category", "park");
  const [strange = ""] = await withRows(2, [900, "usd", "stranger"]);
  const parked = await caseOf(2);
  await dismiss(2);
  await world.set("unknown-category", "suspense");

  await withRows(2, [500, "usd"]);

  expect(parked).toMatchObject({
    code: "mapping.row_unknown",
    facts: { money: `${strange} gross` },
  });
  expect(await booked(2)).toEqual(["USD 5.00"]);
});

test("a row that an earlier version dismissed and then planned is not booked", async () => {
  await world.set("unknown-category", "park");
  const [odd = ""] = await withRows(2, [800, "usd", "odder"]);
  await dismiss(2);
  // That version named the row alone, and planned it once the setting was changed.
  await world.sql(
    `update parked set facts = facts || jsonb_build_object('money',
       replace(facts ->> 'money', ' gross', '')) where lane_key = $1`,
    [laneOf(2)],
  );
  await world.sql(
    `insert into journal_row (pair, row_id, part, lane_key, object, purpose, journal_part,
       is_suspense)
     values ($1, $2, 'gross', $3, $3, 'category', 'category:USD:1', true)`,
    [world.pair, odd, laneOf(2)],
  );
  await world.set("unknown-category", "suspense");

  await withRows(2, [600, "usd"]);

  expect(await booked(2)).toEqual(["USD 5.00", "USD 6.00"]);
  expect(await caseOf(2)).toEqual({});
});

test("a fee that was dismissed goes with no payout, whatever `fees` says later", async () => {
  await world.set("unknown-category", "park");
  const earning = aRow(1, [-100_000, "usd", "platform_earning"]);
  const fee = { fee: 300, fee_details: [{ amount: 300, type: "mystery" }] };
  const [row = ""] = await withAll(1, [{ ...earning, ...fee, available_on: noon(1) }]);
  const parked = await caseOf(1);
  await dismiss(1);
  await world.set("unknown-category", "suspense");
  await world.set("fees", "per-payout");

  const lane = await payoutOfToday();

  expect(parked).toMatchObject({ facts: { money: `${row} fee` } });
  expect(await booked(1)).toEqual([]);
  const [run] = await world.sql("select reason from run where lane_key = $1", [lane]);
  expect(String(run?.reason)).toContain("is left to book");
  const taken = await world.sql("select payout_id from balance_row where row_id = $1", [row]);
  expect(taken).toEqual([{ payout_id: lane.replace("fees:", "") }]);
});

/** @returns the lane of its fees, once that has come to rest with the list read */
async function payoutOfToday(): Promise<string> {
  const { payouts } = await world.stripeAdmin<{ payouts: { id: string }[] }>("/payouts/now", {
    currency: "usd",
  });
  const lane = `fees:${payouts[0]?.id}`;
  await until("the fees of the payout to run", async () => {
    await wake(world, lane);
    return (await world.sql("select from run where lane_key = $1", [lane])).length > 0;
  });
  await untilQuiet(world, lane);
  return lane;
}
