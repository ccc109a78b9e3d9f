import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/postgres.ts";
import { openPool } from "../db/index.ts";
import { someSettings } from "../mapping/testing/builders.ts";
import { aLedgerRow } from "../mapping/testing/ledger-rows.ts";
import { openParts, settleRows } from "./open-rows.ts";
import { keepRows } from "./rows.ts";
import { wakeOwners } from "./wake-owners.ts";

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "test-open-rows", connectWithinMs: 5_000 });
});
beforeEach(() => pool.query("truncate balance_row, row_owner, journal_row, lane cascade"));
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

const PAIR = "acme";
const settings = someSettings();
const daysAgo = (days: number) => new Date(Date.now() - days * 24 * 3_600_000);

type Kept = Parameters<typeof aLedgerRow>[0];
const keep = (...rows: readonly Kept[]) => keepRows(pool, PAIR, rows.map(aLedgerRow));
const own = (rowId: string, part: string) =>
  pool.query("insert into row_owner values ($1, $2, $3, 'K')", [PAIR, rowId, part]);

async function openOf(by = settings) {
  await settleRows(pool, { id: PAIR, settings: by });
  return openParts(pool, { id: PAIR, settings: by }, { limit: 10 });
}

const names = async (by = settings) =>
  (await openOf(by)).map(({ row, part }) => `${row.id} ${part}`);

test("a row is settled once each of its parts has its owner", async () => {
  await keep({ id: "txn_1", fees: { stripe_fee: 30 } }, { id: "txn_2" });
  await own("txn_1", "gross");
  await own("txn_2", "gross");

  expect(await names()).toEqual(["txn_1 fee"]);
  await own("txn_1", "fee");
  expect(await names()).toEqual([]);
});

describe("both rows of a debit that never was money", () => {
  const charge = { id: "txn_1", sourceId: "py_1", type: "payment", gross: 20_000 };
  const failure = { category: "charge_failure", type: "payment_failure_refund", gross: -20_000 };
  const pairOf = (days: number, first: Kept = {}, second: Kept = {}) =>
    keep(
      { ...charge, created: daysAgo(days + 4), ...first },
      { ...charge, ...failure, id: "txn_2", created: daysAgo(days), ...second },
    );
  const BOTH = ["txn_1 gross", "txn_2 gross"];

  test("are settled a week after it failed, as they cancel each other", async () => {
    await pairOf(8);

    expect(await names()).toEqual([]);
  });

  test.each<[string, number, Kept, Kept]>([
    ["before that week is over", 6, {}, {}],
    ["where they leave a cent", 8, {}, { gross: -19_999 }],
    ["where nothing of it has failed", 8, {}, { category: "charge", type: "payment" }],
    ["where one is of something else", 8, { category: "refund", type: "refund" }, {}],
  ])("stay open %s", async (_what, days, first, second) => {
    await pairOf(days, first, second);

    expect(await names()).toEqual(BOTH);
  });

  test("stay open where a document owns one of them", async () => {
    await pairOf(8);
    await own("txn_1", "gross");

    expect(await names()).toEqual(["txn_2 gross"]);
  });
});

test("rows of before the start are settled, and open again once it is moved back", async () => {
  const at = (hour: string) => ({ created: new Date(`2026-03-10T${hour}Z`) });
  await keep({ id: "txn_1", ...at("03:59:59") }, { id: "txn_2", ...at("04:00:00") });

  expect(await names({ ...settings, start: "2026-03-10" })).toEqual(["txn_2 gross"]);
  expect(await names({ ...settings, start: "2026-03-11" })).toEqual([]);
  expect(await names({ ...settings, start: "2026-03-10" })).toEqual(["txn_2 gross"]);
  expect(await names()).toEqual(["txn_1 gross", "txn_2 gross"]);
});

test("the fee of a payment waits for its gross, and any other fee for nothing", async () => {
  const fees = { stripe_fee: 30 };
  await keep(
    { id: "txn_1", sourceId: "ch_1", fees },
    { id: "txn_2", sourceId: "po_1", category: "payout", type: "payout", gross: -5_000, fees },
    { id: "txn_3", sourceId: "ch_3", fees },
  );
  await own("txn_3", "gross");

  const waiting = (await openOf()).filter(({ part }) => part === "fee");

  expect(waiting.map(({ row, isWaiting }) => [row.id, isWaiting])).toEqual([
    ["txn_1", true],
    ["txn_2", false],
    ["txn_3", false],
  ]);
});

test("a charge that nobody has booked is woken without the day that takes its fee", async () => {
  await keep({ id: "txn_1", sourceId: "ch_1", fees: { stripe_fee: 30 } });
  await pool.query("update balance_row set read_at = now() - interval '16 minutes'");
  const woken = async () => {
    await wakeOwners(pool, { id: PAIR, settings });
    const { rows } = await pool.query<{ key: string }>("select key from lane order by key");
    return rows.map(({ key }) => key);
  };

  expect(await woken()).toEqual(["ch_1"]);
  await own("txn_1", "gross");
  await pool.query("update balance_row set woken_at = null");
  expect(await woken()).toEqual(["ch_1", "day:2026-03-10"]);
});

test("a part stays with the lane that has pinned it", async () => {
  await keep({ id: "txn_1", category: "transfer", type: "transfer", gross: -500 });
  const lanes = async () => (await openOf()).map(({ laneKey }) => laneKey);

  const before = await lanes();
  await pool.query(
    `insert into journal_row (pair, row_id, part, lane_key, object, purpose, journal_part,
       is_suspense)
     values ($1, 'txn_1', 'gross', 'day:2026-03-09', 'day:2026-03-09', 'category', 'x', false)`,
    [PAIR],
  );

  expect([before, await lanes()]).toEqual([["day:2026-03-10"], ["day:2026-03-09"]]);
});
