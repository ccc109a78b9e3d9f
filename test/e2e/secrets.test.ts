import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCommand } from "../../src/cli/testing/run-command.ts";
import { loadKey, loadSettings } from "../../src/config/index.ts";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { expectBookedOnce, expectParked } from "./books.ts";
import { pay } from "./orders.ts";
import { hasEnded, letMinutesPass } from "./time-passes.ts";

/** A password that a person got wrong: no less secret, it may be one letter off. */
const WRONG = "Wrong-Pass-Word-8417";
/** A second signing secret, as while one is rolled. */
const ROLLED = "whsec_RolledSecretThatNobodySees";

let world: World;
let secrets: readonly string[];
let password: string;
let siteKey: string;
let signing: string;
const logged: string[] = [];
/** Whatever the hub has answered, on its API and to webhooks. */
const answered: string[] = [];

beforeAll(async () => {
  const log = pino({ level: "trace", base: null }, { write: (line: string) => logged.push(line) });
  world = await openWorld({}, { log });
  const sources = { env: {}, key: () => loadKey(world.home, undefined) };
  const settings = loadSettings(world.home, sources).pairs.get(world.pair);
  if (settings === undefined) throw new Error("the pair is not in the file");
  const { stripe, sl } = settings;
  password = sl.password.reveal();
  siteKey = sl.siteKey?.reveal() ?? "";
  signing = stripe.webhookSecrets[0]?.reveal() ?? "";
  secrets = [
    stripe.secretKey.reveal(),
    signing,
    password,
    siteKey,
    readFileSync(join(world.home, "key"), "utf8").trim(),
    world.token,
    WRONG,
    ROLLED,
  ];
});

afterAll(async () => {
  await world.close();
});

async function call(path: string, init: { method?: string; body?: unknown } = {}): Promise<string> {
  const { method = "GET", body } = init;
  const response = await fetch(`${world.hubUrl()}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${world.token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  answered.push(`${path} ${[...response.headers].join(" ")} ${text}`);
  return text;
}

const set = (path: string, value: unknown, dryRun = false) =>
  call(`/api/pairs/${world.pair}`, { method: "PATCH", body: { path, value, dryRun } });

async function slipway(...args: string[]): Promise<void> {
  const { out, err } = await runCommand([...args, "--url", world.hubUrl()], {
    SLIPWAY_TOKEN: world.token,
  });
  answered.push(`slipway ${args.join(" ")}: ${out} ${err}`);
}

/** The pieces that hold one of the secrets, plain or in a form that bytes are shown in. */
function leaksIn(pieces: readonly string[]): string[] {
  return secrets.flatMap((secret) => {
    const bytes = Buffer.from(secret);
    const forms = [secret, bytes.toString("hex"), bytes.toString("base64").replace(/=+$/, "")];
    return pieces
      .filter((piece) => forms.some((form) => piece.includes(form)))
      .map((piece) => `${secret.slice(0, 8)}… in ${piece.slice(0, 200)}`);
  });
}

async function dumpTables(): Promise<string[]> {
  const tables = await world.sql(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
     where schemaname not in ('pg_catalog', 'information_schema')`,
  );
  const dumps = await Promise.all(
    tables.map(async ({ name }) => {
      const rows = await world.sql(`select t::text as row from ${String(name)} t`);
      return rows.map((row) => `${String(name)} ${String(row.row)}`);
    }),
  );
  const bodies = await world.sql("select convert_from(body, 'UTF8') as body from event");
  return [...dumps.flat(), ...bodies.map((row) => `event body ${String(row.body)}`)];
}

/** Every file of the home but the key itself and what belongs to the sandbox. */
function filesOfHome(): string[] {
  return readdirSync(world.home, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== "key")
    .map((entry) => `${entry.name} ${readFileSync(join(world.home, entry.name), "utf8")}`);
}

async function pausedBy(code: string): Promise<void> {
  await until(`the pair to pause for ${code}`, async () => {
    const { pairs } = JSON.parse(await call("/api/lanes")) as { pairs: Row[] };
    return pairs.some((row) => row.pausedCode === code);
  });
}

test("the secrets are known to the test, or nothing is shown", () => {
  expect(secrets.map((secret) => secret.length >= 8)).toEqual(secrets.map(() => true));
  expect(new Set(secrets).size).toBe(8);
  expect(
    leaksIn([`a ${secrets[0]} b`, Buffer.from(secrets[2] ?? "").toString("hex")]),
  ).toHaveLength(2);
});

test("nothing that a hub says, answers or keeps holds a secret of its pair", async () => {
  const good = await pay(world, 5_100);
  await expectBookedOnce(world, good);
  // An order that SL refuses with secrets in its words, one that Stripe refuses, one whose answers
  // are lost.
  const message = `site key ${siteKey} has no licence for ${password}`;
  const refuse = { kind: "refuse", message, messageNbr: 6900 };
  const fill = { service: "invoiceAndMemo", actionType: "UPDATE" };
  await world.slAdmin("/faults", { match: fill, effect: refuse });
  const refused = await pay(world, 5_200);
  const parked = await expectParked(world, refused, "erp.refused");
  await world.slAdmin("/faults", { match: fill, effect: { kind: "drop", commit: "first" } });
  const read = { method: "GET", path: "/v1/payment_intents/*" };
  await world.stripeAdmin("/faults", { ...read, action: "error", status: 500, times: 2 });
  const lost = await pay(world, 5_300);
  await letMinutesPass(world, lost, () => hasEnded(world, lost));
  // Credentials that are wrong on either side, and settings that are refused.
  await set("sl.password", WRONG);
  await pay(world, 5_400);
  await pausedBy("erp.auth");
  await call(`/api/pairs/${world.pair}/test`, { method: "POST" });
  await set("sl.password", password);
  await set("stripe.webhook-secrets", [signing, ROLLED]);
  await set("stripe.webhook-secrets", ROLLED, true);
  await set("stripe.secret-key", [secrets[0]], true);
  await set("stripe.livemode", true, true);
  // A secret under a name that is misspelt, so that nobody knows it for one.
  await set("sl.pasword", WRONG);
  await call("/api/pairs", { method: "POST", body: { id: "x", settings: { sl: { password } } } });
  // Everything that can be asked.
  const lists = ["pairs", `pairs/${world.pair}`, "events", "runs", "parked", "lanes"];
  const ids = [good.id, refused.id, good.chargeIds[0], refused.chargeIds[0], lost.id];
  for (const name of lists) await call(`/api/${name}`);
  for (const id of ids) await call(`/api/trace/${id}`);
  await call(`/api/parked/${String(parked.id)}`);
  for (const path of ["/metrics", "/healthz", "/readyz", "/nothing"]) await call(path);
  await call("/api/doctor", { method: "POST", body: { probe: true } });
  await call("/webhooks/stripe/demo", { method: "POST", body: { id: "evt_1" } });
  await slipway("pair", "show", world.pair);
  await slipway("doctor");
  await slipway("trace", refused.id);
  await slipway("parked", "show", String(parked.id));

  const rows = await dumpTables();
  const files = filesOfHome();

  expect(logged.join("")).toContain(refused.id);
  expect(answered.join("")).toContain(refused.id);
  expect(rows.join("")).toContain(refused.id);
  expect(files.join("")).toContain("enc:v1:");
  expect(leaksIn(logged)).toEqual([]);
  expect(leaksIn(answered)).toEqual([]);
  expect(leaksIn(rows)).toEqual([]);
  expect(leaksIn(files)).toEqual([]);
});
