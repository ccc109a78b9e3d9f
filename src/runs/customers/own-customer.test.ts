import { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../../test/support/postgres.ts";
import { OWN_SQL } from "./own-customer.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = new Pool({ connectionString: database.url, max: 1 });
});

afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

/** So many shoppers that the hub has made customers for, each with an invoice. */
async function addShoppers(count: number): Promise<void> {
  await pool.query("alter table intent set (autovacuum_enabled = off)");
  await pool.query(
    `insert into intent (pair, key, lane_key, object, purpose, draft, draft_hash,
       mapping_version, stage, receipt)
     select 'acme', purpose || nr, 'pi_' || nr, 'cus_' || nr, purpose,
       jsonb_build_object('email', 'Shopper-' || nr || '@example.com'), 'h', 1, 'done',
       jsonb_build_object('customerId', 'ST' || nr)
     from generate_series(1, $1::int) as nr, unnest(array['customer', 'invoice']) as purpose`,
    [count],
  );
}

const VALUES = ["acme", "shopper-777@example.com", 330_000];

test.each([
  ["as long as there are no statistics", "select 1"],
  ["once there are", "analyze intent"],
])("a shopper is found by the index of e-mail addresses %s", async (_name, prepare) => {
  await pool.query("truncate intent cascade");
  await addShoppers(4_000);
  await pool.query(prepare);

  const plan = await pool.query<{ "QUERY PLAN": string }>(`explain ${OWN_SQL}`, VALUES);
  const found = await pool.query<{ customerId: string }>(OWN_SQL, VALUES);

  const lines = plan.rows.map((row) => row["QUERY PLAN"]).join("\n");
  expect(lines).toMatch(/Index Scan (using|on) intent_customer_email/);
  expect(found.rows.map(({ customerId }) => customerId)).toEqual(["ST777"]);
});
