import { fileURLToPath } from "node:url";
import { runSteps, type Step } from "./check/run-steps.ts";

// npm run check: everything that is wrong with the checkout short of its tests. Each step is a
// program of node_modules run through this Node, so no shell is needed and Windows works alike.
const ROOT = fileURLToPath(new URL("../", import.meta.url));
const STEPS: readonly Step[] = [
  { name: "format and lint", bin: ["@biomejs/biome", "biome"], args: ["check", "."] },
  { name: "typed lint", bin: ["oxlint", "oxlint"], args: ["--type-aware"] },
  { name: "types", bin: ["typescript", "tsc"], args: [] },
  { name: "generated files", script: "scripts/generate.ts", args: ["--check"] },
  {
    name: "tidy and architecture",
    bin: ["vitest", "vitest"],
    args: ["run", "test/tidy.test.ts", "test/architecture.test.ts", "test/readme.test.ts"],
  },
];
const failed = await runSteps(ROOT, STEPS, (line) => console.log(line));
process.exitCode = failed.length === 0 ? 0 : 1;
