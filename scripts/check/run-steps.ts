import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** One step of a check: a bin of an installed package, or a script of the project. */
export type Step = Readonly<
  | { name: string; bin: readonly [packageName: string, bin: string]; args: readonly string[] }
  | { name: string; script: string; args: readonly string[] }
>;

/**
 * Runs the steps one after the other, each to its end, with their output passed through.
 *
 * @returns the names of the steps that failed; a step that cannot be started has failed
 */
export async function runSteps(
  root: string,
  steps: readonly Step[],
  say: (line: string) => void,
): Promise<string[]> {
  const failed: string[] = [];
  for (const step of steps) {
    say(`\n── ${step.name}`);
    const startedMs = performance.now();
    const problem = await runStep(root, step);
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
    say(`${problem === undefined ? "✓" : "✗"} ${step.name}, ${seconds} s${problem ?? ""}`);
    if (problem !== undefined) failed.push(step.name);
  }
  say(failed.length === 0 ? "\nAll checks passed." : `\nFailed: ${failed.join(", ")}`);
  return failed;
}

async function runStep(root: string, step: Step): Promise<string | undefined> {
  try {
    const script = "script" in step ? join(root, step.script) : findBin(root, step.bin);
    const child = spawn(process.execPath, [script, ...step.args], { cwd: root, stdio: "inherit" });
    const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
    return code === 0 ? undefined : `: ended with ${signal ?? `exit code ${code}`}`;
  } catch (cause) {
    return `: could not start: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
}

/** The JavaScript file behind a command: what `node_modules/.bin` points to, on every platform. */
function findBin(root: string, [packageName, bin]: readonly [string, string]): string {
  const folder = join(root, "node_modules", packageName);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    bin?: string | Record<string, string>;
  };
  const path = typeof manifest.bin === "string" ? manifest.bin : manifest.bin?.[bin];
  if (path === undefined) throw new Error(`${packageName} has no command ${bin}; run npm ci`);
  return join(folder, path);
}
