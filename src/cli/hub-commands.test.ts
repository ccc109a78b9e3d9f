import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../test/support/postgres.ts";
import { Seed, seedBookedOrder } from "../api/testing/seed.ts";
import { type Served, serveApi, TEST_TOKEN } from "../api/testing/serve-api.ts";
import { openPool } from "../db/index.ts";
import { personName } from "./parked-ids.ts";
import { runCommand } from "./testing/run-command.ts";
import { runSlipway } from "./testing/run-slipway.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;
let api: Served;
let seed: Seed;
let home: string;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { max: 5, applicationName: "cli-test" });
  seed = new Seed(pool);
  api = await serveApi(pool);
  home = mkdtempSync(join(tmpdir(), "slipway-cli-"));
  writeFileSync(join(home, "hub.json"), JSON.stringify({ url: api.url, pid: 1 }));
  writeFileSync(join(home, "token"), `${TEST_TOKEN}\n`, { mode: 0o600 });
  await seedBookedOrder(seed);
});

afterAll(async () => {
  await api?.close();
  await pool?.end();
  await database?.drop();
  rmSync(home, { recursive: true, force: true });
});

const slipway = (args: readonly string[], input?: string) =>
  input === undefined
    ? runCommand(args, { SLIPWAY_HOME: home })
    : runSlipway(args, { env: { SLIPWAY_HOME: home }, input });

const jsonLines = (out: string): Record<string, unknown>[] =>
  out
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test("trace tells the story with its debits and credits", async () => {
  const { code, out, err } = await slipway(["trace", "ch_1"]);

  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toContain("times in Europe/Berlin (UTC+0");
  expect(out).toMatch(/\d\d:\d\d:\d\d\.\d{3} {2}event {4}charge\.succeeded evt_1 received/);
  expect(out).toContain("invoice for pi_1 done: IN 000200 STABC 202611 2026-11-23, batch 000123");
  const table = out.slice(out.indexOf("Document"), out.indexOf("cus_1 ⇄"));
  expect(`\n${table}`).toMatchInlineSnapshot(`
    "
    Document       Account  Subaccount     Debit  Credit
    IN 000200      1210     000000000000  108.25          USD  receivable
                   4010     000000000000          100.00  USD  Widget
                   2200     000000000000            8.25  USD  Sales tax
    PA KY3E3RUCE5  1095     000000000000  108.25          USD  clearing
                   1210     000000000000          108.25  USD  applied to 000200
    Total                                 216.50  216.50  USD

    "
  `);
});

test("trace --exchanges shows what each send wrote and what came back", async () => {
  const { code, out } = await slipway(["trace", "ch_1", "--exchanges"]);

  expect(code).toBe(0);
  expect(out).toContain("invoice for pi_1, send 1: fill (ok)\n  > fill 000200\n  < <ok/>\n");
});

test("trace without a terminal has no colours and no trailing blanks", async () => {
  const { out } = await slipway(["trace", "pi_1"]);

  expect(out).not.toContain("\u001b");
  expect(out.split("\n").filter((line) => /\s$/.test(line))).toEqual([]);
});

test("trace --json is one object with story and documents", async () => {
  const { out } = await slipway(["trace", "000123", "--json"]);

  const [trace, ...others] = jsonLines(out);
  expect(others).toEqual([]);
  expect(trace).toMatchObject({ id: "000123", isCut: false });
});

test("trace of an unknown id ends 1 with what to give", async () => {
  const { code, out, err } = await slipway(["trace", "pi_unknown"]);

  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toContain("Nothing is known of pi_unknown");
  expect(err).toContain("txn_");
});

test("events --json is one object a line", async () => {
  const { code, out } = await slipway(["events", "--json", "--lane", "pi_1"]);

  expect(code).toBe(0);
  expect(jsonLines(out)).toMatchObject([{ id: "evt_1", end: "booked" }]);
});

test("an empty list is nothing with --json and words without", async () => {
  const json = await slipway(["events", "--json", "--lane", "pi_none"]);
  const events = await slipway(["events", "--lane", "pi_none"]);
  const runs = await slipway(["runs", "--lane", "pi_none"]);

  expect([json.code, json.out]).toEqual([0, ""]);
  expect([events.out, runs.out]).toEqual(["No such events.\n", "No such runs.\n"]);
});

test("an event is shown with its body", async () => {
  const { out } = await slipway(["events", "evt_1"]);

  expect(out).toContain("end       booked: IN 000200");
  expect(out).toContain('"id": "evt_1"');
});

test("a run is shown with its steps", async () => {
  const list = await slipway(["runs", "--json", "--lane", "pi_1"]);
  const id = String(jsonLines(list.out)[0]?.id);

  const { code, out } = await slipway(["runs", id]);

  expect(code).toBe(0);
  expect(out).toContain(`run ${id}  booked: invoice 000200`);
  expect(out).toContain("invoice 000200 released");
});

test("a hostile text of a stranger cannot drive the terminal", async () => {
  await seed.event({
    id: "evt_hostile",
    lane: "pi_hostile",
    end: "not_applicable",
    reason: "bad \u001b[2J\nline",
  });

  const list = await slipway(["events", "--lane", "pi_hostile"]);
  const story = await slipway(["trace", "pi_hostile"]);

  expect(list.out + story.out).not.toContain("\u001b");
  expect(list.out.trimEnd().split("\n")).toHaveLength(2);
});

test("parked list, show, resume: from what waits to a woken lane", async () => {
  await seed.lane({ key: "pi_cli" });
  const id = await seed.parked({ lane: "pi_cli" });

  const list = await slipway(["parked", "list"]);
  const shown = await slipway(["parked", "show", id]);
  const resumed = await slipway([
    "parked",
    "resume",
    `${id}@1`,
    "--comment",
    "done",
    "--by",
    "eva",
  ]);

  expect(list.out).toContain(`${id}@1`);
  expect(shown.out).toContain("Map the product, then resume.");
  expect([resumed.code, resumed.out]).toEqual([
    0,
    `${id}@1 resume: done\n  lane pi_cli is woken and runs again\n` +
      "  see the result: slipway runs --pair acme-us --lane pi_cli\n",
  ]);
  const row = await pool.query("select state, closed_by from parked where id = $1", [id]);
  expect(row.rows).toEqual([{ state: "resumed", closed_by: "eva" }]);
  const next = await seed.parked({ lane: "pi_cli", runId: "77" });
  const { out } = await slipway(["parked", "show", next]);
  expect(out).toContain(`case ${next}@1  `);
  expect(out).toContain(`\nparked by run 77, again after case ${id}, resumed by eva\n`);
});

test("dismiss --dry-run changes nothing", async () => {
  await seed.lane({ key: "pi_cli_dry" });
  const id = await seed.parked({ lane: "pi_cli_dry" });

  const { code, out } = await slipway([
    "parked",
    "dismiss",
    `${id}@1`,
    "--reason",
    "test",
    "--dry-run",
  ]);

  expect([code, out]).toEqual([
    0,
    `${id}@1 dismiss: would happen\n  0 events end as not applicable\n`,
  ]);
  const row = await pool.query("select state from parked where id = $1", [id]);
  expect(row.rows).toEqual([{ state: "open" }]);
});

test("a version that is gone ends 1 and says the newest", async () => {
  await seed.lane({ key: "pi_cli_old" });
  const id = await seed.parked({ lane: "pi_cli_old" });

  const { code, err } = await slipway(["parked", "resume", `${id}@7`]);

  expect(code).toBe(1);
  expect(err).toContain("is at version 1 now");
});

test.each([
  ["a number without its version", ["parked", "resume", "12"]],
  ["one bad id among good ones", ["parked", "resume", "12@1", "13"]],
  [
    "the rows of a payout as a file",
    ["payout", "po_1", "--pair", "a", "--rows", "--format", "csv"],
  ],
  ["a dismissal without a reason", ["parked", "dismiss", "12@1"]],
  ["a limit beyond the bound", ["events", "--limit", "201"]],
  ["an unknown flag", ["runs", "--colour"]],
  ["an unknown command of a group", ["parked", "forget"]],
  ["a group without a command", ["pair"]],
  ["a trace of nothing", ["trace"]],
  ["a day that is none", ["rebuild", "acme-us", "--since", "yesterday"]],
  ["a day that no month has", ["rebuild", "acme-us", "--since", "2026-02-30"]],
  ["an instant of such a day", ["rebuild", "acme-us", "--since", "2026-02-30T10:00:00Z"]],
  ["a first day that no month has", ["replay", "--since", "2026-02-30", "--dry-run"]],
  ["a last day of another spelling", ["replay", "--until", "11/01/2026", "--dry-run"]],
  ["a secret as an argument", ["pair", "set", "acme-us", "stripe.secret-key", "sk_test_1"]],
  ["a secret in --set", ["pair", "add", "acme-eu", "--set", "sl.password=hunter2"]],
  ["a secret that nobody can be asked for", ["pair", "set", "acme-us", "sl.password"]],
])("%s is wrong usage: exit 2", async (_name, args) => {
  const before = api.asked.length;

  const { code, out, err } = await slipway(args);

  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).not.toBe("");
  expect(api.asked).toHaveLength(before);
});

test("a misspelt command is wrong usage with the one that was meant", async () => {
  const { code, err } = await slipway(["traec", "pi_1"]);

  expect(code).toBe(2);
  expect(err).toContain("Did you mean trace?");
});

test("the version is that of the package", async () => {
  const { code, out } = await slipway(["--version"]);

  expect(code).toBe(0);
  expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("a refused secret is not repeated on the screen", async () => {
  const { err } = await slipway(["pair", "set", "acme-us", "stripe.secret-key", "sk_test_1"]);

  expect(err).not.toContain("sk_test_1");
});

test("pair set takes a secret from standard input", async () => {
  const args = ["pair", "set", "acme-us", "stripe.secret-key", "--stdin"];

  const { code, out } = await slipway(args, "sk_test_from_pipe\n");

  expect([code, out]).toEqual([
    0,
    "stripe.secret-key of acme-us is set\nThen: slipway pair test acme-us\n",
  ]);
  expect(api.asked.at(-1)).toMatchObject({
    change: { path: "stripe.secret-key", value: "sk_test_from_pipe" },
  });
});

test("pair set takes several signing secrets, one a line", async () => {
  await slipway(
    ["pair", "set", "acme-us", "stripe.webhook-secrets", "--stdin"],
    "whsec_1\nwhsec_2\n",
  );

  expect(api.asked.at(-1)).toMatchObject({ change: { value: ["whsec_1", "whsec_2"] } });
});

test("pair set sends a number where text is refused", async () => {
  const { code } = await slipway(["pair", "set", "acme-us", "outcome-horizon", "60"]);

  expect(code).toBe(0);
  expect(api.asked.slice(-2)).toMatchObject([
    { change: { value: "60" } },
    { change: { value: 60 } },
  ]);
});

test("pair set sends what is written as a map as one", async () => {
  const args = ["pair", "set", "acme-us", "items.prod_1", "{item: T, sales: 4010/0}"];

  const { code } = await slipway(args);

  expect(code).toBe(0);
  expect(api.asked.at(-1)).toMatchObject({ change: { value: { item: "T", sales: "4010/0" } } });
});

test("pair set tells what is wrong with the likeliest meaning of a value", async () => {
  const { code, err } = await slipway(["pair", "set", "acme-us", "terms.paid", "30"]);

  expect(code).toBe(2);
  expect(err).toContain("instalment terms");
});

test("pair set keeps the zeros of an SL id", async () => {
  await slipway(["pair", "set", "acme-us", "sl.company-id", "0060", "--dry-run"]);

  expect(api.asked.at(-1)).toMatchObject({ change: { value: "0060" }, how: { dryRun: true } });
});

test("pair set --remove takes a setting away", async () => {
  const { out } = await slipway(["pair", "set", "acme-us", "customer.fallback", "--remove"]);

  expect(out).toBe("customer.fallback of acme-us is removed\nThen: slipway pair test acme-us\n");
  expect(api.asked.at(-1)).toMatchObject({ change: { value: null } });
});

test.each([
  ["pair set", ["pair", "set", "acme-us", "tax", "none"]],
  ["pair add", ["pair", "add", "acme-eu", "--set", "tax=line"]],
  ["config import", ["config", "import", "pair.yaml", "--yes"]],
])("%s tells the hub who does it", async (_what, args) => {
  const file = join(home, "pair.yaml");
  writeFileSync(file, "pairs: {}\n");
  const command = args.map((part) => (part === "pair.yaml" ? file : part));

  await slipway([...command, "--by", "otto"]);
  const named = api.asked.at(-1);
  await slipway(command);

  expect(named).toMatchObject({ how: { by: "otto", dryRun: false } });
  expect(api.asked.at(-1)).toMatchObject({ how: { by: personName(), dryRun: false } });
});

test("pair add puts file, settings and secrets together and shows the webhook URL", async () => {
  const file = join(home, "pair.yaml");
  writeFileSync(file, "tax: line\nsl:\n  url: https://sl.example.com\n  company-id: '0060'\n");
  const flags = ["--set", "sl.company-id=0070", "--set", "stripe.livemode=true", "--stdin"];
  const secrets = ["--secret", "sl.password", "--secret", "stripe.webhook-secrets"];

  const { code, out } = await slipway(
    ["pair", "add", "acme-eu", "--from", file, ...flags, ...secrets],
    "hunter2\nwhsec_1\n",
  );

  expect(code).toBe(0);
  expect(out).toContain("Webhook URL to register at Stripe: http");
  expect(out).not.toContain("hunter2");
  expect(api.asked.at(-1)).toMatchObject({
    add: "acme-eu",
    given: {
      tax: "line",
      sl: { url: "https://sl.example.com", "company-id": "0070", password: "hunter2" },
      stripe: { livemode: true, "webhook-secrets": ["whsec_1"] },
    },
  });
});

test("pair show masks every secret", async () => {
  const { code, out } = await slipway(["pair", "show", "acme-us"]);

  expect(code).toBe(0);
  expect(out).toContain("secretKey: ••••••");
});

test("lanes and rebuild print what the hub says", async () => {
  const lanes = await slipway(["lanes", "--json"]);
  const args = ["rebuild", "acme-us", "--since", "2026-11-01", "--dry-run"];
  const rebuild = await slipway(args);

  expect(jsonLines(lanes.out)).toMatchObject([{ pair: "acme-us", circuit: "closed" }]);
  expect(rebuild.out).toContain("1 document that SL has lost, would be opened again: 000200");
  expect(api.asked.at(-1)).toMatchObject({
    rebuild: { pair: "acme-us", since: new Date("2026-10-31T23:00:00Z"), dryRun: true },
  });
});

test("flags come before environment before the files of the home", async () => {
  const env = { SLIPWAY_HOME: home, SLIPWAY_TOKEN: "a-wrong-token-of-the-env" };

  const wrong = await runCommand(["lanes"], env);
  const right = await runCommand(["lanes", "--token", TEST_TOKEN], env);
  const elsewhere = await runCommand(["lanes", "--token", TEST_TOKEN], {
    SLIPWAY_HOME: "/nonexistent",
    SLIPWAY_URL: api.url,
  });

  expect([wrong.code, right.code, elsewhere.code]).toEqual([2, 0, 0]);
});
