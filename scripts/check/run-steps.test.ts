import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { runSteps } from "./run-steps.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "slipway-check-"));
  mkdirSync(join(root, "node_modules", "tool"), { recursive: true });
  writeFileSync(
    join(root, "node_modules", "tool", "package.json"),
    JSON.stringify({ bin: { tool: "tool.js" } }),
  );
  writeFileSync(join(root, "node_modules", "tool", "tool.js"), "process.exit(+process.argv[2])");
  writeFileSync(join(root, "ends-well.js"), "");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

it("a failed step is named and the later ones run all the same", async () => {
  const said: string[] = [];

  const failed = await runSteps(
    root,
    [
      { name: "first", bin: ["tool", "tool"], args: ["0"] },
      { name: "second", bin: ["tool", "tool"], args: ["3"] },
      { name: "third", script: "ends-well.js", args: [] },
    ],
    (line) => said.push(line.trim()),
  );

  expect(failed).toEqual(["second"]);
  expect(said.map((line) => line.replace(/\d+\.\d s/, "T"))).toEqual([
    "── first",
    "✓ first, T",
    "── second",
    "✗ second, T: ended with exit code 3",
    "── third",
    "✓ third, T",
    "Failed: second",
  ]);
});

it("a step whose program is not installed has failed", async () => {
  const said: string[] = [];

  const failed = await runSteps(
    root,
    [
      { name: "absent", bin: ["no-such-package", "x"], args: [] },
      { name: "nameless", bin: ["tool", "other"], args: [] },
    ],
    (line) => said.push(line),
  );

  expect(failed).toEqual(["absent", "nameless"]);
  expect(said.join("\n")).toContain("tool has no command other; run npm ci");
});

it("a check without failures says so", async () => {
  const said: string[] = [];

  const steps = [{ name: "only", bin: ["tool", "tool"] as const, args: ["0"] }];
  const failed = await runSteps(root, steps, (line) => said.push(line.trim()));

  expect(failed).toEqual([]);
  expect(said.at(-1)).toBe("All checks passed.");
});
