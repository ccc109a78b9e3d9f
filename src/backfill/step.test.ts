import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/postgres.ts";
import { silentLog } from "../base/log.ts";
import { money } from "../base/money.ts";
import type { LedgerRow, MoneyRow } from "../canonical/balance.ts";
import { openPool, withTransaction } from "../db/index.ts";
import { keepRows } from "../ledger/index.ts";
import { someSettings } from "../mapping/testing/builders.ts";
import { checkSpan, readBackfills, startBackfill, steerBackfill } from "./commands.ts";
import { factsOf } from "./facts.ts";
import { planBackfill } from "./plan.ts";
import { type BackfilledPair, stepBackfill } from "./step.ts";
import { claimBackfill } from "./store.ts";

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "backfill-test", max: 4 });
});
beforeEach(async () => {
  await pool.query("truncate balance_row, backfill, lane, run, hub_process cascade");
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const FROM = new Date("2026-03-02T05:00:00Z");
const UNTIL = new Date("2026-03-05T05:00:00Z");

/** A charge at noon of a day in New York. */
function aRow(day: string, nr: number, change: Partial<LedgerRow> = {}): MoneyRow {
  const usd = (minor: number) => money(minor, "USD");
  const row: LedgerRow = {
    ...{ id: `txn_${nr}`, created: new Date(`${day}T17:00:00Z`), category: "charge" },
    ...{ type: "charge", gross: usd(1_000), fee: usd(30), net: usd(970), feeDetails: [] },
    ...{ balanceType: "payments", status: "available", availableOn: undefined },
    ...{ sourceId: `ch_${nr}`, description: "", exchangeRate: undefined, ...change },
  };
  return { row, laneKey: `pi_${nr}`, chargeId: `ch_${nr}` };
}

const ROWS = [aRow("2026-03-04", 3), aRow("2026-03-03", 2), aRow("2026-03-02", 1)];

/** Lists what it has of a span, newest first, and notes what it was asked for. */
function aPair(rows: readonly MoneyRow[], asked: string[] = []): BackfilledPair {
  return {
    id: "acme-us",
    settings: someSettings(),
    callLimit: 1,
    stripe: {
      listMoneyRows: async function* ({ from, until }) {
        asked.push(`${from.toISOString().slice(0, 10)} ${until?.toISOString().slice(0, 10)}`);
        const own = rows.filter(
          ({ row }) => row.created >= from && (until === undefined || row.created < until),
        );
        yield { rows: own, isLast: true };
      },
      listInvoicesPaidApart: async function* () {
        yield { laneKey: "in_1", at: new Date("2026-03-03T18:00:00Z") };
      },
    },
  };
}

const begin = (perMinute?: number) =>
  withTransaction(pool, (tx) =>
    startBackfill(tx, "acme-us", { from: FROM, until: UNTIL, perMinute, by: "maria" }),
  );
const steer = (act: "pause" | "resume" | "cancel") =>
  withTransaction(pool, (tx) => steerBackfill(tx, "acme-us", act));

async function step(pair: BackfilledPair, owner = "hub-a"): Promise<boolean> {
  const claimed = await claimBackfill(pool, owner, [pair.id]);
  if (claimed === undefined) return false;
  const deps = { pool, log: silentLog, signal: new AbortController().signal };
  await stepBackfill(deps, claimed, pair);
  return true;
}

const newest = async () => (await readBackfills(pool, "acme-us", 1))[0];
const lanes = async () => {
  const { rows } = await pool.query<{ key: string }>("select key from lane order by key");
  return rows.map(({ key }) => key);
};

/** Every lane that was woken comes to its end. */
async function endLanes(): Promise<void> {
  await pool.query(
    `insert into run (pair, lane_key, kind, started_at, worker, outcome, reason)
     select pair, key, 'charge', now(), 'test', 'booked', '' from lane where due_at is not null`,
  );
  await pool.query("update lane set due_at = null");
}

test("a span is listed by days, and its lanes are woken before their journals", async () => {
  const asked: string[] = [];
  const pair = aPair(ROWS, asked);
  await begin();
  for (let day = 0; day < 3; day += 1) await step(pair);
  expect(asked).toEqual([
    "2026-03-02 2026-03-03",
    "2026-03-03 2026-03-04",
    "2026-03-04 2026-03-05",
  ]);
  expect(await newest()).toMatchObject({ state: "booking", facts: 7, woken: 0 });

  const order: string[][] = [];
  for (let turn = 0; turn < 8 && (await newest())?.state === "booking"; turn += 1) {
    await step(pair);
    const known = new Set(order.flat());
    order.push((await lanes()).filter((key) => !known.has(key)));
    await endLanes();
  }

  expect(order.filter((keys) => keys.length > 0)).toEqual([
    ["pi_1"],
    ["day:2026-03-02"],
    ["in_1", "pi_2"],
    ["day:2026-03-03"],
    ["pi_3"],
    ["day:2026-03-04"],
  ]);
  expect(await newest()).toMatchObject({ state: "done", ended: 7, booked: 7 });
});

test("a day waits for all before it, and the end for the last lane", async () => {
  const pair = aPair([aRow("2026-03-02", 1)]);
  const alone = { ...pair, stripe: { ...pair.stripe, listInvoicesPaidApart: noInvoices } };
  await begin();
  for (let day = 0; day < 4; day += 1) await step(alone);
  await step(alone);
  expect(await lanes()).toEqual(["pi_1"]);

  await endLanes();
  await step(alone);
  await step(alone);
  expect(await lanes()).toEqual(["day:2026-03-02", "pi_1"]);
  expect(await newest()).toMatchObject({ state: "booking", ended: 1 });

  await endLanes();
  await step(alone);
  expect(await newest()).toMatchObject({ state: "done", ended: 2 });
});

async function* noInvoices(): AsyncIterable<never> {}

test("a lane that failed waits for its next run, however an earlier one had ended", async () => {
  await pool.query(
    "insert into lane (pair, key, wake, due_at) values ('acme-us', 'pi_1', 1, now())",
  );
  await endLanes();
  const pair = aPair([aRow("2026-03-02", 1)]);
  const alone = { ...pair, stripe: { ...pair.stripe, listInvoicesPaidApart: noInvoices } };
  await begin();
  for (let day = 0; day < 4; day += 1) await step(alone);
  // Its run threw, which leaves no run behind.
  await pool.query("update lane set due_at = now() + interval '15 minutes' where key = 'pi_1'");

  await step(alone);
  const before = await newest();
  await pool.query("update lane set due_at = now()");
  await endLanes();
  await step(alone);

  expect([before, await newest()]).toMatchObject([{ ended: 0 }, { ended: 1 }]);
});

test("a day of too many pages is taken in quarters, and nothing of it is lost", async () => {
  const rows = Array.from({ length: 50 }, (_, nr) =>
    aRow("2026-03-02", nr, { created: new Date(FROM.getTime() + nr * 25 * 60_000) }),
  );
  const pair = aPair([]);
  const listMoneyRows: typeof pair.stripe.listMoneyRows = async function* ({ from, until }) {
    const own = rows.filter(
      ({ row }) => row.created >= from && (until === undefined || row.created < until),
    );
    for (const [at, one] of own.entries()) yield { rows: [one], isLast: at === own.length - 1 };
    if (own.length === 0) yield { rows: [], isLast: true };
  };
  await begin();

  await step({ ...pair, stripe: { ...pair.stripe, listMoneyRows } });
  const first = await newest();
  for (let turn = 0; turn < 12 && (await newest())?.state === "listing"; turn += 1) {
    await step({ ...pair, stripe: { ...pair.stripe, listMoneyRows } });
  }

  expect(first?.position).toEqual(new Date("2026-03-02T11:00:00Z"));
  const { rowCount } = await pool.query("select from balance_row");
  expect(rowCount).toBe(50);
});

test("no more lanes are woken in a minute than were asked for", async () => {
  const pair = aPair([1, 2, 3].map((nr) => aRow("2026-03-02", nr)));
  await begin(2);

  for (let turn = 0; turn < 6; turn += 1) await step(pair);
  const woken = await lanes();
  await endLanes();
  await step(pair);
  const later = await lanes();
  await pool.query("update backfill_fact set woken_at = woken_at - interval '61 seconds'");
  await step(pair);

  expect([woken, later]).toEqual([
    ["pi_1", "pi_2"],
    ["pi_1", "pi_2"],
  ]);
  expect(await lanes()).toEqual(["pi_1", "pi_2", "pi_3"]);
});

test("only rows that it is to wake a lane for, and that nobody knew, are held", async () => {
  const other = aRow("2026-03-02", 3, { balanceType: "risk_reserved" });
  const known = aRow("2026-03-02", 2);
  await keepRows(pool, "acme-us", [known.row]);
  await begin();

  await step(aPair([aRow("2026-03-02", 1), known, other]));

  const held = await pool.query("select row_id from balance_row where held_for is not null");
  expect(held.rows).toEqual([{ row_id: "txn_1" }]);
});

test("rows of one lane on several days are one fact, as of the first of them", async () => {
  const late = { ...aRow("2026-03-04", 9), laneKey: "pi_1" };
  const pair = aPair([aRow("2026-03-02", 1), late]);
  await begin();
  for (let day = 0; day < 3; day += 1) await step(pair);

  const { rows } = await pool.query(
    `select at, array(select unnest(row_ids) order by 1) as rows from backfill_fact
     where lane_key = $1`,
    ["pi_1"],
  );

  expect(rows).toEqual([{ at: new Date("2026-03-02T17:00:00Z"), rows: ["txn_1", "txn_9"] }]);
});

test("a hub that died keeps a backfill for no longer than its lease", async () => {
  const pair = aPair(ROWS);
  await begin();
  await claimBackfill(pool, "dead-hub", ["acme-us"]);

  expect(await step(pair, "hub-b")).toBe(false);
  await pool.query("update backfill set lease_until = now() - interval '1 second'");

  expect(await step(pair, "hub-b")).toBe(true);
  expect((await newest())?.position).toEqual(new Date("2026-03-03T05:00:00Z"));
});

test("a hub whose step outlasts its lease keeps the backfill while it lives", async () => {
  const pair = aPair(ROWS);
  await begin();
  await pool.query("insert into hub_process (id) values ('hub-a')");
  const slow = await claimBackfill(pool, "hub-a", ["acme-us"]);
  await pool.query("update backfill set lease_until = now() - interval '1 second'");

  expect(await step(pair, "hub-b")).toBe(false);
  const deps = { pool, log: silentLog, signal: new AbortController().signal };
  if (slow !== undefined) await stepBackfill(deps, slow, pair);

  expect((await newest())?.position).toEqual(new Date("2026-03-03T05:00:00Z"));
});

test("a step of a hub that has lost its backfill writes nothing", async () => {
  const pair = aPair(ROWS);
  await begin();
  const claimed = await claimBackfill(pool, "hub-a", ["acme-us"]);
  await steer("pause");

  const deps = { pool, log: silentLog, signal: new AbortController().signal };
  if (claimed !== undefined) await stepBackfill(deps, claimed, pair);

  expect(await newest()).toMatchObject({ position: FROM, facts: 0, isPaused: true });
  expect(await step(pair)).toBe(false);
  await steer("resume");
  expect(await step(pair)).toBe(true);
});

test("what a cancelled backfill has listed is left alone, until another one takes it", async () => {
  const pair = aPair(ROWS);
  await begin();
  for (let day = 0; day < 3; day += 1) await step(pair);
  await steer("cancel");

  expect(await step(pair)).toBe(false);
  expect(await lanes()).toEqual([]);
  const { rowCount } = await pool.query("select from balance_row where held_for is not null");
  expect(rowCount).toBe(3);
  await expect(steer("pause")).rejects.toThrow(/No backfill/);
  await begin();
  for (let turn = 0; turn < 4; turn += 1) await step(pair);
  expect(await lanes()).toEqual(["pi_1"]);
});

test("a pair has one backfill at work", async () => {
  await begin();

  await expect(begin()).rejects.toThrow(/already/);
});

test("lanes that webhooks have woken come first", async () => {
  const pair = aPair(ROWS);
  await begin();
  for (let day = 0; day < 3; day += 1) await step(pair);
  await pool.query(
    `insert into lane (pair, key, wake, due_at)
     select 'acme-us', 'live_' || n, 1, now() from generate_series(1, 4) n`,
  );

  await step(pair);

  expect((await newest())?.woken).toBe(0);
});

test("a row whose parts have their owner leads to no lane, one of another balance neither", () => {
  const pair = aPair([]);
  const owned = new Set(["txn_1 gross", "txn_1 fee", "txn_2 gross"]);
  const held = aRow("2026-03-04", 4, { balanceType: "risk_reserved" });

  const facts = factsOf([aRow("2026-03-02", 1), aRow("2026-03-03", 2), held], pair, owned);

  expect(facts.map(({ laneKey }) => laneKey)).toEqual(["day:2026-03-03"]);
});

test("days before the start are refused unless they are meant", () => {
  const pair = { id: "acme-us", settings: someSettings({ start: "2026-03-03" }) };
  const span = { from: FROM, until: UNTIL };

  expect(() => checkSpan(pair, { ...span, isBeforeStart: false })).toThrow(/what moved before it/);
  expect(() => checkSpan(pair, { ...span, isBeforeStart: true })).not.toThrow();
});

function planOf(pair: BackfilledPair, perMinute?: number) {
  const ends = "0131 0228 0331 0430 0531 0630 0731 0831 0930 1031 1130 1231".split(" ");
  const calendar = {
    ...{ periods: 12, periodEnds: ends, namedAfterStart: false },
    ...{ firstOpenReceivables: "202604", firstOpenLedger: "202604" },
  };
  return planBackfill(
    {
      ...{ pool, pair, stripe: pair.stripe, calendar, slCallMs: 100, perMinute },
      ...{ signal: new AbortController().signal, onProgress: () => {} },
    },
    { from: FROM, until: UNTIL },
  );
}

test("a plan counts by kind, tells closed periods up front, and estimates the time", async () => {
  const plan = await planOf(
    aPair([...ROWS, aRow("2026-03-02", 9, { category: "refund", type: "refund" })]),
  );

  expect(plan.kinds.map(({ kind, rows, documents }) => [kind, rows, documents])).toEqual([
    ["charge", 3, 6],
    ["refund", 1, 2],
  ]);
  expect(plan.closed).toEqual([{ period: "202603", rows: 4, bookedIn: "202604" }]);
  // 8 documents, 2 for each of 3 days and one invoice: 15, by 7 calls of 0.1 s, four at once.
  expect([plan.facts, plan.documents, plan.estimatedSeconds]).toEqual([8, 15, 3]);
  expect(await newest()).toBeUndefined();
});

test("a plan takes as long as its facts a minute make it", async () => {
  const rows = [...ROWS, aRow("2026-03-02", 9, { category: "refund", type: "refund" })];
  const plans = [await planOf(aPair(rows), 3), await planOf(aPair(rows), 8)];

  // 8 facts: three at once, three after a minute, two after another.
  expect(plans.map(({ estimatedSeconds }) => estimatedSeconds)).toEqual([120, 3]);
});

test("of a row whose document stands only the fee is still to be booked", async () => {
  await pool.query("truncate row_owner cascade");
  await pool.query("insert into row_owner values ('acme-us', 'txn_1', 'gross', 'K')");

  const plan = await planOf(aPair([aRow("2026-03-02", 1)]));

  expect(plan.kinds).toEqual([
    { kind: "fee of charge", rows: 1, documents: 0, amounts: [money(-30, "USD")] },
  ]);
});

test("a plan counts a row in a currency that is not known, without its amount", async () => {
  const none = { minor: 0n, currency: "ZWG" };
  const gross = { minor: 500n, currency: "ZWG" };

  const plan = await planOf(
    aPair([aRow("2026-03-02", 5), aRow("2026-03-02", 6, { gross, fee: none, net: gross })]),
  );

  expect(plan.kinds).toMatchObject([{ kind: "charge", rows: 2, amounts: [money(1_000, "USD")] }]);
});
