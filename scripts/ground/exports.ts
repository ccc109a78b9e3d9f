import { listed, unquote } from "./imports.ts";
import type { Token } from "./lexer.ts";

const DECLARES = new Set(["const", "let", "function", "class", "type", "interface"]);

/** A name that a file shows to others: its own, or one that it passes on from another file. */
export type Export = Readonly<{
  name: string;
  /** The name in the file it is from, where that is another one. */
  original: string;
  /** The file it is passed on from, as written; undefined for what is declared here. */
  from: string | undefined;
  /** It is declared here, as a type. */
  isType: boolean;
  line: number;
}>;

/** Every name that a file exports; a file that passes on all of another (`*`) shows no names. */
export function exportsOf(all: readonly Token[]): Export[] {
  const tokens = all.filter((token) => token.kind !== "comment");
  return tokens.flatMap((token, index) => {
    if (token.kind !== "word" || token.text !== "export") return [];
    const rest = tokens.slice(index + 1);
    const declared = declarationOf(rest);
    if (declared === undefined) return listedNames(rest, token.line);
    return [{ ...declared, original: declared.name, from: undefined, line: token.line }];
  });
}

/** What is declared behind the word `export`, or undefined where it is followed by a list. */
export function declarationOf(
  rest: readonly Token[],
): Readonly<{ name: string; isType: boolean }> | undefined {
  const at = rest.findIndex(({ text }) => !["async", "abstract", "declare"].includes(text));
  const word = rest[at]?.text ?? "";
  if (!DECLARES.has(word) || rest[at + 1]?.text === "{") return undefined;
  const name = rest[at + 1]?.text === "*" ? rest[at + 2] : rest[at + 1];
  if (name?.kind !== "word") return undefined;
  return { name: name.text, isType: word === "type" || word === "interface" };
}

/** `{ a, type B, c as d } from "./x.ts"`, after the word `export`. */
function listedNames(rest: readonly Token[], line: number): Export[] {
  const open = rest[0]?.text === "type" ? 1 : 0;
  if (rest[open]?.text !== "{") return [];
  const close = rest.findIndex((token) => token.text === "}");
  const source = rest[close + 1]?.text === "from" ? rest[close + 2] : undefined;
  const from = source === undefined ? undefined : unquote(source.text);
  return listed(rest.slice(open + 1, close).map((token) => token.text)).map((part) => {
    const [original = part, name = original] = part.replace(/^type /, "").split(" as ");
    return { name, original, from, isType: false, line };
  });
}
