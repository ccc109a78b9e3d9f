import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { describeFinding } from "./finding.ts";
import { findUntidy, isTidied } from "./tidy.ts";
import {
  findLockProblems,
  findLooseVersions,
  findMildCompiler,
  findMildLint,
  findMildTypedLint,
} from "./tidy-project.ts";

/** Parted, so that the checker does not find its own samples. */
const glue = (...parts: string[]) => parts.join("");
const findings = (path: string, text: string) =>
  findUntidy([{ path, text: `${text}\n` }]).map(describeFinding);

describe("rules for text", () => {
  it("a file of 401 lines is too long", () => {
    expect(findings("src/base/a.ts", "\n".repeat(400))).toContain(
      "src/base/a.ts:401 file has 401 lines, over 400",
    );
  });

  it("a file of 400 lines is not", () => {
    expect(findings("src/base/a.ts", `${"1;\n".repeat(399)}1;`)).toEqual([]);
  });

  it("a line is counted in characters, not in bytes", () => {
    const text = `// ${"é".repeat(97)}`;

    expect(findings("src/base/a.ts", text)).toEqual([]);
    expect(findings("src/base/a.ts", `${text}é`)).toEqual([
      "src/base/a.ts:1 line over 100 columns: part its text",
    ]);
  });

  it.each([
    ["a marker", glue("// TO", "DO later")],
    ["a path of one machine", glue('const home = "/ro', 'ot/x";')],
    ["a path in prose", glue("// kept in /ho", "me/someone")],
    ["a number of a ticket", glue("// see iss", "ue #12")],
    ["a blank at the line end", "1; "],
    ["a second line end at the end", "1;\n"],
  ])("%s is reported", (_name, text) => {
    expect(findings("src/base/a.ts", text)).toHaveLength(1);
  });

  it.each(["src/base/MyFile.ts", "src/base/my_file.ts", "src/base/utils.ts", "docs/Notes.md"])(
    "the file name %s is refused",
    (path) => {
      expect(findings(path, "")).toHaveLength(1);
    },
  );

  it.each([
    "README.md",
    "migrations/0001_events_and_lanes.sql",
    "site/sql/xslw_ArDocByKey.sql",
    "src/base/error-codes.test.ts",
    ".env.example",
  ])("the file name %s is fine", (path) => {
    expect(findings(path, "1;")).toEqual([]);
  });

  it("captured payloads and the lock are exempt, a test beside them is not", () => {
    expect(isTidied("test/fixtures/stripe/charge.json")).toBe(false);
    expect(isTidied("package-lock.json")).toBe(false);
    expect(isTidied("test/fixtures.test.ts")).toBe(true);
  });
});

describe("rules for code", () => {
  it.each([
    glue("// @ts-ig", "nore"),
    glue("// biome-ig", "nore lint: no"),
    glue("// oxlint-dis", "able-next-line"),
    glue("const a = b as a", "ny;"),
  ])("a check that is switched off is reported: %s", (text) => {
    expect(findings("src/base/a.ts", text)).toHaveLength(1);
  });

  it.each([
    "export const data = 1;",
    "export type Account = 1;",
    "export async function handle() {}",
  ])("an empty name is reported: %s", (text) => {
    expect(findings("src/base/a.ts", text)).toHaveLength(1);
  });

  it("a name that has such a word in it is fine", () => {
    expect(findings("src/base/a.ts", "export const handleless = 1; const data = 2;")).toEqual([]);
  });

  it("printing is for programs of a terminal", () => {
    expect(findings("src/lanes/a.ts", "console.log(1);")).toHaveLength(1);
    expect(findings("src/cli/a.ts", "console.log(1);")).toEqual([]);
    expect(findings("sandbox/stripe/main.ts", "console.log(1);")).toEqual([]);
  });

  it("what stands in a text or a comment is no code", () => {
    expect(findings("src/lanes/a.ts", '// console.log(1)\nconst a = "console.log(1)";')).toEqual(
      [],
    );
  });
});

describe("rules for platforms", () => {
  it.each([
    ["a signal that Windows lacks", 'process.kill(pid, "SIGSTOP");'],
    ["a signal of one's own", 'process.on("SIGUSR2", f);'],
    ["a signal to a group", 'process.kill(-pid, "SIGTERM");'],
    ["the process table", 'readFileSync("/proc/self/stat");'],
    ["a folder of one system", 'const folder = "/tmp";'],
    ["a folder in a template", glue("const file = `/var/$", "{name}`;")],
    ["a shell", 'spawn("sh", ["-c", line]);'],
    ["a command line for a shell", 'exec("sh -c true");'],
    ["a right that is set", "chmodSync(path, 0o600);"],
    ["logic that hangs on a right", "if ((stat.mode & 0o077) === 0) f();"],
    ["a user's number", "const id = process.getuid();"],
  ])("%s is refused in the product", (_name, text) => {
    expect(findings("src/base/a.ts", text)).toHaveLength(1);
  });

  it.each([
    ["a signal that Node knows everywhere", 'process.on("SIGTERM", () => child.kill("SIGKILL"));'],
    ["a path of the API", 'app.get("/runs/:id", f);'],
    ["a folder below a value", glue("const path = `$", "{home}/tmp/a`;")],
    ["a right that a new file gets", 'openSync(path, "wx", 0o600);'],
    ["a call where there is one", "const id = process.getuid?.();"],
    ["what a comment tells", "// chmod of /tmp by SIGSTOP"],
  ])("%s is fine in the product", (_name, text) => {
    expect(findings("src/base/a.ts", text)).toEqual([]);
  });

  it("the launcher, its tests and all tests may know their platform", () => {
    const text = 'process.kill(pid, "SIGSTOP");';

    expect(findings("src/db/embedded/posix.ts", text)).toEqual([]);
    expect(findings("src/base/a.test.ts", text)).toEqual([]);
    expect(findings("src/lanes/testing/a.ts", text)).toEqual([]);
  });
});

describe("rules for tests", () => {
  it.each([
    ["a title with the word", 'it("a refund should park", f);'],
    ["a title that stands twice", 'it("a", f); test("a", f);'],
    ["a title of a table", 'it.each([[1, (2)]])("%s should park", f);'],
    ["a test alone", 'it.only("a", f);'],
    ["a group left out", 'describe.skip("a", f);'],
    ["a test left out without a word", 'it.skipIf(a())("a", f);'],
    ["a sleep", "await new Promise((resolve) => setTimeout(resolve, 10));"],
    ["a sleep of another spelling", "await new Promise<void>((ok) => { setTimeout(ok, 10); });"],
    ["Node's sleep", 'import { setTimeout as wait } from "node:timers/promises";'],
    ["a mock of a module", glue("v", 'i.mock("./a.ts");')],
    ["a test that is tried again", 'it("a", { retry: 2 }, f);'],
  ])("%s is refused in a test", (_name, text) => {
    expect(findings("src/base/a.test.ts", text)).toHaveLength(1);
  });

  it.each([
    ["a title in two groups", 'describe("a", f); it("a", f);'],
    ["a test left out with a word", 'if (!is) console.log("left out"); it.skipIf(!is)("a", f);'],
    ["a time limit", "const timer = setTimeout(() => reject(new Error()), 10);"],
    ["a late answer", "new Promise((resolve) => setTimeout(() => resolve(answer), 10));"],
    ["a title that is the row's name, twice", 'it.each(a)("%s", f); it.each(b)("%s", f);'],
    ["a method of that name", 'suite.it("a should"); it("b", f);'],
  ])("%s is fine", (_name, text) => {
    expect(findings("src/base/a.test.ts", text)).toEqual([]);
  });
});

describe("rules for faces", () => {
  const face = (declaration: string) =>
    findUntidy([
      { path: "src/lanes/index.ts", text: 'export { wake, type Lane } from "./lane.ts";\n' },
      { path: "src/lanes/lane.ts", text: declaration },
    ]).map(describeFinding);

  it("a name without a doc comment is found where it is declared", () => {
    const declaration = "/** A lane. */\nexport type Lane = 1;\nexport function wake() {}\n";

    expect(face(declaration)).toEqual([
      'src/lanes/lane.ts:3 "wake" of src/lanes/index.ts has no doc comment',
    ]);
  });

  it("documented names are fine", () => {
    expect(
      face(
        "/** A lane. */\nexport type Lane = 1;\n/** Wakes. */\nexport async function wake() {}\n",
      ),
    ).toEqual([]);
  });
});

describe("rules for the project", () => {
  it.each(["^1.2.3", "~1.2.3", "latest", "1.x", "file:../a"])(
    "the version %s is loose",
    (version) => {
      const text = JSON.stringify({ dependencies: { pg: version } }, null, 2);

      expect(findLooseVersions(text).map(describeFinding)).toEqual([
        `package.json:3 pg ${version} is no exact version`,
      ]);
    },
  );

  it("a lock that binds to a host or lacks a checksum is reported", () => {
    const text = JSON.stringify({
      packages: {
        "": {},
        "node_modules/a": { resolved: "https://mirror.example/a.tgz", integrity: "sha512-1" },
        "node_modules/b": { resolved: "file:../b", integrity: "sha512-1" },
        "node_modules/c": { optional: true },
        "node_modules/tool-of-another-platform": { dev: true, optional: true },
        "node_modules/d": { integrity: "sha512-1" },
      },
    });

    expect(findLockProblems(text).map(({ rule }) => rule)).toEqual([
      "node_modules/a is bound to https://mirror.example",
      "node_modules/b is bound to null",
      "node_modules/c has no checksum",
    ]);
  });

  it("a lint rule that was made milder is reported", () => {
    const rules = {
      complexity: {
        noExcessiveLinesPerFunction: { level: "error", options: { maxLines: 170 } },
        useMaxParams: { level: "error", options: { max: 4 } },
      },
      suspicious: { noExplicitAny: "error" },
      style: { noNonNullAssertion: "off", noDefaultExport: "error" },
      correctness: { noUnusedImports: "error" },
    };

    expect(findMildLint(JSON.stringify({ linter: { rules } })).map(({ rule }) => rule)).toEqual([
      "noExcessiveLinesPerFunction is not as strict as the house rule",
      "noNonNullAssertion is not as strict as the house rule",
    ]);
  });

  it.each([
    ["a rule that is off", { rules: { "typescript/no-floating-promises": "off" } }],
    ["a rule that warns", { rules: { "typescript/no-explicit-any": "warn" } }],
    ["a rule that is gone", { rules: { "typescript/only-throw-error": undefined } }],
    [
      "a rule with an exception",
      { rules: { "typescript/no-floating-promises": ["error", { ignoreVoid: true }] } },
    ],
    ["a folder left out", { ignorePatterns: ["node_modules", "src/runs"] }],
    ["an override", { overrides: [{ files: ["src/**"], rules: {} }] }],
  ])("a typed lint with %s is reported", (_name, change) => {
    const own = JSON.parse(readOwn(".oxlintrc.json")) as { rules: object };
    const mild = {
      ...own,
      ...change,
      rules: { ...own.rules, ...("rules" in change && change.rules) },
    };

    expect(findMildTypedLint(JSON.stringify(own))).toEqual([]);
    expect(findMildTypedLint(JSON.stringify(mild))).toHaveLength(1);
  });

  it.each([
    ["a check that is off", { compilerOptions: { noUncheckedIndexedAccess: false } }],
    ["a check that is gone", { compilerOptions: { exactOptionalPropertyTypes: undefined } }],
    ["a part of strict that is off", { compilerOptions: { strictNullChecks: false } }],
    ["no check at all", { compilerOptions: { noCheck: true } }],
    ["a folder left out", { exclude: ["src/runs"] }],
    ["a folder not taken in", { include: ["src", "sandbox", "test", "scripts"] }],
    ["options from elsewhere", { extends: "./base.json" }],
  ])("a compiler with %s is reported", (_name, change) => {
    const own = JSON.parse(readOwn("tsconfig.json")) as { compilerOptions: object };
    const options = "compilerOptions" in change ? change.compilerOptions : {};
    const mild = { ...own, ...change, compilerOptions: { ...own.compilerOptions, ...options } };

    expect(findMildCompiler(JSON.stringify(own))).toEqual([]);
    expect(findMildCompiler(JSON.stringify(mild))).toHaveLength(1);
  });
});

function readOwn(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
}
