import type { Finding } from "./finding.ts";

const DEPENDENCIES = ["dependencies", "devDependencies", "optionalDependencies"] as const;
const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?$/;
/** Lint rules that the house rules lean on: none of them may be switched off or made milder. */
const LINT_RULES_ON: readonly Readonly<{ group: string; rule: string; options: object }>[] = [
  {
    group: "complexity",
    rule: "noExcessiveLinesPerFunction",
    options: { level: "error", options: { maxLines: 70 } },
  },
  { group: "complexity", rule: "useMaxParams", options: { level: "error", options: { max: 4 } } },
];
const ERRORS_ON = [
  ["suspicious", "noExplicitAny"],
  ["style", "noNonNullAssertion"],
  ["style", "noDefaultExport"],
  ["correctness", "noUnusedImports"],
] as const;

type Tree = Readonly<Record<string, unknown>>;

/** Every version in package.json is one version and no range. */
export function findLooseVersions(packageJson: string): Finding[] {
  const tree = JSON.parse(packageJson) as Tree;
  return DEPENDENCIES.flatMap((kind) =>
    Object.entries((tree[kind] ?? {}) as Record<string, string>)
      .filter(([, version]) => !EXACT.test(version))
      .map(([name, version]) =>
        inFile("package.json", packageJson, `"${name}"`, `${name} ${version} is no exact version`),
      ),
  );
}

/**
 * The lock names no host and no folder, and every package in it has its checksum. Only a
 * developer's tool for another platform may be locked by its exact version alone: it could not be
 * downloaded where the lock was made, and no user of the hub installs it.
 */
export function findLockProblems(lock: string): Finding[] {
  const packages = (JSON.parse(lock) as { packages?: Record<string, Tree> }).packages ?? {};
  return Object.entries(packages).flatMap(([name, entry]) => {
    if (name === "") return [];
    const resolved = entry.resolved;
    const find = (rule: string) => [inFile("package-lock.json", lock, `"${name}"`, rule)];
    if (typeof resolved === "string")
      return find(`${name} is bound to ${new URL(resolved).origin}`);
    const isForeignTool = entry.dev === true && entry.optional === true;
    const isChecked = typeof entry.integrity === "string" || isForeignTool;
    return isChecked ? [] : find(`${name} has no checksum`);
  });
}

/** The lint rules that hold a house rule are on, and as strict as the house rule. */
export function findMildLint(biomeJson: string): Finding[] {
  const tree = JSON.parse(biomeJson) as { linter?: { rules?: Record<string, Tree> } };
  const rules = tree.linter?.rules ?? {};
  const find = (rule: string) =>
    inFile("biome.json", biomeJson, `"${rule}"`, `${rule} is not as strict as the house rule`);
  const limits = LINT_RULES_ON.filter(
    ({ group, rule, options }) => !isSame(rules[group]?.[rule], options),
  );
  const errors = ERRORS_ON.filter(([group, rule]) => rules[group]?.[rule] !== "error");
  return [...limits.map(({ rule }) => find(rule)), ...errors.map(([, rule]) => find(rule))];
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function inFile(path: string, text: string, needle: string, rule: string): Finding {
  const before = text.slice(0, Math.max(0, text.indexOf(needle)));
  return { path, line: before.split("\n").length, rule };
}
