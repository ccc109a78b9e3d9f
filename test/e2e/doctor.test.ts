import { chmodSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { runCommand } from "../../src/cli/testing/run-command.ts";
import { until } from "../support/wait.ts";
import { openWorld, type Row, WORLD_TOKEN, type World } from "../support/world.ts";
import { decide, expectBookedOnce, expectParked, slWrites } from "./books.ts";
import { aPrice, checkOut, pay } from "./orders.ts";

type Check = Readonly<{ name: string; state: string; text: string; cure?: string }>;

let world: World;
/** What a test has set otherwise, to be set back. */
const undo: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  world = await openWorld();
  // A hub compares what it knows at its start, and else every minute.
  await world.restartHub();
  await until("hub and SL to be compared", async () => {
    const [row] = await world.sql("select is_green from lineage where pair = $1", [world.pair]);
    return row?.is_green === true;
  });
});

afterEach(async () => {
  for (const back of undo.splice(0).reverse()) await back();
});

afterAll(async () => {
  await world.close();
});

async function set(path: string, value: unknown, back: unknown): Promise<void> {
  undo.push(() => world.set(path, back));
  await world.set(path, value);
}

async function examine(): Promise<Map<string, Check>> {
  const body = { pair: world.pair };
  const { checks } = await world.api<{ checks: Check[] }>("/api/doctor", { method: "POST", body });
  return new Map(checks.map((check) => [check.name, check]));
}

async function look(name: string): Promise<Check | undefined> {
  return (await examine()).get(name);
}

function slipway(...args: string[]) {
  return runCommand([...args, "--url", world.hubUrl(), "--token", WORLD_TOKEN]);
}

test("everything that is well is told as well, and nothing is written", async () => {
  await world.slAdmin("/calls", undefined, "DELETE");

  const checks = await examine();

  const texts = Object.fromEntries(
    [...checks].map(([name, { state, text }]) => [name, [state, text]]),
  );
  expect(texts).toMatchObject({
    "key-file": ["ok", "only its owner may read it"],
    pairs: ["ok", "1 configured"],
    "stripe.access": [
      "ok",
      expect.stringMatching(/^Stripe account acct_\w+ answers in test mode$/),
    ],
    "outcome-horizon": ["ok", "330 s"],
    "item.default": ["ok", "set"],
    "sl.access": ["ok", expect.stringMatching(/^company \w+ answers, ./)],
    "sl.accounts": ["ok", expect.stringMatching(/^all \d+ accounts exist and are active$/)],
    "sl.terms": ["ok", expect.stringMatching(/^terms 01: due after \d+ days$/)],
    "sl.items": ["ok", expect.stringMatching(/^looked at \d+ of \d+ items: they exist/)],
    "sl.customers": ["ok", "no customer is configured"],
    "sl.class": ["ok", "class RETAIL exists"],
    "sl.orders": ["ok", "the pair's mode makes no orders"],
    "sl.calendar": ["ok", expect.stringMatching(/^12 periods a year; open from \d{6} \(AR\)/)],
    "sl.decimals": ["ok", "USD has 2 decimals"],
    "sl.rates": ["ok", "Stripe settles in the base currency alone"],
    "sl.fields": ["ok", "no column is configured in fields.to-stripe"],
    "sl.views": ["ok", "documents are found by key"],
    lineage: ["ok", "hub and SL know the same newest documents"],
    "pair.state": ["ok", "at work"],
    parked: ["ok", "none"],
  });
  expect(await slWrites(world)).toEqual([]);
});

test("a database that may forget what it has is a problem with its cure", async () => {
  // The tests' own server runs with fsync off.
  expect(await look("database")).toMatchObject({
    state: "problem",
    text: "PostgreSQL runs with fsync off",
    cure: expect.stringContaining("acknowledged webhook") as string,
  });
});

test.each([
  ["sl.password", "wrong", "", "sl.access", "refused"],
  ["sl.company-id", "9999", "", "sl.access", "9999"],
  ["stripe.secret-key", "sk_test_wrong", "", "stripe.access", "Invalid API Key"],
] as const)("%s that the other side does not know is a problem", async (...row) => {
  const [path, wrong, right, name, words] = row;
  await set(path, wrong, right === "" ? await settingOf(path) : right);

  const found = await look(name);

  expect(found).toMatchObject({ state: "problem", text: expect.stringContaining(words) as string });
  expect(String(found?.cure).length).toBeGreaterThan(10);
});

test.each([
  [
    "accounts.sales",
    "4999/000000000000",
    "4010/000000000000",
    "sl.accounts",
    "SL has no active account 4999",
  ],
  ["terms.paid", "ZZ", "01", "sl.terms", 'SL has no terms "ZZ"'],
  ["customer.terms", "ZZ", null, "sl.terms", 'SL has no terms "ZZ"'],
  ["customer.class", "NOSUCH", "RETAIL", "sl.class", 'SL has no customer class "NOSUCH"'],
  ["customer.fallback", "NOBODY", null, "sl.customers", "SL has no customer NOBODY"],
  ["customer.fallback", "C302", null, "sl.customers", "SL customer C302 is inactive"],
  ["customer.named", "C303", null, "sl.customers", "SL customer C303 is on hold"],
  ["customer.named", "C304", null, "sl.customers", "SL customer C304 trades in EUR"],
  ["item.default", "NOITEM", "DEFAULT-ITEM", "sl.items", "SL has no item NOITEM"],
  ["items.prod_x", "OLDITEM", null, "sl.items", "SL item OLDITEM is not active"],
  ["items.prod_x", "WIDGET", null, "sl.items", "SL item WIDGET is a stock item"],
] as const)("%s %s is a problem with the command that mends it", async (...row) => {
  const [path, wrong, right, name, words] = row;
  await set(path, wrong, right);

  const found = await look(name);

  expect(found).toMatchObject({ state: "problem" });
  expect(found?.text).toContain(`${path}: ${words}`);
  expect(found?.cure).toContain(`\`slipway pair set ${world.pair} ${path} <`);
});

test("an item of a mapping with its own account is looked up with that account", async () => {
  await set("items.price_x", { item: "NOITEM", sales: "4999/000000000000" }, null);

  const checks = await examine();

  expect(checks.get("sl.items")?.text).toContain("items.price_x.item: SL has no item NOITEM");
  expect(checks.get("sl.accounts")?.text).toContain("items.price_x.sales: SL has no active");
});

test("a tax of the settings that SL does not have is named, once taxes are SL's", async () => {
  await set("taxes.US-NY", "NYTAX", null);
  await set("taxes.DE", "NOTAX", null);
  expect(await look("sl.taxes")).toMatchObject({ state: "ok" });
  await set("tax", "sl", "line");

  const found = await look("sl.taxes");

  expect(found).toMatchObject({ state: "problem", text: "taxes.DE: SL has no tax NOTAX" });
  expect(found?.cure).toContain(`\`slipway pair set ${world.pair} taxes.DE <`);
});

test("a customer of the settings that can be booked on is named", async () => {
  await set("customer.fallback", "WEBSHOP", null);

  expect(await look("sl.customers")).toMatchObject({
    state: "ok",
    text: "customer.fallback WEBSHOP: can be booked on",
  });
});

test("terms of customers need not be due in days", async () => {
  await set("customer.terms", "M3", null);

  expect(await look("sl.terms")).toMatchObject({ state: "ok" });
});

test("of many items some hundred are looked at, and the rest is told", async () => {
  const items = Object.fromEntries(Array.from({ length: 301 }, (_, n) => [`prod_${n}`, "SETUP"]));
  const before = await itemsNow();
  await set("items", items, before);

  expect(await look("sl.items")).toMatchObject({
    state: "ok",
    text: "looked at 300 of 302 items: they exist and can be booked",
  });
});

async function itemsNow(): Promise<unknown> {
  const shown = await world.api<{ settings: Row }>(`/api/pairs/${world.pair}`);
  return shown.settings.items;
}

/** The value that the world was made with; secrets are told by nobody but their sandbox. */
async function settingOf(path: string): Promise<string> {
  if (path === "stripe.secret-key") return world.secretKey;
  return path === "sl.password" ? world.slCredentials.password : world.slCredentials.companyId;
}

test.each([
  ["outcome-horizon", 60, 330, "outcome-horizon is 60 s"],
  ["item.default", null, "DEFAULT-ITEM", "no item.default: charges without lines are parked"],
] as const)("a risky %s is a warning, not a problem", async (path, risky, safe, text) => {
  await set(path, risky, safe);

  const found = await look(path);

  expect(found).toMatchObject({ state: "warning", text });
  expect(String(found?.cure).length).toBeGreaterThan(10);
});

test("a key file that others may read is a warning with the command", async () => {
  const key = join(world.home, "key");
  undo.push(async () => chmodSync(key, 0o600));
  chmodSync(key, 0o644);

  expect(await look("key-file")).toMatchObject({
    state: "warning",
    cure: `Run chmod 600 ${key}.`,
  });
});

test("runs that wait for a person are counted in a warning", async () => {
  const price = await aPrice(world, 900, { name: "Not mapped" });
  const order = await checkOut(world, { line_items: [{ quantity: 1, price }] });
  const parked = await expectParked(world, order, "mapping.product_unmapped");
  undo.push(() => decide(world, parked, "dismiss", { reason: "a test" }));

  expect(await look("parked")).toMatchObject({
    state: "warning",
    text: "1 run waits for a person",
  });
});

test.each([
  [
    "a circuit that is open",
    "circuit = 'open', circuit_failures = 5, probe_at = now() + interval '1 h'",
    "SL does not answer: the circuit is open",
    /tries again on its schedule/,
  ],
  [
    "refused credentials",
    "paused_code = 'erp.auth', paused_reason = 'SL refused the password'",
    "The pair is paused: SL refused the password",
    /Set working SL credentials/,
  ],
  [
    "a gap after a restore",
    "paused_code = 'conflict.lineage', paused_reason = 'SL is older than the hub'",
    "The pair is paused: SL is older than the hub",
    /rebuild/,
  ],
])("%s is a problem with the cure for it", async (_name, state, text, cure) => {
  await world.sql("insert into pair_state (pair) values ($1) on conflict do nothing", [world.pair]);
  undo.push(() => world.sql("delete from pair_state"));
  await world.sql(`update pair_state set ${state}`);

  const found = await look("pair.state");

  expect(found).toMatchObject({ state: "problem", text });
  expect(found?.cure).toMatch(cure);
});

test("pair test and doctor on the command line end 1 while there is a problem", async () => {
  const well = await slipway("pair", "test", world.pair, "--json");
  await set("terms.paid", "ZZ", "01");
  const ill = await slipway("pair", "test", world.pair);
  const doctor = await slipway("doctor", "--pair", world.pair);

  const checks = well.out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Check);
  expect(well.code).toBe(0);
  expect(new Set(checks.map(({ state }) => state))).toEqual(new Set(["ok"]));
  expect(checks.map(({ name }) => name)).toContain("sl.access");
  expect([ill.code, doctor.code], `${ill.err} ${doctor.err}`).toEqual([1, 1]);
  expect(ill.out).toContain('SL has no terms "ZZ"');
  expect(ill.out).toContain(`Run \`slipway pair set ${world.pair} terms.paid <terms>\`.`);
  expect(doctor.out).toContain('SL has no terms "ZZ"');
});

test("a pair that was examined goes on booking", async () => {
  await expectBookedOnce(world, await pay(world, 9_900));
  const lanes = await world.api<{ pairs: Row[] }>("/api/lanes");

  expect(lanes.pairs[0]).toMatchObject({ circuit: "closed", parkedOpen: 0 });
});
