import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../test/support/postgres.ts";
import { type Served, serveApi, TEST_TOKEN } from "../api/testing/serve-api.ts";
import { openPool } from "../db/index.ts";
import { runCommand } from "./testing/run-command.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;
let api: Served;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { max: 2, applicationName: "doctor-test" });
  api = await serveApi(pool);
});

afterAll(async () => {
  await api?.close();
  await pool?.end();
  await database?.drop();
});

const slipway = (args: readonly string[]) =>
  runCommand(args, { SLIPWAY_URL: api.url, SLIPWAY_TOKEN: TEST_TOKEN });

const jsonLines = (out: string): Record<string, unknown>[] =>
  out
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test("doctor ends 1 when there is a problem and names its cure", async () => {
  const fine = await slipway(["doctor"]);
  const ill = await slipway(["doctor", "--probe"]);

  expect([fine.code, ill.code]).toEqual([0, 1]);
  expect(ill.out).toContain("PROBLEM  acme-us  sl.period: closed");
  expect(ill.out).toContain("Open the period in SL.");
});

test("doctor tells what each SL can do and how that is known", async () => {
  const text = await slipway(["doctor"]);
  const json = await slipway(["doctor", "--json"]);

  expect(text.out).toMatch(/Capability +Answer +Source +SL can/);
  expect(text.out).toMatch(/apply-later +yes +probe of 2026-11-20 \S+ +application of/);
  expect(jsonLines(json.out).at(-1)).toMatchObject({ capability: "apply-later", answer: "yes" });
});

test("doctor hands on what a person allows the probes", async () => {
  const consent = ["--test-company", "0060", "--customer", "C300", "--dry-run", "--again"];

  await slipway(["doctor", "--pair", "acme-us", "--probe", ...consent]);

  expect(api.asked.at(-1)).toEqual({
    doctor: {
      pair: "acme-us",
      probe: true,
      consent: { dryRun: true, again: true, testCompany: "0060", customer: "C300" },
    },
  });
});

test.each([
  ["without --probe", ["--test-company", "0060", "--pair", "acme-us"], "add it"],
  ["to ask again without --probe", ["--again"], "add it"],
  ["without --pair", ["--probe", "--test-company", "0060"], "name it with --pair"],
  [
    "for a customer without its company",
    ["--probe", "--pair", "acme-us", "--customer", "C300"],
    "--test-company names",
  ],
])("consent %s is wrong usage", async (_what, flags, words) => {
  const { code, err } = await slipway(["doctor", ...flags]);

  expect(code).toBe(2);
  expect(err).toContain(words);
});
