import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../test/support/postgres.ts";
import type { PairSettings } from "../config/index.ts";
import { openPool } from "../db/index.ts";
import { pauseOf, pausePair } from "../lanes/index.ts";
import { holdToDaysZone, refuseOtherDays } from "./days-zone.ts";

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

test("a pair that has booked is paused while its file names another zone", async () => {
  const hold = (zone: string) => holdToDaysZone(pool, inZones("begun", zone));
  await hold("America/New_York");

  const reason = await hold("Asia/Tokyo");
  await pausePair(pool, "begun", "erp.auth", "SL refused the password");

  expect(reason).toContain("by the days of America/New_York; by those of Asia/Tokyo");
  expect(await pauseOf(pool, "begun")).toEqual({ code: "config.days_zone", reason });
  expect(await hold("Europe/Berlin")).toContain("by those of Europe/Berlin");
  expect(await hold("America/New_York")).toBeUndefined();
  expect(await pauseOf(pool, "begun")).toBeUndefined();
});

test("a pair that has booked nothing is held to the zone that its file names last", async () => {
  const hold = (zone: string) => holdToDaysZone(pool, inZones("planned", zone));
  expect(await hold("America/New_York")).toBeUndefined();
  expect(await hold("Asia/Tokyo")).toBeUndefined();
  await pool.query("update intent set stage = 'reserving' where pair = 'planned'");

  expect(await hold("Asia/Tokyo")).toBeUndefined();
  expect(await hold("America/New_York")).toContain("by the days of Asia/Tokyo");
});

test("the right zone lifts no other pause", async () => {
  await pausePair(pool, "begun", "erp.auth", "SL refused the password");

  await holdToDaysZone(pool, inZones("begun", "America/New_York"));

  expect(await pauseOf(pool, "begun")).toMatchObject({ code: "erp.auth" });
});
