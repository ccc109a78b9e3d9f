import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { runGenerators } from "./compare.ts";

let root: string;
const generators = { list: () => ({ path: "list.md", text: "a\nb\n" }) };

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "slipway-generate-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

it("a stale file is named with its first line that differs, and is left alone", async () => {
  writeFileSync(join(root, "list.md"), "a\nc\n");

  const outcomes = await runGenerators(root, generators, true);

  expect(outcomes).toEqual([
    { name: "list", path: "list.md", problem: "is stale from line 2: run npm run generate" },
  ]);
  expect(readFileSync(join(root, "list.md"), "utf8")).toBe("a\nc\n");
});

it("a missing file is a problem of the check", async () => {
  const outcomes = await runGenerators(root, generators, true);

  expect(outcomes[0]?.problem).toBe("is missing: run npm run generate");
});

it("what was written passes the check", async () => {
  await runGenerators(root, generators, false);

  const outcomes = await runGenerators(root, generators, true);

  expect(outcomes[0]?.problem).toBeUndefined();
});

it("a copy with the line ends of Windows is up to date", async () => {
  writeFileSync(join(root, "list.md"), "a\r\nb\r\n");

  const outcomes = await runGenerators(root, generators, true);

  expect(outcomes[0]?.problem).toBeUndefined();
});

it("a generator that fails is a problem and the others still run", async () => {
  const broken = () => {
    throw new Error("no server");
  };

  const outcomes = await runGenerators(root, { broken, ...generators }, false);

  expect(outcomes.map(({ problem }) => problem)).toEqual([
    "cannot be generated: no server",
    undefined,
  ]);
});
