import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../test/support/postgres.ts";
import { openPool } from "../../db/index.ts";
import { someSettings } from "../../mapping/testing/builders.ts";
import { refuseOwnBookings } from "./own-bookings.ts";

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "own-bookings-test", max: 2 });
});
beforeEach(() => pool.query("truncate intent, parked cascade"));
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

const START = "2026-03-10";
const settings = someSettings({ start: START });
const clearing = settings.accounts.clearing.USD;
const refused = () => refuseOwnBookings(pool, { id: "acme", settings }, START);

/** A payment of the day before the start that is on hold in SL. */
const ON_HOLD = { stage: "filled", documentDate: "2026-03-09", cash: clearing, purpose: "payment" };

async function write(of: Partial<typeof ON_HOLD>): Promise<void> {
  const { stage, purpose, ...draft } = { ...ON_HOLD, ...of };
  await pool.query(
    `insert into intent (pair, key, lane_key, object, purpose, draft, draft_hash, mapping_version,
       stage, bat_nbr)
     values ('acme', 'K1', 'pi_1', 'ch_1', $1, $2, '', 1, $3, '000001')`,
    [purpose, JSON.stringify(draft), stage],
  );
}

test("money of before a start on hold in SL keeps the opening from holding it too", async () => {
  await write({});

  await expect(refused()).rejects.toMatchObject({
    code: "golive.own_bookings",
    message: expect.stringContaining(
      "1 document of 2026-03-09 is on hold in SL, and the opening",
    ) as string,
    cure: expect.stringContaining("or set it to 2026-03-09 or earlier") as string,
  });
});

test.each([
  ["of the start's own day", { documentDate: START }],
  ["that was never sent", { stage: "planned" }],
  ["that is not on its way to clearing", { cash: settings.accounts.sales }],
  ["that takes an opening entry back", { purpose: "reverse" }],
])("a document %s keeps nothing from opening", async (_what, of) => {
  await write(of);

  await expect(refused()).resolves.toBeUndefined();
});

test("what a person has left alone on hold keeps nothing from opening", async () => {
  await write({});
  await pool.query(
    `insert into parked (pair, lane_key, state, category, code, reason, cure)
     values ('acme', 'pi_1', 'dismissed', 'erp', 'erp.release_by_hand', '', '')`,
  );

  await expect(refused()).resolves.toBeUndefined();
});
