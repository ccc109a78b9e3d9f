import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { type Program, startProgram } from "./support/hub-process.ts";

let home: string;
let program: Program;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "slipway-interrupted-"));
});

afterEach(async () => {
  await program.kill();
  rmSync(home, { recursive: true, force: true });
});

/** Presses Ctrl-C as soon as this step is told. */
async function interruptAt(step: string, ...options: string[]): Promise<number | NodeJS.Signals> {
  const env = { SLIPWAY_HOME: home, SLIPWAY_PORT: "0" };
  program = startProgram(["start", "--json", ...options], env);
  await until(`${step} to be told`, () => program.lines.some((line) => line.step === step));
  program.signal("SIGINT");
  return program.ended;
}

test.each([
  ["before anything is up", "starting"],
  ["while the order is played", "ready"],
])("Ctrl-C %s stops start in good order, and is told as no fault", async (_when, step) => {
  const exit = await interruptAt(step);

  expect(exit, program.log()).toBe(0);
  expect(program.lines.at(-1)).toMatchObject({ step: "stopped" });
  expect(program.log()).not.toContain('"code"');
});

test("start --once that is stopped before its order is booked ends 1", async () => {
  expect(await interruptAt("starting", "--once"), program.log()).toBe(1);
});
