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
