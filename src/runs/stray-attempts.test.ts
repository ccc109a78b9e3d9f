import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/postgres.ts";
import { until } from "../../test/support/wait.ts";
import { silentLog } from "../base/log.ts";
import type { PairSettings } from "../config/index.ts";
import { openPool } from "../db/index.ts";
import { startHousekeeping } from "./housekeeping.ts";
import { wakeStrayAttempts } from "./stray-attempts.ts";

const HORIZON_SECONDS = 330;
const ACME = { id: "acme", settings: { outcomeHorizon: HORIZON_SECONDS } as PairSettings };

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "stray-attempts-test" });
});
beforeEach(async () => {
  await pool.query("truncate lane, event, run, parked, intent, attempt cascade");
  await aSleepingOrder();
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** `pi_1` asleep over a fill that was sent ten minutes ago and has no answer. */
async function aSleepingOrder(): Promise<void> {
  await pool.query("insert into lane (pair, key, wake) values ('acme', 'pi_1', 1)");
  await pool.query(
    `insert into intent (pair, key, lane_key, object, purpose, draft, draft_hash, mapping_version,
       stage)
     values ('acme', 'KEY', 'pi_1', 'pi_1', 'invoice', '{}', 'x', 1, 'filling')`,
  );
  await pool.query(
    `insert into attempt (pair, key, nr, step, worker, sent_at)
     values ('acme', 'KEY', 1, 'fill', 'dead', now() - interval '10 min')`,
  );
}

async function isDue(): Promise<boolean> {
  const due = await pool.query("select 1 from lane where key = 'pi_1' and due_at <= now()");
  return due.rowCount === 1;
}

test("a lane that sleeps over an open attempt beyond the horizon is woken", async () => {
  expect(await wakeStrayAttempts(pool, [ACME])).toBe(1);
  expect(await isDue()).toBe(true);
  expect(await wakeStrayAttempts(pool, [ACME])).toBe(0);
});

test("a lane that has vanished is made again", async () => {
  await pool.query("delete from lane");

  expect(await wakeStrayAttempts(pool, [ACME])).toBe(1);
  expect(await isDue()).toBe(true);
});

describe("no stray is an attempt", () => {
  test.each([
    ["within the horizon", "update attempt set sent_at = now() - interval '5 min'"],
    ["with its answer", "update attempt set answered_at = now(), outcome = 'ok'"],
    ["of a lane that is due later", "update lane set due_at = now() + interval '1 h'"],
    [
      "of a lane at work",
      "update lane set owner = 'w', lease_until = now() + interval '10 s', attempt = 1",
    ],
    ["of an intent that is over", "update intent set stage = 'abandoned'"],
    [
      "of a parked run",
      `insert into parked (pair, lane_key, category, code, reason, cure)
       values ('acme', 'pi_1', 'erp', 'erp.refused', 'x', 'y')`,
    ],
    [
      "that a run has left open after the horizon",
      `insert into run (pair, lane_key, kind, started_at, ended_at, worker, outcome, reason)
       values ('acme', 'pi_1', 'charge', now(), now(), 'w', 'not_applicable', 'dismissed')`,
    ],
    ["of a customer, whom other lanes may be making", "update intent set purpose = 'customer'"],
  ])("%s", async (_what, change) => {
    await pool.query(change);

    expect(await wakeStrayAttempts(pool, [ACME])).toBe(0);
    expect(await isDue()).toBe(false);
  });
});

test("a run that looked before the horizon proves nothing", async () => {
  await pool.query(
    `insert into run (pair, lane_key, kind, started_at, ended_at, worker, outcome, reason)
     values ('acme', 'pi_1', 'charge', now(), now() - interval '9 min', 'w', 'waiting', 'x')`,
  );

  expect(await wakeStrayAttempts(pool, [ACME])).toBe(1);
});

test("every round of housekeeping counts the strays that it woke", async () => {
  const counted: [string, number][] = [];
  const housekeeping = startHousekeeping({
    pool,
    log: silentLog,
    pairs: () => [],
    onStray: (kind, count) => {
      if (count > 0) counted.push([kind, count]);
    },
    roundEveryMs: 50,
  });
  await pool.query(
    `insert into event (pair, stripe_event_id, type, livemode, lane_key, created_at, body)
     values ('acme', 'evt_1', 'charge.succeeded', false, 'pi_1', now(), '')`,
  );
  await until("the first stray", () => counted.length === 1);
  await pool.query("update lane set due_at = now() - interval '6 min' where key = 'pi_1'");
  await until("the second stray", () => counted.length > 1);

  await housekeeping.stop();

  expect(counted[0]).toEqual(["event", 1]);
  expect(new Set(counted.slice(1).map(([kind]) => kind))).toEqual(new Set(["lane"]));
});
