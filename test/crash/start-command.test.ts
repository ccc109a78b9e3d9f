import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startDynamicsSlSandbox } from "../../sandbox/dynamics-sl/server.ts";
import { until } from "../support/wait.ts";
import { type Program, startProgram } from "./support/hub-process.ts";
import { familyOf, stillRunning } from "./support/process-family.ts";

const isLinux = process.platform === "linux";
if (!isLinux) console.log("Tests that look for processes in /proc are left out: this is not Linux");

const WITHIN_MS = 90_000;

type Row = Readonly<Record<string, unknown>>;
type Next = Readonly<{ hub: string; sl: string; stripe: string }>;

let home: string;
const programs: Program[] = [];

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "slipway-start-"));
});

// Three starts with everything on one machine, each finding what the one before has left.
afterAll(async () => {
  await Promise.all(programs.map((program) => program.kill()));
  rmSync(home, { recursive: true, force: true });
});

function start(...options: string[]): Program {
  const env = { SLIPWAY_HOME: home, SLIPWAY_PORT: "0" };
  const program = startProgram(["start", "--json", ...options], env);
  programs.push(program);
  return program;
}

function stepOf(program: Program, step: string): Row | undefined {
  return program.lines.find((line) => line.step === step);
}

async function untilNext(program: Program): Promise<Next> {
  const next = await until(
    "the order to be booked and the next steps to be told",
    () => stepOf(program, "next") ?? !program.isRunning(),
    WITHIN_MS,
  );
  if (next === true) throw new Error(program.log());
  return next as unknown as Next;
}

async function rowsOf(origin: string, table: string): Promise<Row[]> {
  const response = await fetch(`${origin}/_sandbox/rows?table=${table}`);
  return (await response.json()) as Row[];
}

async function ends(program: Program): Promise<number | NodeJS.Signals> {
  const exit = await program.ended;
  if (exit !== 0) console.log(program.log());
  return exit;
}

test("start --once in a fresh home books one order and ends 0", async () => {
  const first = start("--once");

  expect(await ends(first)).toBe(0);
  const printed = first.output().trimEnd().split("\n");
  expect(printed.map((line) => JSON.parse(line) as unknown)).toEqual(first.lines);
  expect(stepOf(first, "starting")).toMatchObject({ isSecond: false });
  expect(stepOf(first, "booked")).toMatchObject({
    metadata: { DynamicsSL_InvoiceNbr: expect.any(String) as string },
  });
});

test("a second start --once finds everything again and books one more order", async () => {
  const second = start("--once");

  expect(await ends(second)).toBe(0);
  expect(stepOf(second, "starting")).toMatchObject({ isSecond: true });
  expect(stepOf(second, "booked")).toBeDefined();
});

test("an order that SL does not take ends start --once with exit code 1", async () => {
  const reopen = await holdAda();
  const refused = start("--once");

  expect(await refused.ended).toBe(1);
  expect(stepOf(refused, "booked")).toBeUndefined();
  expect(refused.log()).toContain("on hold");
  await reopen();
});

/** Puts the guided order's customer on hold in SL's tables, as a person at its screen would. */
async function holdAda(): Promise<() => Promise<void>> {
  const set = async (status: string) => {
    const sl = await startDynamicsSlSandbox({ home: join(home, "sandbox", "dynamics-sl") });
    const origin = new URL(sl.url).origin;
    const customers = await rowsOf(origin, "Customer");
    const ada = customers.find((row) => String(row.Name).startsWith("Ada Lovelace"));
    const body = JSON.stringify({ custId: String(ada?.CustId).trim(), status });
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${origin}/_sandbox/customers`, { method: "POST", headers, body });
    await sl.close();
    if (!answer.ok) throw new Error(`The sandbox answered ${answer.status}`);
  };
  await set("H");
  return () => set("A");
}

test("a third start has the books of all three and one endpoint", async () => {
  const third = start();
  const { sl, stripe } = await untilNext(third);

  const documents = await rowsOf(new URL(sl).origin, "ARDoc");
  const endpoints = await rowsOf(stripe, "webhook_endpoint");
  const beside = start("--once");
  expect(await beside.ended).toBe(2);
  expect(beside.log()).toContain("start.already_up");
  third.signal("SIGINT");
  const exit = await ends(third);

  const booked = documents.map((row) => `${String(row.DocType).trim()} ${row.Rlsed}`).sort();
  expect(booked).toEqual(["IN 1", "IN 1", "IN 1", "PA 1", "PA 1", "PA 1"]);
  expect(new Set(documents.map((row) => String(row.CustId).trim())).size).toBe(1);
  expect(endpoints).toHaveLength(1);
  expect(exit).toBe(0);
});

test.runIf(isLinux)("Ctrl-C stops every process that start has started", async () => {
  const program = start();
  await untilNext(program);
  const family = familyOf(program.pid, home);

  program.signal("SIGINT");
  const exit = await ends(program);

  // Itself, two sandboxes, the hub, PostgreSQL and its workers.
  expect(family.length).toBeGreaterThanOrEqual(5);
  expect(exit).toBe(0);
  expect(stillRunning(family)).toEqual([]);
});

test.runIf(isLinux)("what start has started ends by itself when start is killed", async () => {
  const program = start();
  await untilNext(program);
  const family = familyOf(program.pid, home);

  await program.kill();
  await until(
    "the hub and the sandboxes to follow",
    () => stillRunning(family).length === 0,
    40_000,
  );

  const next = start("--once");
  expect(await ends(next)).toBe(0);
});
