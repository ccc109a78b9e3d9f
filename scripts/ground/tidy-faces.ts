import { posix } from "node:path";
import { declarationOf, type Export, exportsOf } from "./exports.ts";
import type { Finding, TidyFile } from "./finding.ts";

/** Re-exports are followed this far; a longer way is a mistake of its own. */
const HOPS_MAX = 5;

/** Every name that a folder shows to others has a doc comment where it is declared. */
export function findUndocumentedFaces(files: readonly TidyFile[]): Finding[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const faces = files.filter(({ path }) => /^src\/.*\/(index|port)\.ts$/.test(path));
  return faces.flatMap((face) =>
    exportsOf(face.tokens).flatMap((exported) => {
      const place = findDeclaration(face, exported, { byPath, hops: 0 });
      if (place === undefined || place.isDocumented) return [];
      const rule = `"${exported.name}" of ${face.path} has no doc comment`;
      return [{ path: place.path, line: place.line, rule }];
    }),
  );
}

function findDeclaration(
  file: TidyFile,
  exported: Export,
  way: { byPath: ReadonlyMap<string, TidyFile>; hops: number },
): { path: string; line: number; isDocumented: boolean } | undefined {
  if (exported.from !== undefined) {
    const next = way.byPath.get(posix.join(posix.dirname(file.path), exported.from));
    const found = next && exportsOf(next.tokens).find(({ name }) => name === exported.original);
    if (next === undefined || found === undefined || way.hops >= HOPS_MAX) return undefined;
    return findDeclaration(next, found, { ...way, hops: way.hops + 1 });
  }
  // Overloads and merged declarations are documented once, at the first.
  const { tokens, path } = file;
  const index = tokens.findIndex((token, at) => {
    if (token.text !== "export" || token.kind !== "word") return false;
    const code = tokens.slice(at + 1, at + 8).filter(({ kind }) => kind !== "comment");
    return declarationOf(code)?.name === exported.original;
  });
  if (index < 0) return undefined;
  const before = tokens[index - 1];
  const isDocumented = before?.kind === "comment" && before.text.startsWith("/**");
  return { path, line: tokens[index]?.line ?? 1, isDocumented };
}
