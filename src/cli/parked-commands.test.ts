import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../test/support/postgres.ts";
import { Seed } from "../api/testing/seed.ts";
import { type Served, serveApi, TEST_TOKEN } from "../api/testing/serve-api.ts";
import { openPool } from "../db/index.ts";
import { runCommand } from "./testing/run-command.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;
let api: Served;
let seed: Seed;
let home: string;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { max: 5, applicationName: "cli-parked-test" });
  seed = new Seed(pool);
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

const parked = (...args: string[]) => runCommand(["parked", ...args], { SLIPWAY_HOME: home });

async function parkedLane(lane: string, code?: string): Promise<string> {
  await seed.lane({ key: lane });
  return seed.parked({ lane, ...(code === undefined ? {} : { code }) });
}

async function statesOf(prefix: string): Promise<string[]> {
  const { rows } = await pool.query<{ state: string }>(
    "select state from parked where lane_key like $1 order by id",
    [`${prefix}%`],
  );
  return rows.map(({ state }) => state);
}

test("a command by filter shows count and sample, and without --yes does nothing", async () => {
  for (const nr of [1, 2, 3, 4, 5, 6]) await parkedLane(`pi_many_${nr}`);

  const asked = await parked("resume", "--text", "pi_many");
  const dry = await parked("resume", "--text", "pi_many", "--dry-run");

  expect(asked).toMatchObject({ code: 2, out: "" });
  expect(asked.err).toContain("6 open cases: 6 mapping.product_unmapped");
  expect(asked.err).toContain("… and 1 more");
  expect(asked.err).toContain("add --yes");
  expect(dry.code).toBe(0);
  expect(dry.out.split("\n")[0]).toMatch(/^\d+@1 resume would do: lane pi_many_6 is woken/);
  expect(dry.err).toContain("6 would be done, 0 refused");
  expect(await statesOf("pi_many")).toEqual(Array.from({ length: 6 }, () => "open"));
});

test("with --yes each case has its result, and one that is refused ends 1", async () => {
  await parkedLane("pi_sure_1");
  await parkedLane("pi_sure_2");
  await seed.intent({ key: "SURE", lane: "pi_sure_2", object: "pi_sure_2", purpose: "invoice" });
  await seed.attempt({ key: "SURE", nr: 1, step: "fill" });

  const { code, out, err } = await parked(
    ...["dismiss", "--text", "pi_sure", "--reason", "by hand", "--yes", "--json"],
  );

  const results = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { refused: { code: string } | null });
  expect(code).toBe(1);
  expect(results.map(({ refused }) => refused?.code ?? "done")).toEqual([
    "erp.outcome_open",
    "done",
  ]);
  expect(err).toContain("1 done, 1 refused");
  expect(await statesOf("pi_sure")).toEqual(["dismissed", "open"]);
});

test("a list that filters leave empty does not say that nothing is parked", async () => {
  await parkedLane("pi_elsewhere");

  const chosen = await parked("list", "--code", "mapping.nowhere");
  const dismissed = await parked("list", "--state", "dismissed", "--lane", "pi_none");

  expect(chosen.out).toBe("Nothing that is parked fits the filters.\n");
  expect(dismissed.out).toBe("Nothing that is dismissed fits the filters.\n");
});

test("a command without case and filter is refused with what to give", async () => {
  const none = await parked("assign", "--to", "maria");
  const both = await parked("assign", "12@1", "--lane", "pi_1", "--to", "maria");

  expect([none.code, both.code]).toEqual([2, 2]);
  expect(none.err).toContain("or --all for every open case");
  expect(both.err).toContain("not both");
});

test("an edit is previewed, saved with --yes, and shown with its history", async () => {
  const id = await parkedLane("pi_edit_cli");
  const change = ["--item", "prod_1=WIDGET", "--reason", "old product", "--by", "maria"];

  const dry = await parked("edit", `${id}@1`, ...change, "--dry-run");
  const saved = await parked("edit", `${id}@1`, ...change, "--yes");
  await parked("comment", `${id}@2`, "asked the shop", "--by", "otto");
  const shown = await parked("show", id);

  expect(dry.out).toBe("item of prod_1 is WIDGET\npi_edit_cli\n");
  expect(saved).toMatchObject({
    code: 0,
    out: `${id}@2 edited\nThen: slipway parked resume ${id}@2\n`,
  });
  const [, people = ""] = shown.out.split("Changed for this run\n");
  expect(people.replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, "<time>")).toBe(
    [
      "  item prod_1 = WIDGET, by maria: old product",
      "History",
      "  <time>  maria edited: item of prod_1 is WIDGET (old product)",
      "  <time>  otto commented: asked the shop",
      "",
    ].join("\n"),
  );
});

test("an edit that says nothing, or says it wrongly, asks for no hub", async () => {
  const nothing = await parked("edit", "12@1", "--reason", "none");
  const wrong = await parked("edit", "12@1", "--item", "WIDGET", "--reason", "none");

  expect([nothing.code, wrong.code]).toEqual([2, 2]);
  expect(nothing.err).toContain("--metadata");
  expect(wrong.err).toContain("--item prod_1=WIDGET");
});

const slipway = (...args: string[]) => runCommand(args, { SLIPWAY_HOME: home });

test("a replay shows its count first, and is kept in the history with its name", async () => {
  await seed.lane({ key: "pi_replay" });
  await seed.event({ id: "evt_replay", lane: "pi_replay", end: "booked", reason: "IN 1" });

  const asked = await slipway("replay", "evt_replay");
  const done = await slipway("replay", "evt_replay", "--reason", "taxes", "--by", "otto", "--yes");
  const history = await slipway("history", "--by", "otto", "--act", "replayed");

  expect([asked.code, asked.err.split("\n")[0]]).toEqual([2, "1 lane of 1 event would run again"]);
  expect([done.code, done.out]).toEqual([0, "1 lane woken\n"]);
  expect(history.out).toMatch(/otto +replayed +acme-us +pi_replay +taxes\n$/);
});

test("a paused pair is shown with who and why, and config and touches are printed", async () => {
  const paused = await slipway("pair", "pause", "acme-us", "--reason", "month-end", "--by", "otto");
  const lanes = await slipway("lanes");
  await slipway("pair", "resume", "acme-us");
  const touches = await slipway("doctor", "--touches");
  const exported = await slipway("config", "export");

  expect(paused.out).toContain("pause acme-us: done");
  expect(lanes.out).toContain("paused by otto");
  expect(lanes.out).toMatch(/acme-us: paused by otto .*: month-end/);
  expect(touches.out).toContain("0 tables of SL are altered");
  expect(exported.out).toBe("pairs: {}\n");
});

test("a case shows the first of many parts of its money, and all of them with --json", async () => {
  const id = await parkedLane("day:2026-03-10");
  const parts = Array.from({ length: 500 }, (_, nr) => `txn_${nr} gross`);
  const money = parts.join(", ");
  await pool.query(
    "update parked set facts = jsonb_build_object('money', $2::text) where id = $1",
    [...[id, money]],
  );

  const shown = await parked("show", id);
  const inFull = await parked("show", id, "--json");

  const first = parts.slice(0, 10).join(", ");
  expect(shown.out).toContain(`money: ${first} and 490 more (all with --json)\n`);
  expect((JSON.parse(inFull.out) as { facts: unknown }).facts).toEqual({ money });
});

test.each([
  ["of its own name", ["parked", "list", "--older-than", "long"], "--older-than must be"],
  ["with its value behind =", ["parked", "list", "--older-than=long"], "--older-than must be"],
])("a flag %s is named as it was typed where the hub refuses its value", async (...row) => {
  const [, args, words] = row;

  const { code, err } = await slipway(...args);

  expect(code).toBe(2);
  expect(err).toContain(words);
  expect(err).not.toContain("olderThan");
});
