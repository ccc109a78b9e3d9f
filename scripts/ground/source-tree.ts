import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One file of the project: its path with forward slashes, and its text. */
export type SourceFile = Readonly<{ path: string; text: string }>;

const NOT_OURS = new Set(["node_modules", ".git", ".slipway", ".tmp", "coverage"]);

/** The paths below `root` that belong to the project, sorted, with forward slashes. */
function listFiles(root: string, folder = ""): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  return entries
    .filter((entry) => !NOT_OURS.has(entry.name) && !entry.name.endsWith(".log"))
    .flatMap((entry) => {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      return entry.isDirectory() ? listFiles(root, path) : [path];
    })
    .sort();
}

/** Reads the files of the project whose path passes `isWanted`. */
export function readFiles(root: string, isWanted: (path: string) => boolean): SourceFile[] {
  return listFiles(root)
    .filter((path) => isWanted(path))
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

/** True for a file that only tests use. */
export function isTestFile(path: string): boolean {
  return path.endsWith(".test.ts") || path.startsWith("test/") || /\/(testing|tests)\//.test(path);
}
