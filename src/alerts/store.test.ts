import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/postgres.ts";
import { silentLog } from "../base/log.ts";
import { type AlertChannel, Secret } from "../config/index.ts";
import { openPool } from "../db/index.ts";
import { signalConditions, signalStray } from "./hub-conditions.ts";
import { pairConditions } from "./pair-conditions.ts";
import { listAlerts, readChannels } from "./report.ts";
import type { Condition } from "./rules.ts";
import { sendDue } from "./sender.ts";
import { applyConditions, claimAlertRound } from "./store.ts";
import { type HttpReceiver, openHttpReceiver } from "./testing/receivers.ts";

let database: TestDatabase;
let pool: Pool;
let receiver: HttpReceiver;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "alerts-test", max: 6 });
  receiver = await openHttpReceiver();
});
beforeEach(async () => {
  await pool.query(`truncate alert, alert_notice, alert_signal, parked, lane, pair_state, intent
    restart identity cascade`);
  await pool.query("update alert_round set due_at = now()");
  receiver.got.length = 0;
  receiver.answers.length = 0;
});
afterAll(async () => {
  await receiver.close();
  await pool.end();
  await database.drop();
});

const CIRCUIT: Condition = {
  rule: "circuit-open",
  pair: "acme",
  key: "",
  title: "SL does not answer",
  cure: "Bring it back.",
  records: ["pi_1"],
  count: 1,
};
const round = (...conditions: Condition[]) => applyConditions(pool, conditions, ["pager"]);
const notices = async () =>
  (await pool.query<{ kind: string }>("select kind from alert_notice order by id")).rows.map(
    ({ kind }) => kind,
  );
const age = (interval: string) =>
  pool.query(`update alert set opened_at = opened_at - $1::interval`, [interval]);

test("a trouble of 2,000 orders is one alert and one notice, until it is over", async () => {
  await round(CIRCUIT);
  await round({ ...CIRCUIT, count: 2_000 });
  await round({ ...CIRCUIT, count: 1_500 });
  await round();
  await round();

  expect(await notices()).toEqual(["opened", "resolved"]);
  const [alert] = await listAlerts(pool, { isOpen: false, limit: 10 });
  expect(alert).toMatchObject({
    count: 1_500,
    notices: 1,
    resolvedAt: expect.any(Date) as unknown,
  });
});

test("another machine's disk is judged there, until that has had no hub for a day", async () => {
  await round({ ...CIRCUIT, rule: "disk", pair: "", key: "machine-b" });
  await round();
  await round();
  const there = await notices();

  await pool.query("update alert set seen_at = seen_at - interval '25 hours'");
  await round();
  await round();

  expect([there, await notices()]).toEqual([["opened"], ["opened", "resolved"]]);
});

test("a trouble that pauses for a round is not over", async () => {
  await round(CIRCUIT);
  await round();
  await round(CIRCUIT);
  await round();

  expect(await notices()).toEqual(["opened"]);
});

test("a trouble that stays is told again in time, and one that is new at once", async () => {
  await round(CIRCUIT);
  await age("61 minutes");
  await round(CIRCUIT, { ...CIRCUIT, pair: "other" });
  await round(CIRCUIT, { ...CIRCUIT, pair: "other" });

  expect(await notices()).toEqual(["opened", "repeated", "opened"]);
});

test("the same trouble after its end is a new alert", async () => {
  for (const conditions of [[CIRCUIT], [], [], [CIRCUIT]]) await round(...conditions);

  expect(await notices()).toEqual(["opened", "resolved", "opened"]);
});

test("rounds of several hubs at once tell once", async () => {
  await Promise.all(Array.from({ length: 4 }, () => round(CIRCUIT)));

  expect(await notices()).toEqual(["opened"]);
});

test("one hub of all takes the round of a minute", async () => {
  const taken = await Promise.all(Array.from({ length: 4 }, () => claimAlertRound(pool)));

  expect(taken.filter(Boolean)).toHaveLength(1);
});

const secret = new Secret(Buffer.alloc(32, 7).toString("base64"));
const channels = (): AlertChannel[] => [
  { name: "pager", type: "webhook", url: receiver.url, secret },
];
const sendNow = async () => {
  await pool.query("update alert_notice set due_at = now() where due_at is not null");
  const deps = { pool, log: silentLog, channels, onSent: () => undefined };
  await sendDue(deps, new AbortController().signal);
};

test("a notice that was not taken is tried again under its id, and shown meanwhile", async () => {
  receiver.answers.push(503);
  await round(CIRCUIT);

  await sendNow();
  const [failing] = await readChannels(pool, channels());
  await sendNow();
  await sendNow();
  const [well] = await readChannels(pool, channels());

  const ids = receiver.got.map(({ headers }) => headers["webhook-id"]);
  expect(ids).toHaveLength(2);
  expect(new Set(ids).size).toBe(1);
  expect(failing).toMatchObject({ error: "answered 503", waiting: 1, takenAt: null });
  expect(well).toMatchObject({ error: null, waiting: 0, takenAt: expect.any(Date) as unknown });
});

test("a notice that no try brings through is given up, and the next one is tried", async () => {
  receiver.answers.push(...Array.from({ length: 6 }, () => 500));
  await round(CIRCUIT);
  for (let tries = 0; tries < 8; tries += 1) await sendNow();
  const givenUp = receiver.got.length;

  await round({ ...CIRCUIT, pair: "other" });
  await sendNow();

  expect([givenUp, receiver.got.length]).toEqual([6, 7]);
});

const LIMITS = { backlog: 15, batchWait: 24, diskFree: 10, disputeEvidence: 5 };
const conditions = () => pairConditions(pool, [{ id: "acme", journalDelay: 2 }], LIMITS);

test("parked runs are one trouble for each code, with the newest cases and the cure", async () => {
  await pool.query(`
    insert into parked (pair, lane_key, category, code, reason, cure)
    select 'acme', 'pi_' || n, 'mapping', 'mapping.item_default_missing', 'no item', 'Set it.'
    from generate_series(1, 2000) as n`);
  await pool.query(`insert into parked (pair, lane_key, category, code, reason, cure)
    values ('gone', 'pi_x', 'erp', 'erp.refused', 'no', 'Mend it.')`);

  const found = await conditions();

  expect(found).toMatchObject([
    { rule: "parked", key: "mapping.item_default_missing", count: 2_000 },
  ]);
  expect(found[0]?.title).toBe("2000 runs wait for a person: no item");
  expect(found[0]?.cure).toContain("Set it.");
  expect(found[0]?.records).toHaveLength(10);
  expect(found[0]?.records[0]).toBe("case 2000 pi_2000");
});

test("an open circuit is one trouble that counts who waits, and no backlog beside it", async () => {
  await pool.query(`insert into pair_state (pair, circuit, circuit_opened_at, probe_at)
    values ('acme', 'open', now(), now())`);
  await pool.query(`insert into lane (pair, key, due_at)
    select 'acme', 'pi_' || n, now() - interval '1 hour' from generate_series(1, 30) as n`);
  const open = await conditions();
  await pool.query(`update pair_state
    set circuit = 'closed', circuit_opened_at = null, probe_at = null`);

  const closed = await conditions();

  expect(open).toMatchObject([{ rule: "circuit-open", count: 30 }]);
  expect(open[0]?.title).toContain("30 orders wait");
  expect(closed).toMatchObject([{ rule: "backlog", count: 30 }]);
  expect(closed[0]?.title).toContain("the oldest for 60 minutes");
});

test.each([
  ["erp.auth", "credentials", "slipway pair set"],
  ["conflict.lineage", "paused", "slipway rebuild"],
])("a pause for %s is the rule %s with its cure", async (code, rule, cure) => {
  await pool.query(
    "insert into pair_state (pair, paused_code, paused_reason) values ('acme', $1, 'why')",
    [code],
  );

  expect(await conditions()).toMatchObject([
    { rule, key: code, cure: expect.stringContaining(cure) as unknown },
  ]);
});

test("documents that wait too long for a person are named with batch and what to do", async () => {
  await pool.query(`
    insert into intent (pair, key, lane_key, object, purpose, draft, draft_hash, mapping_version,
      stage, bat_nbr, created_at)
    select 'acme', 'k' || n, 'pi_' || n, 'pi_' || n, 'invoice', '{}', 'h', 1, 'filled',
      '00012' || n, now() - n * interval '20 hours' from generate_series(1, 4) as n`);
  await pool.query(`
    insert into person_wait (pair, intent_key, lane_key, kind, screen, bat_nbr, what, to_do, since)
    values
      ('acme', 'k3', 'pi_3', 'release', '08.010', '000123', 'invoice of pi_3', 'Release it.',
        now() - interval '2 days'),
      ('acme', 'k4', 'pi_4', 'release', '08.010', '000124', 'invoice of pi_4', 'Release it.', now())
  `);

  const found = await conditions();

  expect(found).toMatchObject([{ rule: "batch-wait", count: 2 }]);
  expect(found[0]?.records).toEqual([
    "invoice of pi_3 (08.010, batch 000123)",
    "invoice of pi_2 in batch 000122",
  ]);
  expect(found[0]?.cure).toContain("Release it.");
});

test("stray work is told for an hour after it was found", async () => {
  await signalStray(pool, "event", 3);
  await signalStray(pool, "lane", 0);
  const found = await signalConditions(pool);
  await pool.query("update alert_signal set expires_at = now()");

  expect(found).toMatchObject([{ rule: "stray", key: "event", count: 3 }]);
  expect(await signalConditions(pool)).toEqual([]);
});
