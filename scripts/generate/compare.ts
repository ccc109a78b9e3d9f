import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Generated, Generator } from "./generated.ts";

/** How a generated file stands: equal, or the reason why it does not. */
export type Outcome = Readonly<{ name: string; path: string; problem: string | undefined }>;

type NamedGenerators = Readonly<Record<string, Generator>>;

/**
 * Runs every generator below `root`. With `isCheck` nothing is written and a file that differs is a
 * problem; without, it is written.
 */
export async function runGenerators(
  root: string,
  generators: NamedGenerators,
  isCheck: boolean,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const [name, generate] of Object.entries(generators)) {
    try {
      const made = await generate((path) => readOrEmpty(root, path));
      outcomes.push({ name, path: made.path, problem: settle(root, made, isCheck) });
    } catch (thrown) {
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      outcomes.push({ name, path: name, problem: `cannot be generated: ${message}` });
    }
  }
  return outcomes;
}

function settle(root: string, made: Generated, isCheck: boolean): string | undefined {
  const present = readOrEmpty(root, made.path);
  if (present === made.text) return undefined;
  if (!isCheck) {
    writeFileSync(join(root, made.path), made.text);
    return undefined;
  }
  if (present === "") return "is missing: run npm run generate";
  return `is stale from line ${firstDifference(present, made.text)}: run npm run generate`;
}

function firstDifference(present: string, wanted: string): number {
  const [a, b] = [present.split("\n"), wanted.split("\n")];
  const index = a.findIndex((line, at) => line !== b[at]);
  return (index < 0 ? a.length : index) + 1;
}

/** Line ends are compared as Git stores them: a checkout on Windows may have others. */
function readOrEmpty(root: string, path: string): string {
  try {
    return readFileSync(join(root, path), "utf8").replaceAll("\r\n", "\n");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return "";
    throw cause;
  }
}
