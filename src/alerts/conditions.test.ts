import { tmpdir } from "node:os";
import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/postgres.ts";
import { HubError } from "../base/errors.ts";
import { silentLog } from "../base/log.ts";
import type { WebhookEndpoint } from "../canonical/port.ts";
import { openPool } from "../db/index.ts";
import { diskConditions, EndpointWatch, signalConditions } from "./hub-conditions.ts";
import { pairConditions } from "./pair-conditions.ts";

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "conditions-test", max: 4 });
});
beforeEach(() => pool.query("truncate alert_signal, event_walk, event, dispute"));
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const LIMITS = { backlog: 15, batchWait: 24, diskFree: 10, disputeEvidence: 5 };
const ofPairs = () => pairConditions(pool, [{ id: "acme", journalDelay: 2 }], LIMITS);
const OUR_URL = "https://hub.example.com/webhooks/stripe/acme";
const PINNED = "2026-10-28.endive";

const WORKED = ["charge.succeeded", "refund.failed"];
const log = silentLog;
const watchOf = () => ({ pool, log, pinnedVersion: PINNED, workedTypes: WORKED });

/** Looks at an account with these endpoints; gives the signals that are left. */
async function lookAt(...endpoints: Partial<WebhookEndpoint>[]) {
  const full = endpoints.map((endpoint, index) => {
    const base = { id: `we_${index}`, url: OUR_URL, isEnabled: true, apiVersion: PINNED };
    return { ...base, types: ["*"], ...endpoint };
  });
  const watch = new EndpointWatch(watchOf());
  const pair = { id: "acme", stripe: { listEndpoints: async () => full } };
  await watch.look([pair], new AbortController().signal);
  return (await signalConditions(pool)).map(({ rule, key, records }) => ({ rule, key, records }));
}

test("a disabled endpoint of the pair is told, until one of its own is enabled", async () => {
  const disabled = await lookAt({ isEnabled: false });
  const withAnother = await lookAt({ isEnabled: false }, { id: "we_new" });

  expect(disabled).toEqual([{ rule: "endpoint", key: "disabled", records: ["we_0"] }]);
  expect(withAnother).toEqual([]);
});

test("an endpoint of another version is told, one without a version is not", async () => {
  const other = await lookAt({ apiVersion: "2024-06-20" });
  const without = await lookAt({ apiVersion: undefined });

  expect(other).toEqual([{ rule: "endpoint", key: "version", records: ["we_0"] }]);
  expect(without).toEqual([]);
});

test("an endpoint that is not sent all types is told, unless another one is", async () => {
  const some = await lookAt({ types: ["charge.succeeded"] });
  const both = await lookAt({ types: ["charge.succeeded"] }, { types: ["refund.failed"] });

  expect(some).toEqual([{ rule: "endpoint", key: "types", records: ["we_0"] }]);
  expect(both).toEqual([]);
});

test("endpoints of others at the same account tell nothing", async () => {
  const url = "https://shop.example.com/hook";

  expect(await lookAt({ url, isEnabled: false, apiVersion: "2020-08-27" })).toEqual([]);
});

test("a key that may not see endpoints tells nothing, and is asked once an hour", async () => {
  let asked = 0;
  const listEndpoints = async () => {
    asked += 1;
    throw new HubError("stripe.refused", "The key lacks the right");
  };
  const watch = new EndpointWatch(watchOf());
  const pairs = [{ id: "acme", stripe: { listEndpoints } }];

  await watch.look(pairs, new AbortController().signal);
  await watch.look(pairs, new AbortController().signal);

  expect(asked).toBe(1);
  expect(await signalConditions(pool)).toEqual([]);
});

test("a disk is told with what is left, only below the limit", async () => {
  const full = await diskConditions(tmpdir(), 100.1);
  const roomy = await diskConditions(tmpdir(), 0);

  expect(full).toMatchObject([{ rule: "disk", records: [tmpdir()] }]);
  expect(full[0]?.title).toMatch(/has \d+\.\d % \(\d+\.\d GiB\) left/);
  expect(roomy).toEqual([]);
});

const aWalk = (kind: "pull" | "gap", rest: string) =>
  pool.query(`insert into event_walk (pair, kind, since, position, done_at, walk_from, walk_to,
      trouble_code, trouble, trouble_cure, lost_from, lost_to)
    values ('acme', '${kind}', now(), now() - interval '1 hour', ${rest})`);

test.each([
  ["a pull with trouble", "pull", "10 minutes", "'stripe.refused', 'no right', 'Give it.'", 1],
  ["a pull whose trouble is young", "pull", "4 minutes", "'stripe.refused', 'no', 'Give it.'", 0],
  ["a check with trouble", "gap", "3 hours", "'stripe.refused', 'no right', 'Give it.'", 1],
  ["a hub that has only just started", "pull", "3 days", "null, null, null", 0],
] as const)("%s is told when it is late", async (...row) => {
  const [, kind, ago, trouble, count] = row;
  await aWalk(kind, `now() - interval '${ago}', null, null, ${trouble}, null, null`);

  const found = await ofPairs();

  expect(found.map(({ rule, key }) => `${rule} ${key}`)).toEqual(
    Array.from({ length: count }, () => `pull-behind ${kind}`),
  );
});

test("a long way that takes its time is told with how far it is", async () => {
  await aWalk(
    "pull",
    `now() - interval '2 hours', now() - interval '2 hours', now(), null, null, null, null, null`,
  );

  const [behind] = await ofPairs();

  expect(behind?.title).toBe("Stripe's events are 120 minutes behind, 50 % of the way");
});

test("time that Stripe has forgotten is told with the command that makes it good", async () => {
  await aWalk("gap", "now(), null, null, null, null, null, '2026-10-01T02:30Z', '2026-10-24Z'");

  const [forgotten] = await ofPairs();

  expect(forgotten).toMatchObject({ rule: "forgotten" });
  // A day would begin where the person sits, hours after the time that was lost.
  expect(forgotten?.cure).toBe("Run slipway rebuild acme --since 2026-10-01T02:30:00.000Z.");
});

test("events that were found missing are told for a day, with their number", async () => {
  await aWalk("gap", "now(), null, null, null, null, null, null, null");
  await pool.query(`insert into event (pair, stripe_event_id, type, livemode, lane_key, created_at,
      body, via, received_at)
    select 'acme', 'evt_' || n, 'charge.succeeded', true, 'pi_1', now(), '', 'gap',
      now() - n * interval '20 hours' from generate_series(0, 2) as n`);

  expect(await ofPairs()).toMatchObject([{ rule: "gap", count: 2 }]);
});

test("money of a closed order is told once its days are over, and not before", async () => {
  const columns = "pair, object, lane_key, order_number, customer_id, currency, paid, left_over";
  const order = (number: string, days: number) =>
    pool.query(
      `insert into sales_order (${columns}, state, left_since, left_due_at) values
         ('acme', $1, $1, $1, 'C1', 'USD', 100, 100, 'closed', now(),
          now() + $2::int * interval '1 day')`,
      [number, days],
    );
  await order("O1", -1);
  await order("O2", 1);

  const told = (await ofPairs()).filter(({ rule }) => rule === "order-left");

  expect(told).toMatchObject([{ count: 1, records: ["order O1"] }]);
  expect(told[0]?.cure).toContain("slipway orders list --left");
});

async function aDispute(id: string, change: { due: string; status?: string; isOver?: boolean }) {
  const { due, status = "needs_response", isOver = false } = change;
  await pool.query(
    `insert into dispute (pair, dispute_id, lane_key, charge_id, status, currency, amount,
       settled_in, stage, is_over, opened_at, evidence_due_at)
     values ('acme', $1, 'pi_1', 'ch_1', $2, 'USD', 100, 'USD', 'open', $3, now(),
       now() + $4::interval)`,
    [id, status, isOver, due],
  );
}

test("evidence that is due soon and money that is gone twice are told", async () => {
  await aDispute("du_soon", { due: "4 days" });
  await aDispute("du_later", { due: "9 days" });
  await aDispute("du_past", { due: "-1 days" });
  await aDispute("du_answered", { due: "2 days", status: "under_review", isOver: true });

  const told = (await ofPairs()).filter(({ rule }) => rule.startsWith("dispute-"));

  const rules = told.map(({ rule, records, count }) => ({ rule, count, records }));
  expect(rules).toEqual([
    {
      rule: "dispute-evidence",
      count: 1,
      records: [expect.stringMatching(/^du_soon until [\d-]{10} [\d:]{5} UTC$/)],
    },
    { rule: "dispute-over", count: 1, records: ["ch_1"] },
  ]);
});
