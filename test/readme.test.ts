import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { findDeadLinks, mentionedCommands, mentionedScripts } from "../scripts/ground/links.ts";
import { readFiles } from "../scripts/ground/source-tree.ts";
import { COMMANDS } from "../src/cli/commands.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const pages = readFiles(ROOT, (path) => path.endsWith(".md"));
const readme = read("README.md");
const scripts = Object.keys((JSON.parse(read("package.json")) as { scripts: object }).scripts);

it("the README fits one screen", () => {
  expect(readme.trimEnd().split("\n").length).toBeLessThanOrEqual(60);
});

it("the README has the two commands as they are run", () => {
  const lines = readme.split("\n");

  expect(lines).toContain("npm ci && npm start        # sets up and runs the main job");
  expect(lines).toContain("npm ci && npm test         # passes its tests");
});

it("the check on a bare machine runs the README's test command", () => {
  expect(read(".ci/run").split("\n")).toContain("npm ci && npm test");
});

it("every link of every page leads somewhere", () => {
  const texts = new Map(pages.map(({ path, text }) => [path, text]));
  const exists = (path: string) => existsSync(join(ROOT, path));

  expect(pages.flatMap((page) => findDeadLinks(page, texts, exists))).toEqual([]);
});

it.each(pages)("every slipway command in $path exists", ({ text }) => {
  const known = COMMANDS.map((command) => command.name);

  expect(mentionedCommands(text).filter((name) => !known.includes(name))).toEqual([]);
});

it.each(pages)("every npm script in $path exists", ({ text }) => {
  expect(mentionedScripts(text).filter((name) => !scripts.includes(name))).toEqual([]);
});
