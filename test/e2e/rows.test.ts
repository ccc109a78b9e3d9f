import { afterAll, beforeAll, expect, test } from "vitest";
import type { ProofAnswer } from "../../src/api/contract.ts";
import { runCommand } from "../../src/cli/testing/run-command.ts";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { trimmed } from "./books.ts";
import { pay } from "./orders.ts";

const DAY_MS = 24 * 3_600_000;
/** A day in New York that is over, its noon in seconds. */
const NOON = Math.floor((Date.now() - 3 * DAY_MS) / 86_400_000) * 86_400 + 17 * 3_600;
const DAY = new Date(NOON * 1_000).toISOString().slice(0, 10);
const LANE = `day:${DAY}`;

let world: World;

beforeAll(async () => {
  const since = new Date(Date.now() - 9 * DAY_MS).toISOString().slice(0, 10);
  world = await openWorld({ "journal-delay": 0, "stripe.events-since": since });
});

afterAll(async () => {
  await world.close();
});

type Walks = {
  walks: { doneAt: string | null; trouble: object | null }[];
  rows: { id: string; part: string }[];
};

/** Lets the hub read Stripe's rows, and waits until a round has come to its end since. */
async function sweep(): Promise<void> {
  const [now] = await world.sql("select clock_timestamp() as at");
  await until("the pair to be met", async () => {
    const asked = { method: "POST", body: { pair: world.pair } };
    return (await world.api<Walks>("/api/rows/sweep", asked)).walks.length > 0;
  });
  await until("the rows to be read", async () => {
    const { walks } = await world.api<Walks>("/api/rows/unowned");
    if (Date.parse(walks[0]?.doneAt ?? "") >= Number(now?.at)) return true;
    throw new Error(`not read: ${JSON.stringify(walks)}`);
  });
}

const movement = (amount: number, category: string, more: object = {}) =>
  world.stripeAdmin<{ id: string }>("/balance_transactions", {
    amount,
    currency: "usd",
    type: category === "fee" ? "stripe_fee" : category,
    reporting_category: category,
    description: "Billing - Usage Fee",
    ...more,
  });

/** Rows are dated by Stripe; those of today are made rows of the day that is over. */
const makeOld = () => world.sql("update balance_row set created = to_timestamp($1)", [NOON]);

const wakeDay = () =>
  world.api("/api/replay", { method: "POST", body: { pair: world.pair, lane: LANE } });

/** The parts of rows that have no owner; empty once all of the day is booked. */
const openParts = async () => (await world.api<Walks>("/api/rows/unowned")).rows;

const allOwned = () =>
  until("every part to be owned", async () => (await openParts()).length === 0);

/** SL's journals: each line as `6100 D 3.20`, by batch. */
async function journals(): Promise<string[][]> {
  const lines = (await world.slRows("GLTran")).filter((row) => trimmed(row.Module) === "GL");
  const batches = Map.groupBy(lines, (row) => trimmed(row.BatNbr));
  return [...batches.values()].map((rows) =>
    rows.map((row) => {
      const debit = Number(row.CuryDrAmt);
      const side = debit > 0 ? `D ${debit.toFixed(2)}` : `C ${Number(row.CuryCrAmt).toFixed(2)}`;
      return `${trimmed(row.Acct)} ${side}`;
    }),
  );
}

async function releasedBatches(): Promise<Row[]> {
  const batches = await world.slRows("Batch");
  return batches.filter((row) => trimmed(row.Module) === "GL" && row.Rlsed === 1);
}

test("a row of a day that is over becomes a journal as soon as it is read", async () => {
  await movement(-500, "fee", { created: NOON });
  await sweep();

  await world.ended(LANE, ["booked"]);

  expect(await journals()).toEqual([["6105 D 5.00", "1095 C 5.00"]]);
  expect(await openParts()).toEqual([]);
});

test("rows that come later get journals of their own, however often the day runs", async () => {
  const orders = [await pay(world, 10_000), await pay(world, 25_000)];
  for (const { id } of orders) await world.ended(id, ["booked"]);
  const unknown = await movement(-1_234, "brand_new_category");
  await sweep();
  const fees = await world.sql("select sum(fee)::int as total from balance_row");
  await makeOld();

  await Promise.all([wakeDay(), wakeDay(), wakeDay()]);
  await allOwned();
  await wakeDay();
  await until("the day to sleep", async () => {
    const [lane] = await world.sql("select owner, due_at from lane where key = $1", [LANE]);
    return lane?.owner === null && lane.due_at === null;
  });

  const total = (Number(fees[0]?.total) / 100).toFixed(2);
  expect(await journals()).toEqual(
    expect.arrayContaining([
      ["6105 D 5.00", "1095 C 5.00"],
      [`6100 D ${total}`, `1095 C ${total}`],
      ["2900 D 12.34", "1095 C 12.34"],
    ]),
  );
  expect(await releasedBatches()).toHaveLength(3);
  expect(await world.sql("select row_id from journal_row where is_suspense")).toEqual([
    { row_id: unknown.id },
  ]);
});

test("each journal has its number, and each part of a row one owner", async () => {
  const parts = await world.sql(
    "select part from intent where object = $1 and stage = 'done' order by part",
    [LANE],
  );
  const owned = await world.sql(
    `select count(*)::int as owners, count(distinct (row_id, part))::int as parts,
       (select sum((gross <> 0)::int + (fee <> 0)::int)::int from balance_row) as all
     from row_owner`,
  );

  expect(parts.map(({ part }) => part)).toEqual(["category:USD:1", "fee:USD:1", "fee:USD:2"]);
  expect(owned).toEqual([{ owners: 6, parts: 6, all: 6 }]);
});

test("a rebuild takes the day's journals over, and none is booked again", async () => {
  const before = (await releasedBatches()).length;
  const mine = `(select key from intent where lane_key = '${LANE}')`;
  for (const table of ["row_owner", "receipt", "link"]) {
    await world.sql(`delete from ${table} where intent_key in ${mine}`);
  }
  await world.sql(`delete from attempt where key in ${mine}`);
  await world.sql("delete from journal_row");
  await world.sql(`delete from intent where lane_key = '${LANE}'`);
  await world.sql("update balance_row set settled_at = null");
  const body = { pair: world.pair, since: new Date(NOON * 1_000).toISOString() };

  const report = await world.api<{ unexplained: string[] }>("/api/rebuild", {
    method: "POST",
    body,
  });
  await wakeDay();

  await allOwned();
  expect(report.unexplained).toEqual([]);
  expect(await releasedBatches()).toHaveLength(before);
  const owners = await world.sql(
    "select count(distinct intent_key)::int as journals from row_owner",
  );
  expect(owners).toEqual([{ journals: before + 2 }]);
});

test("a row that cannot be booked parks its day, and its neighbours are booked", async () => {
  await world.set("unknown-category", "park");
  const strange = await movement(-700, "stranger_still");
  await movement(-250, "fee");
  await sweep();
  await makeOld();

  await wakeDay();

  const parked = await until("the day to park", async () => {
    const rows = await world.sql("select code, facts from parked where lane_key = $1", [LANE]);
    return rows[0];
  });
  expect(parked).toMatchObject({ code: "mapping.row_unknown", facts: { rows: strange.id } });
  expect(await openParts()).toMatchObject([{ id: strange.id, part: "gross" }]);
  expect((await journals()).at(-1)).toEqual(["6105 D 2.50", "1095 C 2.50"]);
});

test("what nobody owns is named with its reason, and counted", async () => {
  const { code, out } = await runCommand(["rows", "unowned", "--late"], {
    SLIPWAY_URL: world.hubUrl(),
    SLIPWAY_TOKEN: world.token,
  });
  const metrics = await fetch(`${world.hubUrl()}/metrics`, {
    headers: { authorization: `Bearer ${world.token}` },
  });

  expect(out).toMatch(
    /gross +-7\.00 +USD +stranger_still +day:\S+ +parked \(mapping\.row_unknown\)/,
  );
  expect(code).toBe(1);
  expect(await metrics.text()).toContain('slipway_rows_unowned{pair="demo",state="late"} 1');
});

test("a row in a currency that is not known stops no other, and is booked once it is", async () => {
  const created = NOON - 86_400;
  const day = new Date(created * 1_000).toISOString().slice(0, 10);
  const { id } = await movement(-300, "fee", { currency: "zwg", created });
  await movement(-450, "fee", { created });
  const sweepAll = async () => {
    await world.sql("update event_walk set position = since, deep_at = null where kind = 'rows'");
    await sweep();
  };
  const open = async () => (await openParts()).filter((one) => one.id === id);

  await sweepAll();
  await world.ended(`day:${day}`, ["booked"]);
  const booked = (await journals()).at(-1);
  const { proofs } = await world.api<ProofAnswer>(`/api/pairs/${world.pair}/proof?date=${day}`);
  const unknown = await open();
  // As if a version had come that knows it.
  await world.sql(
    `update balance_row set currency = 'USD', read_at = now() - interval '1 hour', woken_at = null
     where row_id = $1`,
    [id],
  );
  await sweepAll();
  await until("the row to be owned", async () => (await open()).length === 0);

  expect(booked).toEqual(["6105 D 4.50", "1095 C 4.50"]);
  expect(proofs.map(({ currency }) => currency)).toEqual(["USD"]);
  expect(unknown).toMatchObject([
    {
      part: "gross",
      amount: "-300",
      currency: "ZWG",
      laneKey: null,
      reason: "a currency that this version does not know: the amount is in its smallest units",
    },
  ]);
  expect((await journals()).at(-1)).toEqual(["6105 D 3.00", "1095 C 3.00"]);
});
