import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../test/support/postgres.ts";
import type { PairSettings } from "../config/index.ts";
import { openPool } from "../db/index.ts";
import { refuseOtherDays } from "./refuse-other-days.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "test-other-days", connectWithinMs: 5_000 });
  await pool.query(
    `insert into intent (pair, key, lane_key, object, purpose, draft, draft_hash,
       mapping_version, stage)
     values ('begun', 'K1', 'pi_1', 'pi_1', 'invoice', '{}', '', 1, 'reserving'),
       ('planned', 'K1', 'pi_1', 'pi_1', 'invoice', '{}', '', 1, 'planned')`,
  );
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

const inZones = (id: string, timeZone: string, zone?: string) =>
  ({ id, timeZone, cutoff: { zone } }) as PairSettings;

test.each([
  ["time-zone", inZones("begun", "Asia/Tokyo")],
  ["cutoff.zone", inZones("begun", "America/New_York", "Asia/Tokyo")],
])("another %s is refused once a document was begun", async (setting, after) => {
  const before = inZones("begun", "America/New_York");

  await expect(refuseOtherDays(pool, before, after)).rejects.toMatchObject({
    code: "config.invalid",
    facts: { field: `pairs.begun.${setting}`, example: "America/New_York" },
  });
});

test.each([
  ["of a pair that has only planned", inZones("planned", "Asia/Tokyo")],
  ["that decides nothing", inZones("begun", "Asia/Tokyo", "America/New_York")],
])("a zone %s may change", async (_what, after) => {
  const before = inZones(after.id, "America/New_York");

  await expect(refuseOtherDays(pool, before, after)).resolves.toBeUndefined();
});
