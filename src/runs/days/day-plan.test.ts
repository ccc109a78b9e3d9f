import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../test/support/postgres.ts";
import { openPool } from "../../db/index.ts";
import { keepRows, openPartsAmong } from "../../ledger/index.ts";
import { someSettings } from "../../mapping/testing/builders.ts";
import { aLedgerRow } from "../../mapping/testing/ledger-rows.ts";
import type { RunContext } from "../context.ts";
import { planDay } from "./day-plan.ts";

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "test-day-plan", max: 2 });
});
beforeEach(() => pool.query("truncate balance_row, journal_row cascade"));
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

const DAY = "day:2026-03-10";
const BRIDGED = {
  "accounts.clearing": { USD: "1095/000000000000", EUR: "1096/000000000000" },
  "accounts.bridge": "1290/000000000000",
  "accounts.suspense": "2900/000000000000",
};

/** The journals that both sides of a conversion are planned for. */
async function journalsOf(change: Readonly<Record<string, unknown>> = {}): Promise<string[]> {
  const settings = someSettings({ ...BRIDGED, ...change });
  const source = { sourceId: "conv_1", category: "other_adjustment", type: "adjustment" };
  const rows = [
    aLedgerRow({ ...source, id: "txn_1", gross: -100_000, currency: "EUR" }),
    aLedgerRow({ ...source, id: "txn_2", gross: 108_500 }),
  ];
  await keepRows(pool, "acme-us", rows);
  const pair = { id: "acme-us", settings, reference: { decimals: async () => 2 } };
  const store = { parts: () => [], find: () => undefined };
  const lane = { pair: "acme-us", key: DAY };
  const context = { pool, pair, lane, door: { store } } as unknown as RunContext;
  const parts = await openPartsAmong(pool, pair, ["txn_1", "txn_2"]);
  const { planned } = await planDay(context, { parts, left: [], begun: [] });
  return planned.map(({ rowId, journal }) => `${rowId} ${journal.purpose} ${journal.object}`);
}

test("each side of a conversion has a journal of its own over the bridge", async () => {
  expect(await journalsOf()).toEqual(["txn_1 bridge txn_1", "txn_2 bridge txn_2"]);
});

test("rows that a person has named an account for are no conversion", async () => {
  const named = { categories: { other_adjustment: "6300/000000000000" } };

  expect(await journalsOf(named)).toEqual([`txn_1 category ${DAY}`, `txn_2 category ${DAY}`]);
});
