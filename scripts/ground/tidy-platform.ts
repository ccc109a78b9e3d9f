import type { Finding, TidyFile } from "./finding.ts";
import { unquote } from "./imports.ts";
import type { Token } from "./lexer.ts";
import { isTestFile } from "./source-tree.ts";

/** The launcher has a port for each platform; what is not its business runs on Windows as it is. */
const LAUNCHER = "src/db/embedded/";
/**
 * Files that set or read the rights of a file on purpose: Windows takes the call and keeps its own
 * rights, and where a right is looked at, the file asks for the platform first.
 */
const RIGHTS_MEANT = new Set([
  "src/db/backup.ts",
  "src/db/backup-files.ts",
  "src/db/restore.ts",
  "src/doctor/hub-looks.ts",
]);

/** Signals that Node can listen to or send on Windows, which has none of its own. */
const SIGNALS_EVERYWHERE = new Set(["SIGINT", "SIGTERM", "SIGKILL", "SIGHUP", "SIGBREAK"]);
const POSIX_PATH = /^\/(proc|tmp|dev|bin|sbin|usr|etc|var|home|run)(\/|$)/;
const SHELL = /^(sh|bash|zsh)( |$)/;
/** What stands before the first part of a template; before a later one stands its value. */
const BEFORE_TEXT = new Set(["=", "(", ",", "[", ":", "?", "=>", "return"]);
const RIGHTS = new Set(["chmod", "chmodSync", "chown", "chownSync", "fchmod", "umask", "lchown"]);
/** They are there on POSIX alone: called as `process.getuid?.()`, or not at all. */
const POSIX_CALLS = new Set(["getuid", "geteuid", "getgid", "getegid", "setuid", "setgid"]);

/** The product runs on Windows Server too: no signal, path, shell or right that it lacks. */
export function findPosixOnly(file: TidyFile): Finding[] {
  const { path, tokens } = file;
  if (!path.startsWith("src/") || path.startsWith(LAUNCHER) || isTestFile(path)) return [];
  const code = tokens.filter((token) => token.kind !== "comment");
  return code.flatMap((token, index) => {
    const what = posixOnly(code, index) ?? rightOf(path, code, index);
    return what === undefined ? [] : [{ path, line: token.line, rule: `${what}: not on Windows` }];
  });
}

function posixOnly(code: readonly Token[], index: number): string | undefined {
  const token = code[index];
  const next = code[index + 1]?.text ?? "";
  if (token === undefined) return undefined;
  const text = textOf(token, code[index - 1]?.text ?? "");
  if (text !== undefined) {
    if (/^SIG[A-Z0-9]+$/.test(text) && !SIGNALS_EVERYWHERE.has(text)) return `signal ${text}`;
    if (POSIX_PATH.test(text)) return `path ${text}`;
    return SHELL.test(text) ? `shell ${text}` : undefined;
  }
  if (token.kind !== "word") return undefined;
  if (POSIX_CALLS.has(token.text) && next === "(") return token.text;
  const isKill = token.text === "kill" && next === "(";
  return isKill && code[index + 2]?.text === "-" ? "a signal to a group" : undefined;
}

/** How a text begins; undefined for what is none, or goes on after a value. */
function textOf(token: Token, before: string): string | undefined {
  if (token.kind === "string") return unquote(token.text);
  return token.kind === "template" && BEFORE_TEXT.has(before) ? token.text : undefined;
}

function rightOf(path: string, code: readonly Token[], index: number): string | undefined {
  const token = code[index];
  if (RIGHTS_MEANT.has(path) || token?.kind !== "word") return undefined;
  if (RIGHTS.has(token.text)) return token.text;
  const isMask = token.text === "mode" && code[index + 1]?.text === "&";
  return isMask ? "logic that hangs on a file's rights" : undefined;
}
