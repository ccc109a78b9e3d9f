import { describe, expect, it } from "vitest";
import {
  findCycles,
  findForbiddenImports,
  findOrphans,
  findUnusedExports,
  findUnzoned,
} from "./architecture.ts";
import type { Zone } from "./import-table.ts";

const ZONES: readonly Zone[] = [
  { name: "base", paths: ["src/base/"], may: [], packages: ["pino"] },
  {
    name: "config",
    paths: ["src/config/"],
    may: [{ zone: "base", typesOnly: false }],
    packages: [],
  },
  {
    name: "mapping",
    paths: ["src/mapping/"],
    may: [
      { zone: "base", typesOnly: false },
      { zone: "config", typesOnly: true },
    ],
    packages: [],
  },
  { name: "compose", paths: ["src/compose.ts"], may: "anything", packages: [] },
];
const RULES = { zones: ZONES, entryPoints: ["src/compose.ts"] };

const files = (tree: Record<string, string>) =>
  Object.entries(tree).map(([path, text]) => ({ path, text }));

describe("forbidden imports", () => {
  it("an import against the table names file, import and allowed list", () => {
    const tree = files({
      "src/base/money.ts": 'import { map } from "../mapping/map.ts";',
      "src/mapping/map.ts": "export const map = 1;",
    });

    expect(findForbiddenImports(tree, RULES)).toEqual([
      "src/base/money.ts:1 imports ../mapping/map.ts (mapping), " +
        "but base may import: nothing of ours",
    ]);
  });

  it("a value from a zone that gives types only is reported", () => {
    const tree = files({
      "src/mapping/map.ts": '\nimport { load } from "../config/load.ts";',
      "src/config/load.ts": "export const load = 1;",
    });

    expect(findForbiddenImports(tree, RULES)).toEqual([
      "src/mapping/map.ts:2 imports ../config/load.ts (config), " +
        "but mapping may import: base, config (types only)",
    ]);
  });

  it.each([
    'import type { Settings } from "../config/load.ts";',
    'import { type Settings, type Pair } from "../config/load.ts";',
    'export type { Settings } from "../config/load.ts";',
    'const a: import("../config/load.ts").Settings = b;',
  ])("a type from a zone that gives types only is allowed: %s", (text) => {
    const tree = files({ "src/mapping/map.ts": text, "src/config/load.ts": "" });

    expect(findForbiddenImports(tree, RULES)).toEqual([]);
  });

  it.each([
    'export { load } from "../mapping/map.ts";',
    'export * from "../mapping/map.ts";',
    'const map = await import("../mapping/map.ts");',
    'import "../mapping/map.ts";',
    'import Map, { type A } from "../mapping/map.ts";',
    'new Worker(new URL("../mapping/map.ts", import.meta.url));',
    'import type { A } from "../mapping/map.ts";',
  ])("no form of import gets past the table: %s", (text) => {
    const tree = files({ "src/base/a.ts": text, "src/mapping/map.ts": "" });

    expect(findForbiddenImports(tree, RULES)).toHaveLength(1);
  });

  it.each([
    '// import { map } from "../mapping/map.ts";',
    '/* import "../mapping/map.ts"; */',
    "const text = 'import \"../mapping/map.ts\";';",
    'const text = `import "../mapping/map.ts";`;',
    'const pattern = /import "..\\/mapping\\/map.ts"/;',
  ])("what only looks like an import is none: %s", (text) => {
    const tree = files({ "src/base/a.ts": text, "src/mapping/map.ts": "" });

    expect(findForbiddenImports(tree, RULES)).toEqual([]);
  });

  it("a package that the zone may not have is reported", () => {
    const tree = files({ "src/mapping/map.ts": 'import { Pool } from "pg";' });

    expect(findForbiddenImports(tree, RULES)).toEqual([
      "src/mapping/map.ts:1 imports the package pg, but mapping may import: no package",
    ]);
  });

  it("an outsider that goes past a folder's face is reported", () => {
    const tree = files({
      "src/compose.ts": 'import { map } from "./mapping/map.ts";',
      "src/mapping/map.ts": "",
      "src/mapping/index.ts": "",
    });

    expect(findForbiddenImports(tree, RULES)).toEqual([
      "src/compose.ts:1 imports ./mapping/map.ts past the face of mapping, which is: index.ts",
    ]);
  });

  it("a folder without a face is open to those whom the table lets in", () => {
    const tree = files({
      "src/mapping/map.ts": 'import { usd } from "../base/money.ts";',
      "src/base/money.ts": "",
    });

    expect(findForbiddenImports(tree, RULES)).toEqual([]);
  });

  it("a sandbox that imports from src is reported, its tests included", () => {
    const tree = files({
      "sandbox/stripe/server.ts": 'import { usd } from "../../src/base/money.ts";',
      "sandbox/stripe/server.test.ts": 'import { usd } from "../../src/base/money.ts";',
      "src/base/money.ts": "",
    });

    expect(findForbiddenImports(tree, RULES)).toHaveLength(2);
  });

  it("product code that imports a test file is reported", () => {
    const tree = files({
      "src/compose.ts": 'import { a } from "../test/support/a.ts";',
      "test/support/a.ts": "",
    });

    expect(findForbiddenImports(tree, RULES)).toEqual([
      "src/compose.ts:1 imports ../test/support/a.ts, " +
        "but src may import neither tests nor anything outside src",
    ]);
  });

  it("a file in no row of the table is reported", () => {
    const tree = files({ "src/attic/a.ts": "", "src/base/a.ts": "" });

    expect(findUnzoned(tree, RULES)).toEqual([
      "src/attic/a.ts is in no row of the import table: name its zone there",
    ]);
  });
});

describe("circles and orphans", () => {
  it("a circle of imports is reported with its way", () => {
    const tree = files({
      "src/base/a.ts": 'import { b } from "./b.ts";',
      "src/base/b.ts": 'import { c } from "./c.ts";',
      "src/base/c.ts": 'import { b } from "./b.ts";',
    });

    expect(findCycles(tree)).toEqual([
      "circle of imports: src/base/b.ts → src/base/c.ts → src/base/b.ts",
    ]);
  });

  it("a circle of types alone is a circle too", () => {
    const tree = files({
      "src/base/a.ts": 'import type { B } from "./b.ts";',
      "src/base/b.ts": 'import type { A } from "./a.ts";',
    });

    expect(findCycles(tree)).toHaveLength(1);
  });

  it("files that share an import make no circle", () => {
    const tree = files({
      "src/base/a.ts": 'import "./b.ts"; import "./c.ts";',
      "src/base/b.ts": 'import "./c.ts";',
      "src/base/c.ts": "",
    });

    expect(findCycles(tree)).toEqual([]);
  });

  it("a file that only its test imports is an orphan", () => {
    const tree = files({
      "src/compose.ts": 'import "./base/used.ts";',
      "src/base/used.ts": "",
      "src/base/lost.ts": "",
      "src/base/lost.test.ts": 'import "./lost.ts";',
    });

    expect(findOrphans(tree, RULES)).toEqual([
      "src/base/lost.ts is imported by nobody and is no entry point: delete it or use it",
    ]);
  });
});

describe("unused exports", () => {
  it("a value that no other file imports is reported, a type is not", () => {
    const tree = files({
      "src/base/a.ts": "export type A = 1;\nexport const a = 1;\nexport function used(): A {}",
      "src/base/b.ts": 'import { used } from "./a.ts";',
    });

    expect(findUnusedExports(tree, [])).toEqual([
      "src/base/a.ts:2 exports a, which no other file imports",
    ]);
  });

  it("a type that is passed on and that nobody imports from there is reported", () => {
    const tree = files({
      "src/base/a.ts": "export type A = 1;\nexport type B = 2;",
      "src/base/index.ts": 'export type { A, B as C } from "./a.ts";',
      "src/config/c.ts": 'import type { C } from "../base/index.ts";',
    });

    expect(findUnusedExports(tree, [])).toEqual([
      "src/base/index.ts:1 exports A, which no other file imports",
    ]);
  });

  it.each([
    'import { a as b } from "./a.ts";',
    'import * as all from "./a.ts";',
    'const { a } = await import("./a.ts");',
    'export { a } from "./a.ts";',
  ])("a name is used by: %s", (text) => {
    const tree = files({ "src/base/a.ts": "export const a = 1;", "src/base/b.ts": text });

    expect(findUnusedExports(tree, ["src/base/b.ts"])).toEqual([]);
  });

  it("an entry point may export what nobody imports", () => {
    const tree = files({ "src/main.ts": "export function setup() {}" });

    expect(findUnusedExports(tree, ["src/main.ts"])).toEqual([]);
  });
});
