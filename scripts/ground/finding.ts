import type { Token } from "./lexer.ts";
import type { SourceFile } from "./source-tree.ts";

/** One breach of a house rule: where, and which rule in words. */
export type Finding = Readonly<{ path: string; line: number; rule: string }>;

/** A file with its tokens, which are read once for all rules. */
export type TidyFile = SourceFile & Readonly<{ tokens: readonly Token[] }>;

/** A rule: the places in a file that break it. */
export type Rule = (file: TidyFile) => Finding[];

/** A finding as it is printed: `src/base/money.ts:12 line over 100 columns`. */
export function describeFinding({ path, line, rule }: Finding): string {
  return `${path}:${line} ${rule}`;
}
