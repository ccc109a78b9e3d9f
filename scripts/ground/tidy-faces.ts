import { posix } from "node:path";
import type { Finding, TidyFile } from "./finding.ts";
import { unquote } from "./imports.ts";
import type { Token } from "./lexer.ts";

const DECLARES = new Set(["const", "let", "function", "class", "type", "interface"]);
/** Re-exports are followed this far; a longer way is a mistake of its own. */
const HOPS_MAX = 5;

type ExportedName = Readonly<{ name: string; from: string | undefined; line: number }>;

/** Every name that a folder shows to others has a doc comment where it is declared. */
export function findUndocumentedFaces(files: readonly TidyFile[]): Finding[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const faces = files.filter(({ path }) => /^src\/.*\/(index|port)\.ts$/.test(path));
  return faces.flatMap((face) =>
    exportsOf(face).flatMap((exported) => {
      const place = findDeclaration(face, exported, { byPath, hops: 0 });
      if (place === undefined || place.isDocumented) return [];
      const rule = `"${exported.name}" of ${face.path} has no doc comment`;
      return [{ path: place.path, line: place.line, rule }];
    }),
  );
}

function exportsOf(file: TidyFile): ExportedName[] {
  const tokens = file.tokens.filter((token) => token.kind !== "comment");
  return tokens.flatMap((token, index) => {
    if (token.kind !== "word" || token.text !== "export") return [];
    const rest = tokens.slice(index + 1);
    const declared = declaredName(rest);
    if (declared !== undefined) return [{ name: declared, from: undefined, line: token.line }];
    return listedNames(rest, token.line);
  });
}

/** `{ a, type B, c as d } from "./x.ts"`, after the word `export`. */
function listedNames(rest: readonly Token[], line: number): ExportedName[] {
  const open = rest[0]?.text === "type" ? 1 : 0;
  if (rest[open]?.text !== "{") return [];
  const close = rest.findIndex((token) => token.text === "}");
  const source = rest[close + 1]?.text === "from" ? rest[close + 2] : undefined;
  const from = source === undefined ? undefined : unquote(source.text);
  const inner = rest.slice(open + 1, close).map((token) => token.text);
  return inner
    .join(" ")
    .split(",")
    .map(
      (part) =>
        part
          .trim()
          .replace(/^type /, "")
          .split(" as ")[0] ?? "",
    )
    .filter((name) => name !== "")
    .map((name) => ({ name, from, line }));
}

function declaredName(rest: readonly Token[]): string | undefined {
  const at = rest.findIndex(({ text }) => !["async", "abstract", "declare"].includes(text));
  if (!DECLARES.has(rest[at]?.text ?? "") || rest[at + 1]?.text === "{") return undefined;
  const name = rest[at + 1]?.text === "*" ? rest[at + 2] : rest[at + 1];
  return name?.kind === "word" ? name.text : undefined;
}

function findDeclaration(
  file: TidyFile,
  exported: ExportedName,
  way: { byPath: ReadonlyMap<string, TidyFile>; hops: number },
): { path: string; line: number; isDocumented: boolean } | undefined {
  if (exported.from !== undefined) {
    const next = way.byPath.get(posix.join(posix.dirname(file.path), exported.from));
    const found = next && exportsOf(next).find(({ name }) => name === exported.name);
    if (next === undefined || found === undefined || way.hops >= HOPS_MAX) return undefined;
    return findDeclaration(next, found, { ...way, hops: way.hops + 1 });
  }
  // Overloads and merged declarations are documented once, at the first.
  const { tokens, path } = file;
  const index = tokens.findIndex((token, at) => {
    if (token.text !== "export" || token.kind !== "word") return false;
    const code = tokens.slice(at + 1, at + 8).filter(({ kind }) => kind !== "comment");
    return declaredName(code) === exported.name;
  });
  if (index < 0) return undefined;
  const before = tokens[index - 1];
  const isDocumented = before?.kind === "comment" && before.text.startsWith("/**");
  return { path, line: tokens[index]?.line ?? 1, isDocumented };
}
