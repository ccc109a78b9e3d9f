import type { Finding, TidyFile } from "./finding.ts";
import type { Token } from "./lexer.ts";
import { isTestFile } from "./source-tree.ts";

/** Comments that switch a check off. The brackets keep this file from finding itself. */
const SUPPRESSION =
  /@ts-(ignor[e]|nochec[k]|expect-erro[r])|(biom[e]-ignore|(oxlin[t]|eslin[t])-disable)/;
const BANNED_NAMES = new Set(
  "data info item process handle manager helper util helpers utils transaction account".split(" "),
);
const DECLARES = new Set(["const", "let", "function", "class", "type", "interface"]);

/** No check is switched off by a comment, and nothing is cast to `any`. */
export function findSuppressions(file: TidyFile): Finding[] {
  return file.tokens.flatMap((token, index) => {
    const isCast = token.text === "any" && file.tokens[index - 1]?.text === "as";
    if (isCast && token.kind === "word") return [at(file, token, "cast to any")];
    const isSuppressed = token.kind === "comment" && SUPPRESSION.test(token.text);
    return isSuppressed ? [at(file, token, "a check is switched off by a comment")] : [];
  });
}

/**
 * No exported name that says nothing. The sandboxes are left out: they speak their vendor's words.
 */
export function findBannedNames(file: TidyFile): Finding[] {
  if (file.path.startsWith("sandbox/")) return [];
  const { tokens } = file;
  return tokens.flatMap((token, index) => {
    if (token.kind !== "word" || !DECLARES.has(tokens[index - 1]?.text ?? "")) return [];
    const before = [tokens[index - 2]?.text, tokens[index - 3]?.text];
    if (!before.includes("export") || !BANNED_NAMES.has(token.text.toLowerCase())) return [];
    return [
      at(file, token, `"${token.text}" is no name: say what it is in the words of the field`),
    ];
  });
}

/** What the hub says goes to its log; only programs for a terminal print. */
export function findPrinting(file: TidyFile): Finding[] {
  const mayPrint =
    isTestFile(file.path) ||
    /^(src\/(cli|demo)|scripts|bench|bin)\//.test(file.path) ||
    /^sandbox\/.*\/(main|generate)\.ts$/.test(file.path);
  if (mayPrint || !file.path.endsWith(".ts")) return [];
  return file.tokens.flatMap((token, index) =>
    token.kind === "word" && token.text === "console" && file.tokens[index + 1]?.text === "."
      ? [at(file, token, "prints to the console: use the log")]
      : [],
  );
}

function at(file: TidyFile, token: Token, rule: string): Finding {
  return { path: file.path, line: token.line, rule };
}
