import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../test/support/postgres.ts";
import type { BalanceRow } from "../../canonical/sale.ts";
import { openPool } from "../../db/index.ts";
import { keepPayoutList, spanOfDay } from "../../ledger/index.ts";
import { someSettings, usd } from "../../mapping/testing/builders.ts";
import { aLedgerRow } from "../../mapping/testing/ledger-rows.ts";
import { wakeLateFees } from "./late-fees.ts";

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "late-fees-test", max: 2 });
});
beforeEach(() => pool.query("truncate lane"));
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

const HOUR_MS = 3_600_000;
const ZONE = "America/New_York";
const dayOf = (at: Date) => new Intl.DateTimeFormat("en-CA", { timeZone: ZONE }).format(at);
const daysAgo = (days: number) => new Date(Date.now() - days * 24 * HOUR_MS);

function aRow(created: Date, fee = 320): BalanceRow {
  return { id: "txn_1", category: "charge", gross: usd(10_000), fee: usd(fee), created };
}

/** The lanes that are due now, after the rows of a payment were booked. */
async function dueAfter(
  rows: readonly BalanceRow[],
  journalDelay = 0,
  more: object = {},
): Promise<string[]> {
  const settings = someSettings({ "journal-delay": journalDelay, ...more });
  const nothing = undefined as never;
  const ports = { stripe: nothing, erp: nothing, reference: nothing };
  await wakeLateFees({ pool, pair: { id: "acme-us", settings, ...ports } }, { rows });
  const found = await pool.query<{ key: string }>(
    "select key from lane where due_at <= clock_timestamp() order by key",
  );
  return found.rows.map(({ key }) => key);
}

test("the fee of a payment that was booked late wakes its day, once for all rows", async () => {
  const days = [daysAgo(9), daysAgo(6)];
  const rows = [...days, ...days].map((created) => aRow(created));

  expect(await dueAfter(rows)).toEqual(days.map((day) => `day:${dayOf(day)}`));
});

test("a day is that of the books, from its first second to its last", async () => {
  const day = dayOf(daysAgo(4));
  const { until } = spanOfDay(day, ZONE);
  const next = dayOf(until);

  expect(await dueAfter([aRow(new Date(until.getTime() - 1_000))])).toEqual([`day:${day}`]);
  expect(await dueAfter([aRow(until)])).toEqual([`day:${day}`, `day:${next}`]);
});

test("a row without a fee, and one of a day that is not over, wake nothing", async () => {
  expect(await dueAfter([aRow(daysAgo(5), 0), aRow(new Date())])).toEqual([]);
});

test("a day whose journals are not due yet is left to its own time", async () => {
  // As long after the end of its day as journals wait, less a moment.
  const { from } = spanOfDay(dayOf(new Date()), ZONE);
  const hoursSince = Math.ceil((Date.now() - from.getTime()) / HOUR_MS) + 1;
  const yesterday = new Date(from.getTime() - 1_000);

  expect(await dueAfter([aRow(yesterday)], hoursSince)).toEqual([]);
  expect(await dueAfter([aRow(yesterday)], 0)).toEqual([`day:${dayOf(yesterday)}`]);
});

test("the payout that took a fee along before its payment was booked is woken", async () => {
  const row = aLedgerRow({ id: "txn_1", created: new Date(), fees: { stripe_fee: 320 } });
  const list = { pair: "acme-us", id: "po_1", madeAt: new Date() };
  async function* pages() {
    yield [row];
  }
  await keepPayoutList(pool, list, pages());
  const rows = [aRow(row.created)];

  expect(await dueAfter(rows)).toEqual([]);
  expect(await dueAfter(rows, 0, { fees: "per-payout" })).toEqual(["fees:po_1"]);
});
