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

/** What the typed lint must refuse, with nothing that makes it milder. */
const TYPED_RULES: Readonly<Record<string, unknown>> = {
  "typescript/no-floating-promises": "error",
  "typescript/no-misused-promises": "error",
  "typescript/await-thenable": "error",
  "typescript/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
  "typescript/no-explicit-any": "error",
  "typescript/no-unsafe-assignment": "error",
  "typescript/no-unsafe-return": "error",
  "typescript/no-unsafe-argument": "error",
  "typescript/no-unsafe-call": "error",
  "typescript/no-unsafe-member-access": "error",
  "typescript/only-throw-error": "error",
};
/** Left out of the typed lint; whatever else is left out is not looked at. */
const UNLINTED = new Set(["**/fixtures/**", "node_modules"]);

/** What the compiler must refuse. */
const STRICT_OPTIONS = [
  "strict",
  "erasableSyntaxOnly",
  "verbatimModuleSyntax",
  "isolatedModules",
  "noUncheckedIndexedAccess",
  "exactOptionalPropertyTypes",
  "noImplicitOverride",
  "noImplicitReturns",
  "noFallthroughCasesInSwitch",
  "noUnusedLocals",
  "noUnusedParameters",
] as const;
/** Each is a part of `strict`, or lets the compiler look away. */
const NEVER_SET: Readonly<Record<string, unknown>> = {
  noImplicitAny: false,
  noImplicitThis: false,
  strictNullChecks: false,
  strictFunctionTypes: false,
  strictBindCallApply: false,
  strictBuiltinIteratorReturn: false,
  strictPropertyInitialization: false,
  useUnknownInCatchVariables: false,
  alwaysStrict: false,
  noCheck: true,
  allowUnreachableCode: true,
  allowUnusedLabels: true,
};
/** Every folder with code of ours. */
const COMPILED = ["src", "sandbox", "test", "scripts", "bench"];

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

/** The typed lint refuses what the house refuses, everywhere. */
export function findMildTypedLint(oxlintJson: string): Finding[] {
  const tree = JSON.parse(oxlintJson) as {
    rules?: Tree;
    overrides?: readonly unknown[];
    ignorePatterns?: readonly string[];
  };
  const at = (needle: string, rule: string) => inFile(".oxlintrc.json", oxlintJson, needle, rule);
  const mild = Object.entries(TYPED_RULES)
    .filter(([name, wanted]) => !isSame(tree.rules?.[name], wanted))
    .map(([name]) => at(`"${name}"`, `${name} is not as strict as the house rule`));
  const unlinted = (tree.ignorePatterns ?? [])
    .filter((pattern) => !UNLINTED.has(pattern))
    .map((pattern) => at(`"${pattern}"`, `${pattern} is left out of the typed lint`));
  const overrides = (tree.overrides ?? []).map(() =>
    at('"overrides"', "an override makes the typed lint milder somewhere"),
  );
  return [...mild, ...unlinted, ...overrides];
}

/** The compiler refuses what the house refuses, in every folder. */
export function findMildCompiler(tsconfigJson: string): Finding[] {
  const tree = JSON.parse(tsconfigJson) as {
    compilerOptions?: Tree;
    include?: readonly string[];
    exclude?: readonly string[];
    extends?: unknown;
  };
  const at = (name: string, rule: string) =>
    inFile("tsconfig.json", tsconfigJson, `"${name}"`, rule);
  const options = tree.compilerOptions ?? {};
  const off = STRICT_OPTIONS.filter((name) => options[name] !== true);
  const loose = Object.keys(NEVER_SET).filter((name) => options[name] === NEVER_SET[name]);
  const unseen = COMPILED.filter((folder) => tree.include?.includes(folder) !== true);
  return [
    ...off.map((name) => at(name, `${name} is off`)),
    ...loose.map((name) => at(name, `${name} makes the compiler look away`)),
    ...unseen.map((folder) => at("include", `${folder} is not compiled`)),
    ...(tree.exclude ?? []).map((path) => at("exclude", `${path} is not compiled`)),
    ...(tree.extends === undefined ? [] : [at("extends", "its options stand elsewhere")]),
  ];
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function inFile(path: string, text: string, needle: string, rule: string): Finding {
  const before = text.slice(0, Math.max(0, text.indexOf(needle)));
  return { path, line: before.split("\n").length, rule };
}
