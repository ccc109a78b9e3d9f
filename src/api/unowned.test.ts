import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../test/support/postgres.ts";
import { openPool } from "../db/index.ts";
import { someSettings } from "../mapping/testing/builders.ts";
import { UnownedAnswer } from "./contract.ts";
import { Seed } from "./testing/seed.ts";
import { type Served, serveApi } from "./testing/serve-api.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;
let api: Served;
let seed: Seed;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { max: 5, applicationName: "unowned-test" });
  seed = new Seed(pool);
  api = await serveApi(pool, { ledger: (id) => ({ id, settings: someSettings() }) });
});

afterAll(async () => {
  await api?.close();
  await pool?.end();
  await database?.drop();
});

test("a part of a parked sale names why, though the sale's lane is its intent's", async () => {
  await seed.lane({ key: "pi_7" });
  await seed.event({ id: "evt_7", lane: "pi_7", objectId: "ch_7" });
  await seed.balanceRow({ id: "txn_7", source: "ch_7" });
  await seed.parked({ lane: "pi_7" });

  const { body } = await api.call("GET", "/api/rows/unowned?pair=acme-us");

  const why = "parked (mapping.product_unmapped): Product prod_1 is not mapped";
  expect(UnownedAnswer.parse(body).rows.map(({ part, reason }) => [part, reason])).toEqual([
    ["gross", why],
    ["fee", why],
  ]);
});

test("a fee of a day that is not over names when the journals of that day are booked", async () => {
  await seed.balanceRow({ id: "txn_8", source: "ch_8" });
  await seed.rowOwner({ rowId: "txn_8", key: "K8" });

  const { body } = await api.call("GET", "/api/rows/unowned?pair=acme-us");

  const fee = UnownedAnswer.parse(body).rows.find(({ id }) => id === "txn_8");
  expect(fee).toMatchObject({
    part: "fee",
    reason: expect.stringMatching(
      /^waits for the journals of \d{4}-\d\d-\d\d, which are booked from .+T0[5-7]:.+Z on$/,
    ) as string,
  });
});

test("what has moved another balance of Stripe's is counted, and nobody is to own it", async () => {
  for (const id of ["txn_9", "txn_10", "txn_11"]) {
    await seed.balanceRow({ id, source: "iauth_1" });
    await pool.query("update balance_row set balance_type = 'issuing' where row_id = $1", [id]);
  }
  // This version knows no decimals of it.
  await pool.query("update balance_row set currency = 'ZWG' where row_id = 'txn_11'");

  const { body } = await api.call("GET", "/api/rows/unowned?pair=acme-us");

  const { beside, rows } = UnownedAnswer.parse(body);
  const ids = expect.arrayContaining(["txn_9", "txn_10"]) as string[];
  const of = { pair: "acme-us", balance: "issuing", currency: "USD" };
  expect(beside).toEqual([
    { ...of, count: 2, amount: "18.82", ids },
    { ...of, currency: "ZWG", count: 1, amount: "941", ids: ["txn_11"] },
  ]);
  expect(rows.filter(({ source }) => source === "iauth_1")).toEqual([]);
});
