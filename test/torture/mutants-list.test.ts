import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { MUTANTS } from "./mutants-list.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

test.each(MUTANTS)("$name breaks a guard that stands in the code exactly once", ({ patches }) => {
  const counts = patches.map(({ file, find }) => {
    const text = readFileSync(`${ROOT}${file}`, "utf8");
    return `${file}: ${text.split(find).length - 1}`;
  });

  expect(counts).toEqual(patches.map(({ file }) => `${file}: 1`));
});
