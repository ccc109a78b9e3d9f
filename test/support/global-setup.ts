import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { useQuickTemp } from "./quick-temp.ts";
import { makeTestHome, removeTestHome, sweepTestHomes } from "./test-home.ts";

const COMPILE_CACHE = fileURLToPath(new URL("../../node_modules/.cache/slipway", import.meta.url));

/**
 * Gives the whole run one home for an embedded PostgreSQL and removes it at the end.
 *
 * The server starts with the first test file that asks for a database, so a run without one does
 * not wait for it. What a killed run left behind is removed by the next.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Hundreds of hubs and sandboxes are started: as with the `slipway` command, none compiles anew.
  process.env.NODE_COMPILE_CACHE ??= COMPILE_CACHE;
  await useQuickTemp();
  await sweepTestHomes();
  const home = await makeTestHome();
  project.provide("postgresHome", home);
  return () => removeTestHome(home);
}
