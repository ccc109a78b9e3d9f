import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../test/support/postgres.ts";
import { openPool } from "../db/index.ts";
import { readUnknownRows } from "./read-close.ts";
import { readDocuments, readOpening } from "./read-documents.ts";
import { readStoredRows, readUnowned } from "./read-rows.ts";
import { usd } from "./testing/ledgers.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;

const PAIR = "acme";
const clearing = { account: "1095", subaccount: "000" };
const UNTIL = new Date("2026-03-11T00:00:00Z");
const DAY = "2026-03-10";
const FROM = new Date("2026-03-10T00:00:00Z");

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { max: 2, applicationName: "proof-test" });
  await addRow("txn_old", "2026-03-01", { gross: 1_000, fee: 30, isSettled: true });
  await addRow("txn_open", "2026-03-02", { gross: 2_000, fee: 0, isSettled: false });
  await addRow("txn_now", "2026-03-10", { gross: 3_000, fee: 90, isSettled: true });
  await addRow("txn_later", "2026-03-11", { gross: 9_000, fee: 0, isSettled: false });
  await addRow("txn_new", "2026-03-10", { gross: 500, fee: 0, currency: "ZWG" });
  await addRow("txn_other", "2026-03-10", { gross: 7, fee: 0, balance: "risk_reserved" });
  await own("txn_old", "fee", "K-OLD");
  await own("txn_now", "gross", "K-PAY");
  await addDocument("K-PAY", "ch_1", {
    ...{ kind: "payment", cash: clearing, amount: minor(3_000) },
  });
  await addDocument("K-DM", "re_1", {
    ...{ kind: "memo", type: "DM", lines: [{ sales: clearing, amount: minor(500) }] },
  });
  await addDocument("K-CM", "re_2", {
    ...{ kind: "memo", type: "CM", lines: [{ sales: clearing, amount: minor(40) }] },
  });
  await addDocument("K-GJ", "day:2026-03-10", {
    kind: "journal",
    lines: [
      { account: { ...clearing, subaccount: "999" }, side: "debit", amount: minor(90) },
      { account: clearing, side: "credit", amount: minor(90) },
    ],
  });
  await addDocument("K-OPEN", "opening", {
    ...{ kind: "journal", documentDate: "2026-01-01" },
    lines: [{ account: clearing, side: "debit", amount: minor(123_456) }],
  });
  await pool.query("update intent set purpose = 'opening' where key = 'K-OPEN'");
  await addDocument("K-IN", "pi_1", { kind: "invoice", lines: [] });
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

const minor = (amount: number) => ({ minor: String(amount), currency: "USD" });

async function addRow(
  id: string,
  day: string,
  row: { gross: number; fee: number; isSettled?: boolean; balance?: string; currency?: string },
): Promise<void> {
  const { gross, fee, isSettled = false, balance = "payments", currency = "USD" } = row;
  await pool.query(
    `insert into balance_row (pair, row_id, created, currency, category, type, gross, fee, net,
       balance_type, status, settled_at)
     values ($1, $2, $3, $9, 'charge', 'charge', $4, $5, $6, $7, 'available',
       case when $8 then now() end)`,
    [PAIR, id, `${day}T12:00:00Z`, gross, fee, gross - fee, balance, isSettled, currency],
  );
}

async function own(rowId: string, part: string, key: string): Promise<void> {
  await pool.query("insert into row_owner values ($1, $2, $3, $4)", [PAIR, rowId, part, key]);
}

async function addDocument(key: string, object: string, draft: object): Promise<void> {
  const whole = { currency: "USD", period: "202603", documentDate: "2026-03-10", ...draft };
  await pool.query(
    `insert into intent (pair, key, lane_key, object, purpose, draft, draft_hash, mapping_version,
       stage, bat_nbr)
     values ($1, $2, 'lane', $3, 'payment', $4, 'hash', 1, 'done', '000001')`,
    [PAIR, key, object, JSON.stringify(whole)],
  );
}

const of = { pair: PAIR, currency: "USD", until: UNTIL, day: DAY, start: undefined };

const partsOf = async (from: Date | undefined) =>
  (await readUnowned(pool, { ...of, from })).map(
    ({ rowId, part, amount }) => `${rowId} ${part} ${amount.minor}`,
  );

test("only rows of the payments balance are added up, on both sides of the instant", async () => {
  const { sums, newest } = await readStoredRows(pool, PAIR, { until: UNTIL, start: undefined });

  expect(sums[0]).toMatchObject({ before: usd(5_880), since: usd(9_000), rowCount: 3 });
  expect(newest).toEqual(new Date("2026-03-11T12:00:00Z"));
  const atOnce = { until: new Date("2026-03-11T12:00:00Z"), start: undefined };
  expect((await readStoredRows(pool, PAIR, atOnce)).sums).toMatchObject([
    { before: usd(5_880), since: usd(9_000), rowCount: 3 },
  ]);
});

test("a row in a currency that is not known is in no sum, and is named", async () => {
  const { sums } = await readStoredRows(pool, PAIR, { until: UNTIL, start: undefined });

  expect(sums.map(({ currency }) => currency)).toEqual(["USD"]);
  expect(await readUnknownRows(pool, PAIR, UNTIL)).toEqual(["txn_new"]);
  expect(await readUnknownRows(pool, PAIR, FROM)).toEqual([]);
});

test("a part without an owner is found, also of a row that is marked as owned", async () => {
  expect(await partsOf(FROM)).toEqual(["txn_open gross 2000", "txn_now fee -90"]);
  expect(await partsOf(undefined)).toEqual([
    ...["txn_old gross 1000", "txn_open gross 2000", "txn_now fee -90"],
  ]);
});

test("what a document had owned was owned until the day that it was taken back", async () => {
  await pool.query("insert into former_owner values ($1, 'txn_open', 'gross', 'K-OLD', $2)", [
    ...[PAIR, "2026-03-05"],
  ]);
  const openOn = async (day: string) =>
    (await readUnowned(pool, { ...of, day, from: FROM })).map(({ rowId }) => rowId);

  const [before, then] = [await openOn("2026-03-04"), await openOn("2026-03-05")];
  await pool.query("delete from former_owner");

  expect(before).not.toContain("txn_open");
  expect(then).toContain("txn_open");
});

test("each kind of document moves clearing by its own lines there", async () => {
  const wanted = { pair: PAIR, currency: "USD", clearing, from: "2026-03-10", until: UNTIL };
  const documents = await readDocuments(pool, { ...wanted, day: "2026-03-10" });

  const told = documents.map(({ key, effect, owned }) => [key, effect.minor, owned.minor]);
  expect(told.sort()).toEqual([
    ["K-CM", 40n, 0n],
    ["K-DM", -500n, 0n],
    ["K-GJ", -90n, 0n],
    ["K-PAY", 3_000n, 3_000n],
  ]);
});

test("the opening balance of a day is what opening journals have put there by then", async () => {
  const wanted = { pair: PAIR, currency: "USD", clearing };
  const openingOf = async (day: string) => (await readOpening(pool, { ...wanted, day })).minor;
  const before = await openingOf("2026-03-14");
  for (const [key, side, day, ...identity] of [
    ["K-BACK", "credit", "2026-03-12", "reverse", "opening/USD#0", 0],
    ["K-AGAIN", "debit", "2026-03-14", "opening", "", 1],
  ] as const) {
    await addDocument(key, "opening", {
      ...{ kind: "journal", documentDate: day },
      lines: [{ account: clearing, side, amount: minor(123_456) }],
    });
    const set = "purpose = $2, part = $3, generation = $4";
    await pool.query(`update intent set ${set} where key = $1`, [key, ...identity]);
  }

  expect(before).toBe(123_456n);
  const days = ["2026-03-10", "2026-03-11", "2026-03-12", "2026-03-13", "2026-03-14"];
  const openings = await Promise.all(days.map(openingOf));
  expect(openings).toEqual([123_456n, 123_456n, 0n, 0n, 123_456n]);
});
