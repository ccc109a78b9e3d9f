import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/postgres.ts";
import { openPool } from "../db/index.ts";
import type { PairRuntime } from "../runs/index.ts";
import { readCloseAccounts } from "./close-accounts.ts";

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { max: 2, applicationName: "proof-test" });
});
beforeEach(() => pool.query("truncate intent, receipt cascade"));
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

const PAIR = "acme";
const DAY = "2026-03-31";
const account = (number: string) => ({ account: number, subaccount: "000" });
const settings = {
  sl: { baseCurrency: "USD" },
  accounts: { suspense: account("2900"), transit: { USD: account("1090") } },
};
const pair = { id: PAIR, settings } as unknown as PairRuntime;

type Line = Readonly<{ role: string; on: string; minor: number }>;

/** A released journal of an object: positive amounts are debits. */
async function addJournal(
  object: string,
  lines: readonly Line[],
  of: Readonly<{ date?: string; currency?: string }> = {},
): Promise<void> {
  const { date: documentDate = "2026-03-10", currency = "USD" } = of;
  const drafted = lines.map(({ role, on, minor }) => ({
    ...{ role, account: account(on), side: minor > 0 ? "debit" : "credit" },
    amount: { minor: String(Math.abs(minor)), currency },
  }));
  const draft = { kind: "journal", documentDate, currency, lines: drafted };
  const { rows } = await pool.query<{ count: string }>("select count(*) as count from intent");
  const number = `00000${rows[0]?.count}`;
  await pool.query(
    `with booked as (
       insert into intent (pair, key, lane_key, object, purpose, part, draft, draft_hash,
         mapping_version, stage)
       values ($1, $2::text, $3, $3, 'category', $2, $4, 'h', 1, 'done') returning pair, key)
     insert into receipt (pair, sl_table, sl_key, intent_key)
     select pair, 'Batch', 'GL|' || key, key from booked`,
    [PAIR, number, object, JSON.stringify(draft)],
  );
}

async function namesOf(day = DAY): Promise<string[]> {
  const { toBeEmpty, transit } = await readCloseAccounts({ pool, pair }, day);
  return [...toBeEmpty, ...transit].map(({ role, currency, former }) => {
    return former === undefined ? `${role} ${currency}` : `${role} ${currency} ${former}`;
  });
}

const TODAY = ["suspense USD", "transit USD"];

test("the accounts of today are looked at, whatever journals have left there", async () => {
  await addJournal("day:1", [{ role: "suspense", on: "2900", minor: 5 }]);
  await addJournal("po_1", [{ role: "transit", on: "1090", minor: 5 }]);

  expect(await namesOf()).toEqual(TODAY);
});

test.each([
  ["suspense", "suspense USD 2800/000"],
  ["bridge", "bridge USD 2800/000"],
  ["transit", "transit EUR 2800/000"],
])("a former account of %s is looked at while journals have left something", async (role, name) => {
  await addJournal("o", [{ role, on: "2800", minor: 5 }], { currency: "EUR" });

  const names = await namesOf();

  expect(names).toContain(name);
  expect(names).toHaveLength(3);
});

test("an account that stood for it by mistake is left alone once that was reversed", async () => {
  await addJournal("day:1", [{ role: "suspense", on: "4000", minor: 5 }]);
  await addJournal("day:1", [{ role: "suspense", on: "4000", minor: -5 }], { date: "2026-03-20" });

  expect(await namesOf()).toEqual(TODAY);
  expect(await namesOf("2026-03-19")).toContain("suspense USD 4000/000");
});

test("what two objects have left on a former account does not cancel", async () => {
  await addJournal("po_1", [{ role: "transit", on: "2800", minor: 5 }]);
  await addJournal("po_2", [{ role: "transit", on: "2800", minor: -5 }]);

  expect(await namesOf()).toContain("transit USD 2800/000");
});

test("the account of today is looked at in another currency too where that was left", async () => {
  await addJournal("po_1", [{ role: "transit", on: "1090", minor: 5 }], { currency: "EUR" });

  expect(await namesOf()).toContain("transit EUR 1090/000");
});

test("accounts of other roles are none of a close's", async () => {
  await addJournal("day:1", [{ role: "fee.stripe", on: "6100", minor: 5 }]);

  expect(await namesOf()).toEqual(TODAY);
});
