import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../test/support/postgres.ts";
import { until } from "../../test/support/wait.ts";
import { Seed } from "../api/testing/seed.ts";
import { type Served, serveApi, TEST_TOKEN } from "../api/testing/serve-api.ts";
import { openPool } from "../db/index.ts";
import { runCommand } from "./testing/run-command.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;
let api: Served;
let home: string;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { max: 4, applicationName: "cli-watch-test" });
  api = await serveApi(pool);
  home = mkdtempSync(join(tmpdir(), "slipway-cli-"));
  writeFileSync(join(home, "hub.json"), JSON.stringify({ url: api.url, pid: 1 }));
  writeFileSync(join(home, "token"), `${TEST_TOKEN}\n`, { mode: 0o600 });
});

afterAll(async () => {
  await api?.close();
  await pool?.end();
  await database?.drop();
  rmSync(home, { recursive: true, force: true });
});

const slipway = (args: readonly string[]) => runCommand(args, { SLIPWAY_HOME: home });

const WALKS_SQL = `
insert into event_walk (pair, kind, since, position, walk_from, walk_to, done_at, lost_from,
  lost_to)
values ('acme-us', 'pull', now(), '2026-11-23T10:00:00Z', '2026-11-23T08:00:00Z',
    '2026-11-23T12:00:00Z', now(), null, null),
  ('acme-us', 'gap', now(), '2026-11-23T10:00:00Z', null, null, now(),
    '2026-10-01T02:30:00Z', '2026-10-24T00:00:00Z')`;

test("events gaps tells what was found missing, how far was looked, and what is lost", async () => {
  await pool.query(WALKS_SQL);
  await new Seed(pool).event({ id: "evt_gap", type: "charge.captured", lane: "pi_gap" });
  await pool.query("update event set via = 'gap' where stripe_event_id = 'evt_gap'");

  const { code, out } = await slipway(["events", "gaps", "--pair", "acme-us"]);
  const shown = await slipway(["pair", "show", "acme-us"]);
  const json = await slipway(["events", "gaps", "--json"]);

  expect(code).toBe(1);
  expect(out).toContain("evt_gap");
  expect(out).toMatch(/acme-us: pulled up to .*, 50 % of the way/);
  expect(out).toContain("slipway rebuild acme-us --since 2026-10-01T02:30:00.000Z");
  expect(shown.out).toMatch(/^# events pulled up to .*, 50 % of the way$/m);
  expect(JSON.parse(json.out)).toMatchObject({ rows: [{ id: "evt_gap", via: "gap" }] });
});

test("alerts list names records and cure and ends 1 while one is open", async () => {
  const fine = await slipway(["alerts", "list"]);
  await pool.query(`insert into alert (rule, pair, title, cure, records, count, notices)
    values ('circuit-open', 'acme-us', 'SL does not answer', 'Bring it back.', '["pi_1"]', 30, 1)`);

  const { code, out } = await slipway(["alerts", "list", "--pair", "acme-us"]);
  const tested = await slipway(["alerts", "test"]);

  expect(fine.code).toBe(0);
  expect(fine.out).toContain("Nothing is wrong.");
  expect(code).toBe(1);
  expect(out).toContain("circuit-open  acme-us  since ");
  expect(out).toContain("about: pi_1 of 30");
  expect(out).toContain("cure: Bring it back.");
  expect(out).toContain("Nobody is told: no channel is configured.");
  expect(out).not.toContain("told 1 time");
  expect(tested.code).toBe(1);
  expect(tested.out).toContain("No channel is configured: see docs/alerts.md.");
});

test.each([
  [["runs", "--waiting"], "Nothing waits for a person in SL."],
  [["unapplied"], "No document has money that nothing took."],
])("%j without rows says so in words", async (args, words) => {
  const { code, out } = await slipway(args);

  expect([code, out.trim()]).toEqual([0, words]);
});

test("sweep waits for rounds that began since it asked, whatever ended before", async () => {
  await pool.query(`delete from event_walk;
    insert into event_walk (pair, kind, since, position, done_at, started_at, trouble_code, trouble)
    values ('acme-us', 'gap', now(), now(), now() - interval '1 hour', null, null, null),
      ('acme-us', 'rows', now(), now(), now() - interval '1 hour', null, null, null),
      ('acme-us', 'sweep', now(), now(), null, now() - interval '1 hour', 'stripe.unavailable',
        'of an hour ago')`);
  const { rows: clock } = await pool.query<{ now: Date }>("select clock_timestamp() as now");
  const begun = clock[0]?.now;

  const swept = slipway(["sweep", "acme-us"]);
  await until("the sweep to be asked for", async () => {
    const { rows } = await pool.query("select from event_walk where due_at > $1", [begun]);
    return rows.length === 3;
  });
  // Rounds end that had begun before it asked: two looks of the command must not take them.
  await pool.query("update event_walk set done_at = $1 where trouble is null", [begun]);
  await pool.query("select pg_sleep(1.2)");
  await pool.query(`update event_walk set started_at = clock_timestamp(),
    done_at = case when trouble is null then clock_timestamp() end,
    trouble = case when trouble is not null then 'of just now' end`);
  const { code, out } = await swept;

  expect(code).toBe(1);
  expect(out).toContain("of just now");
  expect(out).not.toContain("of an hour ago");
});
