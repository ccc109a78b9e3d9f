import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Pool } from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createEmptyDatabase, type TestDatabase } from "../../test/support/postgres.ts";
import { migrate, openPool } from "./index.ts";
import { MIGRATIONS_FOLDER } from "./migration-files.ts";

// What a migration makes of rows that an earlier version has stored.

let database: TestDatabase;
let pool: Pool;
let folder: string;

beforeEach(async () => {
  database = await createEmptyDatabase();
  pool = openPool(database.url, { applicationName: "stored-data-test" });
  folder = await mkdtemp(join(tmpdir(), "slipway-stored-data-"));
});

afterEach(async () => {
  await pool.end();
  await database.drop();
  await rm(folder, { recursive: true });
});

/** Brings the database to where a migration is the next, or has just been applied. */
async function migrateTo(end: "before" | "after", name: string): Promise<void> {
  const files = (await readdir(MIGRATIONS_FOLDER)).sort();
  const named = files.findIndex((file) => file.startsWith(name));
  expect(named, `a migration ${name}`).toBeGreaterThan(0);
  for (const file of files.slice(0, end === "before" ? named : named + 1)) {
    await cp(join(MIGRATIONS_FOLDER, file), join(folder, file));
  }
  await migrate(database.url, { folder });
}

async function addIntent(key: string, stage: string): Promise<void> {
  await pool.query(
    `insert into intent (pair, key, lane_key, object, purpose, draft, draft_hash,
       mapping_version, stage, created_at, updated_at)
     values ('acme', $1, 'pi_1', $1, 'invoice', '{"documentDate": "2026-03-01"}', 'h', 1, $2,
       '2026-03-01T10:00Z', '2026-03-01T10:00:05Z')`,
    [key, stage],
  );
}

test("0024: an intent keeps its stage, and what follows from that is known of it", async () => {
  await migrateTo("before", "0024_");
  for (const stage of ["done", "filled", "abandoned"]) await addIntent(`K-${stage}`, stage);

  await migrateTo("after", "0024_");

  const { rows } = await pool.query(
    `select stage, done_at = '2026-03-01T10:00:05Z' as is_done_then,
       open_since = '2026-03-01T10:00Z' as is_open_since from intent order by stage`,
  );
  expect(rows).toEqual([
    { stage: "abandoned", is_done_then: null, is_open_since: null },
    { stage: "done", is_done_then: true, is_open_since: null },
    { stage: "filled", is_done_then: null, is_open_since: true },
  ]);
});

test("0029: the effect of a finding has the other sign, and none stays none", async () => {
  await migrateTo("before", "0029_");
  for (const effect of ["2500", "-99", "0"]) {
    await addIntent(effect, "done");
    await pool.query(
      `insert into watch_finding (pair, intent_key, lane_key, kind, document, object, purpose,
         period, differences, fingerprint, effect_minor, effect_currency, effect_on, heal_by,
         steps)
       values ('acme', $1::text, 'pi_1', 'edited', 'IN 000001', 'pi_1', 'invoice', '202603', '[]',
         'f', $1::bigint, 'USD', 'clearing', 'person', '[]')`,
      [effect],
    );
  }

  await migrateTo("after", "0029_");

  const { rows } = await pool.query(
    "select intent_key as before, effect_minor::int as after from watch_finding order by 2",
  );
  expect(rows).toEqual([
    { before: "2500", after: -2_500 },
    { before: "0", after: 0 },
    { before: "-99", after: 99 },
  ]);
});

test("0030: a pair is held to the start that its opening entries were confirmed for", async () => {
  await migrateTo("before", "0030_");
  await pool.query(
    `insert into opening_entry (pair, object, part, kind, currency, amount, day, confirmed_by)
     values ('acme', 'opening', 'USD', 'balance', 'USD', 9740, '2026-03-01', 'maria'),
       ('acme', 'po_1', '', 'payout', 'USD', 4000, '2026-03-01', 'maria'),
       ('moved', 'opening', 'USD', 'balance', 'USD', 100, '2026-03-01', 'maria'),
       ('moved', 'po_2', '', 'payout', 'USD', 200, '2026-03-05', 'maria')`,
  );

  await migrateTo("after", "0030_");

  const { rows } = await pool.query("select pair, setting, value from booked_by");
  expect(rows).toEqual([{ pair: "acme", setting: "start", value: "2026-03-01" }]);
});
