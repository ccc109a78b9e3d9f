import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeEnd, startChild } from "./child.ts";

const READY = `console.log('{"ready":true}');`;

const hasSignals = process.platform !== "win32";
if (!hasSignals) console.log("The test of a killed child is left out: Windows tells no signal");

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "slipway-child-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function start(lines: string) {
  const script = join(folder, "child.mjs");
  writeFileSync(script, lines);
  return startChild({ name: "The hub", script, args: [] });
}

test.runIf(hasSignals)("a child that was killed says by which signal", async () => {
  const child = await start(`${READY} setInterval(() => {}, 1000);`);

  process.kill(child.pid, "SIGKILL");
  const end = await child.ended;

  expect(end).toEqual({ code: null, signal: "SIGKILL" });
  expect(describeEnd(end)).toBe("killed by SIGKILL");
});

test("a child that ends by itself says with which exit code", async () => {
  const child = await start(`${READY} process.exitCode = 3;`);

  expect(describeEnd(await child.ended)).toBe("exit code 3");
});

test("a child that does not come up is told in the words of its failure", async () => {
  const failure = { code: "start.no_port", message: "Port 1 is taken", cure: "Give another." };
  const words = ["a line of its log", JSON.stringify(failure)].join("\n");

  const starting = start(`console.error(${JSON.stringify(words)}); process.exitCode = 2;`);

  await expect(starting).rejects.toMatchObject({
    code: "start.failed",
    message: "The hub did not come up:\na line of its log\nPort 1 is taken\nGive another.",
  });
});
