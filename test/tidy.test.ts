import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { describeFinding } from "../scripts/ground/finding.ts";
import { readFiles } from "../scripts/ground/source-tree.ts";
import { findUntidy, isTidied } from "../scripts/ground/tidy.ts";
import {
  findLockProblems,
  findLooseVersions,
  findMildCompiler,
  findMildLint,
  findMildTypedLint,
} from "../scripts/ground/tidy-project.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

it("the house rules hold in every file", () => {
  const files = readFiles(ROOT, isTidied);

  expect(files.length).toBeGreaterThan(100);
  expect(findUntidy(files).map(describeFinding)).toEqual([]);
});

it("every dependency is pinned to one version", () => {
  expect(findLooseVersions(read("package.json")).map(describeFinding)).toEqual([]);
});

it("the lock binds to no host and knows every checksum", () => {
  expect(findLockProblems(read("package-lock.json")).map(describeFinding)).toEqual([]);
});

it("the lint rules that hold the house rules are on", () => {
  expect(findMildLint(read("biome.json")).map(describeFinding)).toEqual([]);
});

it("the typed lint is as strict as the house", () => {
  expect(findMildTypedLint(read(".oxlintrc.json")).map(describeFinding)).toEqual([]);
});

it("the compiler is as strict as the house", () => {
  expect(findMildCompiler(read("tsconfig.json")).map(describeFinding)).toEqual([]);
});
