import { posix } from "node:path";
import { exportsOf } from "./exports.ts";
import { type Grant, type Zone, zoneOf } from "./import-table.ts";
import { type Import, readImports } from "./imports.ts";
import { tokenize } from "./lexer.ts";
import { isTestFile, type SourceFile } from "./source-tree.ts";

/** A file, and what it imports: of ours by path, of npm by package name. */
type Node = Readonly<{
  path: string;
  imports: readonly (Import & Readonly<{ target: string | undefined; packageName: string }>)[];
}>;

/** What the checks need besides the files. */
export type ArchitectureRules = Readonly<{
  zones: readonly Zone[];
  /** Files that something other than an import starts. */
  entryPoints: readonly string[];
}>;

/** Every breach of the import table, of a folder's face, or of the parting of src and sandbox. */
export function findForbiddenImports(
  files: readonly SourceFile[],
  rules: ArchitectureRules,
): string[] {
  const paths = new Set(files.map((file) => file.path));
  return readNodes(files).flatMap((node) =>
    node.imports.flatMap((imported) => {
      const breach = breachOf(node.path, imported, { rules, paths });
      return breach === undefined ? [] : [`${node.path}:${imported.line} ${breach}`];
    }),
  );
}

/** Every group of files that import each other in a circle, imports of types included. */
export function findCycles(files: readonly SourceFile[]): string[] {
  const nodes = new Map(readNodes(files).map((node) => [node.path, node]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const from = trail.indexOf(path);
    if (from >= 0) {
      cycles.push(`circle of imports: ${[...trail.slice(from), path].join(" → ")}`);
      return;
    }
    if (done.has(path)) return;
    for (const { target } of nodes.get(path)?.imports ?? []) {
      if (target !== undefined && nodes.has(target)) visit(target, [...trail, path]);
    }
    done.add(path);
  };
  for (const path of nodes.keys()) visit(path, []);
  return cycles;
}

/** Every file that neither an entry point nor an import reaches; tests do not count as users. */
export function findOrphans(files: readonly SourceFile[], rules: ArchitectureRules): string[] {
  const nodes = readNodes(files).filter((node) => !isTestFile(node.path));
  const used = new Set(nodes.flatMap((node) => node.imports.map((imported) => imported.target)));
  return nodes
    .map((node) => node.path)
    .filter((path) => !used.has(path) && !rules.entryPoints.includes(path))
    .map((path) => `${path} is imported by nobody and is no entry point: delete it or use it`);
}

/**
 * Every name that a file exports, or passes on from another one, and no file imports from it; tests
 * count as users. A type that is declared and exported counts as used: signatures name it.
 */
export function findUnusedExports(
  files: readonly SourceFile[],
  entries: readonly string[],
): string[] {
  const taken = new Set<string>();
  for (const { path, imports } of readNodes(files)) {
    for (const { target, names } of imports) {
      if (target === undefined || target === path) continue;
      for (const name of names ?? ["*"]) taken.add(`${target} ${name}`);
    }
  }
  return files
    .filter(({ path }) => !entries.includes(path) && !taken.has(`${path} *`))
    .flatMap(({ path, text }) =>
      exportsOf(tokenize(text))
        .filter(({ name, isType }) => !isType && !taken.has(`${path} ${name}`))
        .map(({ name, line }) => `${path}:${line} exports ${name}, which no other file imports`),
    );
}

/** Every file of src that no row of the table names. */
export function findUnzoned(files: readonly SourceFile[], rules: ArchitectureRules): string[] {
  return files
    .map((file) => file.path)
    .filter((path) => path.startsWith("src/") && zoneOf(path, rules.zones) === undefined)
    .map((path) => `${path} is in no row of the import table: name its zone there`);
}

function readNodes(files: readonly SourceFile[]): Node[] {
  return files.map(({ path, text }) => ({
    path,
    imports: readImports(text).map((imported) => ({
      ...imported,
      target: imported.specifier.startsWith(".")
        ? posix.join(posix.dirname(path), imported.specifier)
        : undefined,
      packageName: packageOf(imported.specifier),
    })),
  }));
}

/** `@scope/name/part` → `@scope/name`; Node's own modules and relative paths have no package. */
function packageOf(specifier: string): string {
  if (specifier.startsWith(".") || specifier.startsWith("node:")) return "";
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function breachOf(
  path: string,
  imported: Node["imports"][number],
  world: { rules: ArchitectureRules; paths: ReadonlySet<string> },
): string | undefined {
  const { target, specifier, packageName } = imported;
  if (path.startsWith("sandbox/")) {
    return target?.startsWith("src/") === true
      ? `imports ${specifier}, but the sandboxes may import nothing of src`
      : undefined;
  }
  if (!path.startsWith("src/") || isTestFile(path)) return undefined;
  const zone = zoneOf(path, world.rules.zones);
  if (zone === undefined) return undefined;
  if (target === undefined) return packageBreach(zone, packageName);
  if (!target.startsWith("src/") || isTestFile(target)) {
    return `imports ${specifier}, but src may import neither tests nor anything outside src`;
  }
  const to = zoneOf(target, world.rules.zones);
  if (to === undefined || to === zone) return undefined;
  return zoneBreach(zone, to, imported) ?? faceBreach(zone, to, { specifier, target, ...world });
}

function packageBreach(zone: Zone, packageName: string): string | undefined {
  if (packageName === "" || zone.packages.includes(packageName)) return undefined;
  const allowed = zone.packages.length === 0 ? "no package" : zone.packages.join(", ");
  return `imports the package ${packageName}, but ${zone.name} may import: ${allowed}`;
}

function zoneBreach(zone: Zone, to: Zone, imported: Import): string | undefined {
  if (zone.may === "anything") return undefined;
  const grant = zone.may.find((candidate) => candidate.zone === to.name);
  if (grant !== undefined && (!grant.typesOnly || imported.isTypeOnly)) return undefined;
  const allowed = zone.may.map((granted) => describeGrant(granted)).join(", ") || "nothing of ours";
  return `imports ${imported.specifier} (${to.name}), but ${zone.name} may import: ${allowed}`;
}

/** A grant as the messages and the docs write it. */
export function describeGrant(grant: Grant): string {
  return grant.typesOnly ? `${grant.zone} (types only)` : grant.zone;
}

function faceBreach(
  zone: Zone,
  to: Zone,
  imported: {
    specifier: string;
    target: string;
    rules: ArchitectureRules;
    paths: ReadonlySet<string>;
  },
): string | undefined {
  const folder = to.paths[0] ?? "";
  if (!folder.endsWith("/")) return undefined;
  // The connector of a port is part of the same house: it may look behind the port's face.
  if (zone.paths.some((path) => path.startsWith(folder))) return undefined;
  const faces = (to.faces ?? ["index.ts", "port.ts"]).filter((face) =>
    imported.paths.has(folder + face),
  );
  if (faces.length === 0 || faces.some((face) => imported.target === folder + face)) {
    return undefined;
  }
  return `imports ${imported.specifier} past the face of ${to.name}, which is: ${faces.join(", ")}`;
}
