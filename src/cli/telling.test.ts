import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../test/support/postgres.ts";
import { noteAct } from "../api/index.ts";
import { Seed } from "../api/testing/seed.ts";
import { type Served, serveApi, TEST_TOKEN } from "../api/testing/serve-api.ts";
import { openPool, withTransaction } from "../db/index.ts";
import { personName } from "./parked-ids.ts";
import { runCommand } from "./testing/run-command.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;
let api: Served;
let seed: Seed;
let home: string;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { max: 5, applicationName: "cli-telling-test" });
  seed = new Seed(pool);
  api = await serveApi(pool);
  home = mkdtempSync(join(tmpdir(), "slipway-telling-"));
  writeFileSync(join(home, "hub.json"), JSON.stringify({ url: api.url, pid: 1 }));
  writeFileSync(join(home, "token"), `${TEST_TOKEN}\n`, { mode: 0o600 });
});

afterAll(async () => {
  await api?.close();
  await pool?.end();
  await database?.drop();
  rmSync(home, { recursive: true, force: true });
});

const slipway = (...args: string[]) => runCommand(args, { SLIPWAY_HOME: home });

async function parkedOn(lane: string): Promise<string> {
  await seed.lane({ key: lane });
  return seed.parked({ lane });
}

test("a refusal of the hub with --json is one object on standard error", async () => {
  const { code, out, err } = await slipway("runs", "7", "--json");

  expect([code, out]).toEqual([1, ""]);
  expect(JSON.parse(err)).toEqual({
    code: "api.not_found",
    message: "There is no run 7",
    cure: "Check the id.",
    request: expect.stringMatching(/^req-/) as string,
  });
});

test("a refused value with --json names its field and one that would do", async () => {
  const { code, err } = await slipway("runs", "--limit", "0", "--json");

  expect(code).toBe(2);
  expect(JSON.parse(err)).toMatchObject({
    code: "api.invalid",
    message: "--limit must be at least 1",
    field: "limit",
    example: "50",
  });
});

test.each([
  ["an unknown flag", ["runs", "--colour", "--json"], "api.invalid", "unknown option '--colour'"],
  ["no hub", ["runs", "--url", "http://127.0.0.1:1", "--json"], "api.unreachable", "not answer"],
  ["a bad id", ["parked", "resume", "12", "--json"], "api.invalid", "does not name a case"],
])("%s with --json is one object that no request belongs to", async (...row) => {
  const [, args, errorCode, words] = row;

  const { code, out, err } = await slipway(...args);

  expect([code, out]).toEqual([2, ""]);
  expect(JSON.parse(err)).toMatchObject({
    code: errorCode,
    message: expect.stringContaining(words) as string,
    request: null,
  });
});

test("a pair that there is not ends 1 with those there are", async () => {
  const { code, err } = await slipway("lanes", "--pair", "nope");

  expect(code).toBe(1);
  expect(err).toContain('There is no pair "nope"; there are: acme-us\n');
});

test("the hint for a wrong token names what sets it", async () => {
  const { code, err } = await slipway("lanes", "--token", "a-wrong-token-of-a-test");

  expect(code).toBe(2);
  expect(err).toContain("--token or SLIPWAY_TOKEN");
});

test("parked list points to the one on top", async () => {
  const id = await parkedOn("pi_pointed");

  const { err } = await slipway("parked", "list");
  const json = await slipway("parked", "list", "--json");

  expect(err).toBe(`All of one: slipway parked show ${id}\n`);
  expect(json.err).toBe("");
});

test("a dismissed one is told with who, when and why, in the list and by itself", async () => {
  const id = await parkedOn("pi_told");
  await slipway("parked", "dismiss", `${id}@1`, "--reason", "booked as IN 004711", "--by", "eva");

  const list = await slipway("parked", "list", "--state", "dismissed");
  const shown = await slipway("parked", "show", id);

  expect(list.out).toMatch(/^ *Case +Closed +By +Why +Pair +Lane +Code\n/);
  expect(list.out).toMatch(
    new RegExp(`${id}@2  \\d{4}-\\d\\d-\\d\\d [\\d:]{8}  eva  booked as IN 004711 .* pi_told`),
  );
  expect(shown.out).toMatch(
    /^dismissed \d{4}-\d\d-\d\d \d\d:\d\d:\d\d by eva: booked as IN 004711$/m,
  );
  expect(shown.out).not.toContain("Map the product, then resume.");
});

test("pair set --dry-run shows the value now and then, a secret masked", async () => {
  const change = ["pair", "set", "acme-us", "tax", "none", "--dry-run"];
  const hidden = ["pair", "set", "acme-us", "stripe.secretKey", "sk_test_1", "--dry-run"];

  const plain = await slipway(...change);
  const secret = await slipway(...hidden);

  expect(plain.out).toBe("tax of acme-us would be set\n  now   line\n  then  none\n");
  expect(secret.out).toContain("  now   ••••••\n  then  ••••••\n");
});

test("a rebuild counts one document as one", async () => {
  const { out } = await slipway("rebuild", "acme-us", "--since", "2026-11-01");

  expect(out).toBe(
    "4 records of ours in SL\n1 of them new to the hub, taken over\n" +
      "1 document that SL has lost, opened again: 000200\n2 facts at Stripe woken\n",
  );
});

test("a period that is closed without a name is signed by who sits here", async () => {
  await slipway("close", "acme-us", "--period", "202603", "--dry-run");

  expect(api.asked.at(-1)).toMatchObject({ close: { period: "202603", by: personName() } });
});

test("a payout that Stripe does not have is told as an id to check", async () => {
  const { code, err } = await slipway("payout", "tu_1", "--pair", "acme-us");

  expect(code).toBe(1);
  expect(err).toContain("Stripe has no top-up tu_1\nCheck the id");
});

test("a history that was filtered does not say that nobody did anything", async () => {
  const { out } = await slipway("history", "--by", "nobody-here");

  expect(out).toBe("No such acts.\n");
});

test("the history shows a changed setting with its values, also of the hub itself", async () => {
  const change = { setting: "terms.paid", before: '"01"', after: '"30"' };
  const act = { by: "maria", act: "configured", changes: [change] } as const;
  const words = 'terms.paid: "01" → "30"';
  await withTransaction(pool, async (tx) => {
    await noteAct(tx, { ...act, pair: "acme-us", words });
    await noteAct(tx, { by: "otto", act: "configured", words: "alerts.limits.backlog: 5 → 9" });
  });

  const shown = await slipway("history", "--act", "configured");
  const json = await slipway("history", "--by", "maria", "--json");

  expect(shown.out).toMatch(/otto +configured +alerts\.limits\.backlog: 5 → 9\n/);
  expect(shown.out).toMatch(/maria +configured +acme-us +terms\.paid: "01" → "30"\n$/);
  expect(JSON.parse(json.out)).toMatchObject({ pair: "acme-us", words, changes: [change] });
});

test.each([
  ["a kind of trouble that there is not", ["parked", "list", "--category", "maping"], "mapping"],
  ["an entry of another list", ["customers", "review", "create", "3"], "customers review list"],
  ["a day that there is not", ["reverse", "pi_1", "--date", "2026-02-31"], "must be a day"],
])("%s is refused with what would do", async (_name, args, words) => {
  const { code, err } = await slipway(...args);

  expect(code).toBe(2);
  expect(err).toContain(words);
});

test("a recheck that takes no words does not say that nothing is held back", async () => {
  const { out } = await slipway("held", "recheck");
  const words = await slipway("held", "recheck", "--kind", "hold");

  expect(out).toContain("No rule holds anything back; what a word does is looked at with --kind");
  expect(words.out).toBe("Nothing is held back by it.\n");
});
