import { type Token, tokenize } from "./lexer.ts";

/** One import of a file, of whatever form. */
export type Import = Readonly<{
  /** As written: `./money.ts`, `pg`, `node:fs`. */
  specifier: string;
  /** True when the import leaves nothing behind at run time. */
  isTypeOnly: boolean;
  /** What it takes, by the names of the other file; undefined where it may take anything. */
  names: readonly string[] | undefined;
  line: number;
}>;

/**
 * Every import of a file: `import`, `import type`, `export … from`, `import(…)`, a type's
 * `import("…")`, and `new URL("./x.ts", import.meta.url)`, which names a file that will be run.
 */
export function readImports(source: string): Import[] {
  const tokens = tokenize(source).filter((token) => token.kind !== "comment");
  const found: Import[] = [];
  tokens.forEach((token, index) => {
    if (token.kind !== "word" || tokens[index - 1]?.text === ".") return;
    const rest = tokens.slice(index + 1, index + 4);
    if (token.text === "import") found.push(...readImport(tokens, index));
    if (token.text === "export") found.push(...readExport(tokens, index));
    if (token.text === "URL" && rest[0]?.text === "(" && rest[1]?.kind === "string") {
      const specifier = unquote(rest[1].text);
      if (specifier.startsWith(".") && specifier.endsWith(".ts")) {
        found.push({ specifier, isTypeOnly: false, names: undefined, line: token.line });
      }
    }
  });
  return found;
}

/** The text of a string token without its quotes. */
export function unquote(text: string): string {
  return text.slice(1, -1);
}

function readImport(tokens: readonly Token[], index: number): Import[] {
  const [first, second] = [tokens[index + 1], tokens[index + 2]];
  const line = tokens[index]?.line ?? 0;
  if (first === undefined || first.text === ".") return [];
  if (first.kind === "string") {
    return [{ specifier: unquote(first.text), isTypeOnly: false, names: [], line }];
  }
  if (first.text === "(") {
    if (second?.kind !== "string") return [];
    // `import("x")` in a type stands after a colon, an angle bracket or `typeof`.
    const before = tokens[index - 1]?.text ?? "";
    const isTypeOnly = [":", "<", "|", "&", "typeof"].includes(before);
    return [{ specifier: unquote(second.text), isTypeOnly, names: undefined, line }];
  }
  return readClause(tokens, index);
}

function readExport(tokens: readonly Token[], index: number): Import[] {
  const next = tokens[index + 1];
  const afterType = next?.text === "type" ? tokens[index + 2] : next;
  return afterType?.text === "*" || afterType?.text === "{" ? readClause(tokens, index) : [];
}

/** `… from "x"`, beginning at the word `import` or `export`. */
function readClause(tokens: readonly Token[], index: number): Import[] {
  const line = tokens[index]?.line ?? 0;
  const clause: Token[] = [];
  for (let at = index + 1; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token === undefined || token.text === ";") return [];
    if (token.text === "from" && tokens[at + 1]?.kind === "string") {
      const specifier = unquote(tokens[at + 1]?.text ?? "");
      return [{ specifier, isTypeOnly: isTypeClause(clause), names: namesOf(clause), line }];
    }
    // `export { a }` without a source ends here.
    if (clause.at(-1)?.text === "}") return [];
    clause.push(token);
  }
  return [];
}

/** `type X`, `type { … }`, or braces in which every name is marked `type`. */
function isTypeClause(clause: readonly Token[]): boolean {
  const texts = clause.map((token) => token.text);
  if (texts[0] === "type" && texts[1] !== "," && texts[1] !== undefined) return true;
  if (texts[0] !== "{" || texts.at(-1) !== "}") return false;
  const written = listed(texts.slice(1, -1));
  return written.length > 0 && written.every((name) => /^type [\w$]/.test(name));
}

function namesOf(clause: readonly Token[]): readonly string[] | undefined {
  const texts = clause.map((token) => token.text);
  if (texts.includes("*")) return undefined;
  const open = texts.indexOf("{");
  if (open < 0) return [];
  return listed(texts.slice(open + 1, -1)).map(
    (name) => name.replace(/^type /, "").split(" as ")[0] ?? name,
  );
}

/** The names between two braces, each as it is written there: `a`, `type B`, `c as d`. */
export function listed(texts: readonly string[]): string[] {
  return texts
    .join(" ")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}
