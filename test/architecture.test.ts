import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import {
  findCycles,
  findForbiddenImports,
  findOrphans,
  findUnusedExports,
  findUnzoned,
} from "../scripts/ground/architecture.ts";
import { ENTRY_POINTS, ZONES } from "../scripts/ground/import-table.ts";
import { isTestFile, readFiles } from "../scripts/ground/source-tree.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const RULES = {
  zones: ZONES,
  entryPoints: [
    ...ENTRY_POINTS,
    "sandbox/stripe/main.ts",
    "sandbox/dynamics-sl/main.ts",
    // Writes the sandbox's contract table from the published contracts; a person starts it.
    "sandbox/dynamics-sl/contract/generate.ts",
  ],
};
const everything = readFiles(ROOT, (path) => path.endsWith(".ts"));
const files = everything.filter(({ path }) => /^(src|sandbox)\//.test(path));
const product = files.filter((file) => !isTestFile(file.path));

it("the source is found", () => {
  expect(product.length).toBeGreaterThan(50);
});

it("every import is in the import table", () => {
  expect(findForbiddenImports(files, RULES)).toEqual([]);
});

it("every file of src has a row in the import table", () => {
  expect(findUnzoned(files, RULES)).toEqual([]);
});

it("no files import each other in a circle", () => {
  expect(findCycles(product)).toEqual([]);
});

it("every file is used by another or is an entry point", () => {
  expect(findOrphans(files, RULES)).toEqual([]);
});

it("every exported name is imported by another file", () => {
  // Vitest itself calls what is in the global setup, and reads its own configuration.
  const entries = ["test/support/global-setup.ts", "vitest.config.ts"];

  expect(findUnusedExports(everything, entries)).toEqual([]);
});
