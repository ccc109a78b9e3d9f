import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Pool } from "pg";
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from "vitest";
import { createTestDatabase } from "../../test/support/postgres.ts";
import { HubError } from "../base/errors.ts";
import type { ErpConnector } from "../erp/port.ts";
import { HUB_CHECKS, PAIR_CHECKS } from "./catalog.ts";
import { takeLooks } from "./check.ts";
import { hubLooks } from "./hub-looks.ts";
import { pairLooks } from "./pair-looks.ts";
import { aHealthyPair, type Change, wellDeps } from "./testing/healthy.ts";

type CheckName = keyof typeof HUB_CHECKS | keyof typeof PAIR_CHECKS;
type Broken = Change & Readonly<{ sql?: string; state: string; text: string }>;

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;
let home: string;

/** A bank account of Cash Manager that takes nothing from the ledger. */
const DEAF_BANK = {
  isFedByLedger: true,
  accounts: [{ account: "1010", subaccount: "000000000000", takesLedger: false }],
};

const WELL_SQL = `
insert into hub_process (id) values ('hub-a');
insert into lineage (pair, checked_at, is_green) values ('acme-us', now(), true);
insert into event_walk (pair, kind, since, position, done_at)
values ('acme-us', 'gap', now(), now(), now());`;

const CLEAR_SQL = `
delete from hub_process; delete from lineage; delete from event_walk; delete from event;
delete from lane; delete from pair_state; delete from parked; delete from attempt;
delete from intent; delete from alert_notice; delete from alert;`;
/** Whether a test has left rows behind. */
let hasChanged = false;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = new Pool({ connectionString: database.url });
  home = mkdtempSync(join(tmpdir(), "slipway-doctor-"));
  for (const name of ["key", "token", "slipway.yaml"]) {
    writeFileSync(join(home, name), "x", { mode: 0o600 });
  }
  await pool.query(WELL_SQL);
});

afterEach(async () => {
  for (const name of ["key", "token", "slipway.yaml"]) chmodSync(join(home, name), 0o600);
  if (hasChanged) await pool.query(`${CLEAR_SQL} ${WELL_SQL}`);
  hasChanged = false;
});

afterAll(async () => {
  await pool?.end();
  await database?.drop();
  rmSync(home, { recursive: true, force: true });
});

/** All checks of a hub with one pair that is well but for the change. */
async function examine(change: Change) {
  const deps = { ...wellDeps({ pool, home }, change), ...change.deps?.({ home }) };
  const pair = aHealthyPair(change);
  const setup = { ...deps.setupOf(pair), ...change.setup };
  const all = { ...deps, setupOf: () => setup };
  const checks = [
    ...(await takeLooks(null, hubLooks(all))),
    ...(await takeLooks(pair.id, pairLooks(all, pair))),
  ];
  return new Map(checks.map((check) => [check.name, check]));
}

const refused = (code: "stripe.auth" | "erp.auth" | "erp.contract", message: string) => () =>
  Promise.reject(new HubError(code, message));
const openTo =
  (name: string) =>
  ({ home: at }: { home: string }) => {
    chmodSync(join(at, name), 0o644);
    return {};
  };

const EVENT = `insert into event (pair, stripe_event_id, type, livemode, lane_key, created_at,
  received_at, body) values ('acme-us', 'evt_1', 'charge.succeeded', false, 'pi_1', now(),
  now() - interval '3 minutes', 'x');`;
const INTENT = (stage: string) => `insert into intent (pair, key, lane_key, object, purpose, draft,
  draft_hash, mapping_version, stage, bat_nbr, updated_at) values ('acme-us', 'KEY', 'pi_1', 'pi_1',
  'invoice', '{}', 'h', 1, '${stage}', '000123', now() - interval '25 hours');`;

/** For each check what makes it, and it alone, speak up. */
const BROKEN: Record<Exclude<CheckName, "held">, Broken> = {
  database: { isFsyncOff: true, state: "problem", text: "PostgreSQL runs with fsync off" },
  "database.migrations": {
    deps: () => ({ pendingMigrations: async () => ["0009_more"] }),
    ...{ state: "problem", text: "not applied: 0009_more" },
  },
  "database.connections": { isBusy: true, state: "warning", text: "95 of 100 connections" },
  "database.clock": {
    deps: () => ({ nowMs: () => Date.now() + 60_000 }),
    ...{ state: "warning", text: "hub and database differ by 60" },
  },
  disk: {
    deps: () => ({ freeBytes: async () => 100 * 1024 ** 2 }),
    ...{ state: "problem", text: "0.1 GB are free" },
  },
  "key-file": { deps: openTo("key"), state: "warning", text: "others may read the key file" },
  "token-file": { deps: openTo("token"), state: "warning", text: "with the API token" },
  "settings-file": { deps: openTo("slipway.yaml"), state: "warning", text: "the settings file" },
  workers: {
    sql: "update hub_process set heartbeat_at = now() - interval '1 minute'",
    ...{ state: "problem", text: "no hub process works on lanes" },
  },
  "stray-events": { sql: EVENT, state: "warning", text: "1 event has neither an end nor a lane" },
  pairs: {
    deps: () => ({ book: { all: () => [], require: () => aHealthyPair({}) } }),
    ...{ state: "warning", text: "no pair is configured" },
  },
  alerts: {
    deps: () => ({ channels: () => [{ name: "mail", type: "smtp" }] as never }),
    sql: `with a as (insert into alert (rule, pair, key, title, cure, count)
        values ('parked', 'acme-us', 'k', 't', 'c', 1) returning id)
      insert into alert_notice (message_id, alert_id, channel, kind, content, tries, error)
      select 'm1', id, 'mail', 'opened', '{}', 1, 'mailbox unknown' from a`,
    ...{ state: "warning", text: "mail takes no notice: mailbox unknown" },
  },
  "stripe.access": {
    stripe: { checkAccess: refused("stripe.auth", "Invalid API Key") },
    ...{ state: "problem", text: "Invalid API Key" },
  },
  "stripe.mode": {
    settings: { "stripe.livemode": false },
    setup: { checkAccess: async () => ({ accountId: "acct_1", livemode: true }) },
    ...{ state: "problem", text: "the key is of live mode, and the pair is not" },
  },
  "stripe.permissions": {
    setup: {
      permissions: async () => [
        { resource: "Events", right: "read", why: "gaps", isGranted: false },
      ],
    },
    ...{ state: "problem", text: "the key lacks Events (read)" },
  },
  "stripe.webhook": {
    setup: { webhookEndpoints: async () => [] },
    ...{ state: "problem", text: "no endpoint at Stripe leads to this pair" },
  },
  "outcome-horizon": {
    settings: { "outcome-horizon": 60 },
    ...{ state: "warning", text: "outcome-horizon is 60 s" },
  },
  "currency-exponents": {
    settings: { "currency-exponents": { JPY: 2 } },
    ...{ state: "warning", text: "amounts are read as JPY with 2 decimals" },
  },
  "item.default": {
    settings: { item: {} },
    ...{ state: "warning", text: "no item.default" },
  },
  "sl.access": {
    erp: { check: refused("erp.auth", "The site has no company 0060") },
    ...{ state: "problem", text: "The site has no company 0060" },
  },
  "sl.accounts": {
    erp: { missingAccounts: async (wanted) => wanted.slice(0, 1) },
    ...{ state: "problem", text: "SL has no active account 1095" },
  },
  "sl.cash": {
    settings: { "accounts.bank": { USD: "1010/000000000000" } },
    erp: { readCashAccounts: async () => DEAF_BANK },
    ...{ state: "warning", text: "Cash Manager does not hear of payouts to accounts.bank.USD" },
  },
  "sl.terms": {
    erp: { readTerms: async () => undefined },
    ...{ state: "problem", text: 'SL has no terms "01"' },
  },
  "sl.items": {
    erp: { readInventory: async () => undefined },
    ...{ state: "problem", text: "SL has no item CONSULT" },
  },
  "sl.customers": {
    settings: { "customer.fallback": "C999" },
    erp: { readCustomer: async () => undefined },
    ...{ state: "problem", text: "SL has no customer C999" },
  },
  "sl.class": {
    erp: { hasCustomerClass: async () => false },
    ...{ state: "problem", text: 'SL has no customer class "RETAIL"' },
  },
  "sl.taxes": {
    settings: { tax: "sl", taxes: { "tax-behavior": "NYTAX" } },
    erp: { missingTaxes: async (wanted) => wanted },
    ...{ state: "problem", text: "SL has no tax NYTAX" },
  },
  "sl.orders": {
    settings: {
      mode: "sales-order",
      "order.charges": { tax: "TAX", shipping: "SHIP", rounding: "ROUND" },
    },
    erp: { orders: { missingSetup: async () => ["SHIP"] } as unknown as ErpConnector["orders"] },
    ...{ state: "problem", text: 'order.charges.shipping: SL has no "SHIP"' },
  },
  "sl.small-balances": {
    erp: { readSmallBalances: async () => ({ isAutomatic: true, limit: "1.5" }) },
    ...{ state: "warning", text: "what is left open up to 1.5 USD" },
  },
  "sl.calendar": {
    erp: { readCalendar: refused("erp.contract", "The site lacks the view") },
    also: ["sl.period"],
    ...{ state: "problem", text: "The site lacks the view" },
  },
  "sl.period": {
    openFrom: "209901",
    ...{ state: "warning", text: "is closed; booked in 209901" },
  },
  "sl.decimals": {
    erp: { readCurrencyDecimals: async () => 0 },
    ...{ state: "problem", text: "SL keeps 0 decimals of USD" },
  },
  "sl.rates": {
    settings: { "accounts.clearing": { USD: "1095/000", EUR: "1096/000" } },
    erp: {
      accountCurrencies: async () => new Map([["1096", "EUR"]]),
      isMultiCurrency: async () => false,
    },
    ...{ state: "problem", text: "SL keeps USD alone" },
  },
  "sl.fields": {
    settings: { "fields.to-stripe": [{ from: "ARDoc.User3", "to-metadata": "x" }] },
    erp: { missingColumns: async (_table, wanted) => wanted },
    ...{ state: "problem", text: "The site's contract does not show" },
  },
  "sl.own-fields": {
    erp: {
      listFieldUse: async () => [{ field: "User2", count: 2, batNbr: "000123", value: "PO 7" }],
    },
    ...{ state: "warning", text: 'User2 of 2 documents, such as "PO 7" in batch 000123' },
  },
  "sl.views": {
    erp: { newestKeyed: refused("erp.contract", "The site lacks the view xSlipway") },
    ...{ state: "problem", text: "The site lacks the view xSlipway" },
  },
  "sl.ledger": {
    erp: { ledgerBalance: refused("erp.contract", "Invalid column name 'TranDate'") },
    ...{ state: "problem", text: "Invalid column name 'TranDate'" },
  },
  "sl.leftovers": {
    erp: {
      listUnreleased: async () => ({
        rows: [
          {
            ...{ key: "PROBE-1", stripeId: "", screen: "invoice", batNbr: "000777" },
            ...{ state: "held", isReleased: false },
          },
        ],
        isLast: true,
      }),
    },
    ...{ state: "warning", text: "batches 000777 (08.010): unreleased" },
  },
  "intake.pull": {
    settings: { "stripe.intake": "pull" },
    ...{ state: "warning", text: "Stripe was not asked yet" },
  },
  "intake.gaps": {
    sql: "delete from event_walk",
    ...{ state: "warning", text: "Stripe was not asked yet" },
  },
  lineage: {
    sql: "update lineage set is_green = false, reason = 'SL is older'",
    ...{ state: "warning", text: "SL is older" },
  },
  "pair.state": {
    sql: `insert into pair_state (pair, held_by, held_reason, held_at)
      values ('acme-us', 'maria', 'month-end', now())`,
    ...{ state: "warning", text: "maria has paused the pair: month-end" },
  },
  "customer.review": {
    sql: `insert into parked (pair, lane_key, category, code, reason, cure, facts)
      values ('acme-us', 'pi_1', 'mapping', 'mapping.x', 'r', 'c', '{"review": "1"}')`,
    ...{ state: "warning", text: "1 buyer waits for a person" },
  },
  parked: {
    sql: `insert into parked (pair, lane_key, category, code, reason, cure)
      values ('acme-us', 'pi_1', 'mapping', 'mapping.x', 'r', 'c')`,
    ...{ state: "warning", text: "1 run waits for a person" },
  },
  backlog: {
    sql: `insert into lane (pair, key, due_at)
      values ('acme-us', 'pi_1', now() - interval '20 min')`,
    ...{ state: "warning", text: "1 lane is due, the oldest for 20 min" },
  },
  "open-outcomes": {
    sql: `${INTENT("reserving")} insert into attempt (pair, key, nr, step, worker, sent_at)
      values ('acme-us', 'KEY', 1, 'fill', 'w', now() - interval '1 hour')`,
    ...{ state: "warning", text: "1 send without an answer" },
  },
  unreleased: {
    sql: INTENT("filled"),
    ...{ state: "warning", text: "unreleased in SL for over 24 h: 000123 (pi_1)" },
  },
};

test("what is well has no complaint, and every check is in the catalog", async () => {
  const checks = await examine({});

  const complaints = [...checks.values()].filter(({ state }) => state !== "ok");
  expect(complaints).toEqual([]);
  expect([...checks.keys()].sort()).toEqual(
    [...Object.keys(HUB_CHECKS), ...Object.keys(PAIR_CHECKS)].sort(),
  );
  expect(checks.size).toBeGreaterThanOrEqual(25);
});

test.each(Object.entries(BROKEN))("%s speaks up when it is to, and it alone", async (...row) => {
  const [name, { sql = "", state, text, also = [], ...change }] = row;
  hasChanged = sql !== "";
  await pool.query(sql);

  const checks = await examine(change);

  const complaints = [...checks.values()].filter((check) => check.state !== "ok");
  expect(complaints.map((check) => check.name).sort()).toEqual([name, ...also].sort());
  expect(checks.get(name)).toMatchObject({ state, text: expect.stringContaining(text) as string });
  expect(checks.get(name)?.cure?.length).toBeGreaterThan(10);
});

test("a horizon that calls may outlast by their own setting is told", async () => {
  const checks = await examine({ settings: { "sl.call-timeout": 600 } });

  expect(checks.get("outcome-horizon")).toMatchObject({
    state: "warning",
    text: "outcome-horizon is 330 s, and sl.call-timeout lets a call take 600 s",
    cure: expect.stringContaining("Set it to 630 or more") as string,
  });
});

test("a rebuild is to begin with the first of what Stripe has forgotten", async () => {
  hasChanged = true;
  await pool.query("update event_walk set lost_from = '2026-10-01T02:30Z', lost_to = now()");

  const checks = await examine({});

  const cure = "slipway rebuild acme-us --since 2026-10-01T02:30:00.000Z";
  expect(checks.get("intake.gaps")?.cure).toContain(cure);
});

test("a settings file that is no YAML is a problem, with its line", async () => {
  const file = join(home, "slipway.yaml");
  writeFileSync(file, "pairs:\n  acme-us: {");
  onTestFinished(() => writeFileSync(file, "x"));

  const checks = await examine({});

  expect(checks.get("settings-file")).toMatchObject({
    state: "problem",
    text: expect.stringContaining("line 2") as string,
  });
});

test("what rules keep from being booked is told without being a fault", async () => {
  expect((await examine({})).get("held")).toMatchObject({ state: "ok" });
});
