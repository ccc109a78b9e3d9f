import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../test/support/postgres.ts";
import { openPool, withTransaction } from "../db/index.ts";
import { someSettings } from "../mapping/testing/builders.ts";
import { aLedgerRow } from "../mapping/testing/ledger-rows.ts";
import { leaveParts } from "./left-parts.ts";
import { openPartsAmong } from "./open-rows.ts";
import { keepPayoutList } from "./payout-fees.ts";
import { keepRows } from "./rows.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "test-left-parts", connectWithinMs: 5_000 });
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

const DAY = "day:2026-03-10";

/** A fee of 10 March of a pair of its own, which a payout has taken along. */
async function aFee(id: string) {
  const row = aLedgerRow({ id: `txn_${id}`, category: "fee", type: "stripe_fee", gross: -500 });
  const pair = { id, settings: someSettings({ fees: "per-payout", "fees-wait": 7 }) };
  await keepRows(pool, id, [row]);
  async function* pages() {
    yield [row];
  }
  const list = { pair: id, id: "po_1", madeAt: new Date("2026-03-12T00:00:00Z") };
  await keepPayoutList(pool, list, pages());
  const leave = (key: string, ...names: string[]) =>
    withTransaction(pool, (tx) => leaveParts(tx, { pair: id, key }, names));
  const takeBack = () =>
    withTransaction(pool, (tx) => leaveParts(tx, { pair: id, key: DAY }, undefined));
  const lane = async () => (await openPartsAmong(pool, pair, [row.id]))[0]?.laneKey;
  return { name: row.id, leave, takeBack, lane };
}

test("a part that was left alone is its lane's until the case is resumed", async () => {
  const { name, leave, takeBack, lane } = await aFee("resumed");
  const before = await lane();

  await leave(DAY, `${name} gross`);
  const left = await lane();
  await takeBack();

  expect([before, left, await lane()]).toEqual(["fees:po_1", DAY, "fees:po_1"]);
});

test("a case of before that names the row alone is about its gross, too", async () => {
  const { name, leave, lane } = await aFee("older");

  await leave(DAY, name);

  expect(await lane()).toBe(DAY);
});

test("a later case of the lane says anew what is left alone", async () => {
  const { name, leave, lane } = await aFee("later");
  await leave(DAY, `${name} gross`);

  await leave(DAY, "txn_another gross");

  expect(await lane()).toBe("fees:po_1");
});

test("a reversal that has the lane booked again takes the decision back", async () => {
  const { name, leave, lane } = await aFee("rebooked");
  await leave(DAY, `${name} gross`);

  await pool.query(
    `insert into reversal (pair, lane_key, named, objects, documents, dated, rebook, reason,
       asked_by, state, rebooked_at)
     values ('rebooked', $1, $1, '{}', '[]', '2026-03-12', true, 'a test', 'maria', 'rebooked',
       clock_timestamp())`,
    [DAY],
  );

  expect(await lane()).toBe("fees:po_1");
});

test("a lane that books no rows leaves none alone", async () => {
  const { name, leave, lane } = await aFee("sale");

  await leave("pi_1", `${name} gross`);

  expect(await lane()).toBe("fees:po_1");
});
