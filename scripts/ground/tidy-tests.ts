import type { Finding, TidyFile } from "./finding.ts";
import { unquote } from "./imports.ts";
import type { Token } from "./lexer.ts";
import { isTestFile } from "./source-tree.ts";

const RUNNERS = new Set(["it", "test", "describe"]);
/** The one place where tests wait, on a condition and with a limit. */
const WAIT_FILE = "test/support/wait.ts";

type Call = Readonly<{ runner: Token; chain: readonly string[]; title: Token | undefined }>;

/** Titles are facts: without "should", and unique within a file. */
export function findBadTitles(file: TidyFile): Finding[] {
  const seen = new Set<string>();
  return readCalls(file).flatMap(({ runner, title }) => {
    if (title === undefined) return [];
    const text = title.kind === "string" ? unquote(title.text) : title.text;
    const line = title.line;
    if (/\bshould\b/i.test(text)) {
      return [{ path: file.path, line, rule: 'title says "should": state the fact' }];
    }
    // A title that is nothing but the name of a table's row is as many titles as there are rows.
    if (runner.text === "describe" || /^[%$][\w.]+$/.test(text)) return [];
    if (!seen.has(text)) {
      seen.add(text);
      return [];
    }
    return [{ path: file.path, line, rule: `title stands twice in this file: "${text}"` }];
  });
}

/** No test is left out silently: `.only` and `.skip` never, `skipIf` with a printed reason. */
export function findLeftOutTests(file: TidyFile): Finding[] {
  const words = file.tokens.filter((token) => token.kind === "word").map((token) => token.text);
  const saysWhy = words.includes("console");
  return readCalls(file).flatMap(({ runner, chain }) => {
    const never = chain.find((name) => ["only", "skip", "todo", "fails"].includes(name));
    const { path } = file;
    if (never !== undefined) return [{ path, line: runner.line, rule: `test marked .${never}` }];
    const isConditional = chain.includes("skipIf") || chain.includes("runIf");
    if (!isConditional || saysWhy) return [];
    return [{ path, line: runner.line, rule: "test may be left out without printing the reason" }];
  });
}

/** A test waits on a condition with a limit, never for a time; and it mocks no module. */
export function findSleepsAndMocks(file: TidyFile): Finding[] {
  if (!isTestFile(file.path) || file.path === WAIT_FILE) return [];
  const { tokens, path } = file;
  return tokens.flatMap((token, index) => {
    const texts = tokens.slice(index, index + 16).map((next) => next.text);
    if (token.kind === "string" && /^["'](node:)?timers\/promises["']$/.test(token.text)) {
      return [{ path, line: token.line, rule: `sleeps: wait on a condition (${WAIT_FILE})` }];
    }
    if (token.kind !== "word") return [];
    if (token.text === "new" && texts[1] === "Promise" && isSleep(texts)) {
      return [{ path, line: token.line, rule: `sleeps: wait on a condition (${WAIT_FILE})` }];
    }
    const isMock = token.text === "vi" && ["mock", "doMock", "hoisted"].includes(texts[2] ?? "");
    return isMock ? [{ path, line: token.line, rule: "mocks a module: use the real one" }] : [];
  });
}

/** A test that is tried again until it passes hides what it found. */
export function findRetries(file: TidyFile): Finding[] {
  const { path } = file;
  if (!path.endsWith(".test.ts") && path !== "vitest.config.ts") return [];
  return file.tokens.flatMap(({ kind, text, line }, index) => {
    const isOption = kind === "word" && text === "retry" && file.tokens[index + 1]?.text === ":";
    const isCount = /^\d/.test(file.tokens[index + 2]?.text ?? "");
    return isOption && isCount ? [{ path, line, rule: "tried again until it passes" }] : [];
  });
}

/** `new Promise((resolve) => setTimeout(resolve, …` in any spelling of the name. */
function isSleep(texts: readonly string[]): boolean {
  const timer = texts.indexOf("setTimeout");
  const arrow = texts.indexOf("=>");
  if (timer < 0 || arrow < 0 || arrow > timer) return false;
  const parameters = texts.slice(0, arrow);
  const resolver = texts[timer + 2] ?? "";
  return parameters.includes(resolver) && texts[timer + 3] === ",";
}

function readCalls(file: TidyFile): Call[] {
  if (!isTestFile(file.path)) return [];
  const tokens = file.tokens.filter((token) => token.kind !== "comment");
  return tokens.flatMap((token, index) => {
    const isRunner = token.kind === "word" && RUNNERS.has(token.text);
    if (!isRunner || tokens[index - 1]?.text === ".") return [];
    return readCall(tokens, index);
  });
}

/** `it.skipIf(a)("title", …)`: the names after the dots, the first argument of the last call. */
function readCall(tokens: readonly Token[], index: number): Call[] {
  const chain: string[] = [];
  let at = index + 1;
  for (;;) {
    if (tokens[at]?.text === ".") {
      chain.push(tokens[at + 1]?.text ?? "");
      at += 2;
    } else if (tokens[at]?.kind === "template") {
      at += 1;
    } else if (tokens[at]?.text !== "(") {
      break;
    } else {
      const title = tokens[at + 1];
      const end = closingOf(tokens, at);
      const isLast = tokens[end + 1]?.text !== "(";
      if (isLast && title !== undefined) {
        const isText = title.kind === "string" || title.kind === "template";
        const runner = tokens[index];
        return runner === undefined ? [] : [{ runner, chain, title: isText ? title : undefined }];
      }
      at = end + 1;
    }
  }
  return [];
}

function closingOf(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token?.kind !== "mark") continue;
    if (token.text === "(") depth += 1;
    if (token.text === ")") depth -= 1;
    if (depth === 0) return at;
  }
  return tokens.length;
}
