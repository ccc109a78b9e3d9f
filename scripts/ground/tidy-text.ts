import type { Finding, TidyFile } from "./finding.ts";

const LINES_MAX = 400;
const COLUMNS_MAX = 100;

/**
 * Patterns that no text of the project contains. The brackets keep this file from finding itself.
 */
const BANNED_TEXT: readonly Readonly<{ pattern: RegExp; rule: string }>[] = [
  {
    pattern: /\b(TO[D]O|FIX[M]E|HA[C]K|X[X]X(?!["'`]))\b/,
    rule: "leftover marker: finish it, or write down the limit as a fact",
  },
  {
    pattern: /(^|[\s"'`(=:,])\/(wor[k]|roo[t]|hom[e])\//,
    rule: "path of one machine: name it relative to the project",
  },
  {
    pattern: /\b(issue|ticket|pull request|PR) #\d/i,
    rule: "number of a ticket: say what it is about instead",
  },
];

/** At most 400 lines in a file of code. */
export function findLongFiles(file: TidyFile): Finding[] {
  const lines = file.text.split("\n").length - 1;
  if (!isCode(file.path) || lines <= LINES_MAX) return [];
  return [{ path: file.path, line: LINES_MAX + 1, rule: `file has ${lines} lines, over 400` }];
}

/** At most 100 columns in a line of code, where the formatter can hold no long text either. */
export function findLongLines(file: TidyFile): Finding[] {
  if (!isCode(file.path)) return [];
  return onLines(file, (line) =>
    [...line].length > COLUMNS_MAX ? `line over ${COLUMNS_MAX} columns: part its text` : undefined,
  );
}

/** No leftover markers, no paths of one machine, no ticket numbers. */
export function findBannedText(file: TidyFile): Finding[] {
  return onLines(file, (line) => BANNED_TEXT.find(({ pattern }) => pattern.test(line))?.rule);
}

/** No blanks at line ends, and one line end at the end of the file. */
export function findLooseEnds(file: TidyFile): Finding[] {
  const loose = onLines(file, (line) =>
    /[ \t\r]$/.test(line) ? "blank at the line end" : undefined,
  );
  const isEnded = file.text === "" || (file.text.endsWith("\n") && !file.text.endsWith("\n\n"));
  if (isEnded) return loose;
  const line = file.text.split("\n").length;
  return [...loose, { path: file.path, line, rule: "the file ends with exactly one line end" }];
}

/** File names in kebab-case; names that the tools or the world expect in capitals are free. */
export function findBadFileNames(file: TidyFile): Finding[] {
  const name = file.path.split("/").at(-1) ?? "";
  const isKept = /^(README|CHANGELOG|LICENSE|NOTICE)(\.md)?$/.test(name) || name.startsWith(".");
  const isSql = /^\d{4}_[a-z0-9_]+\.sql$/.test(name);
  // A view that the site installs keeps its name in SL, where the hub asks for it.
  const isView = /^site\/sql\/xslw_[A-Za-z]+\.sql$/.test(file.path);
  const isKebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*$/.test(name);
  const rules = [
    isKept || isSql || isView || isKebab ? undefined : "file name is not in kebab-case",
    /^(data|info|manager|helpers?|utils?|misc)\./.test(name)
      ? "file name says nothing about what is in it"
      : undefined,
  ];
  return rules.flatMap((rule) => (rule === undefined ? [] : [{ path: file.path, line: 1, rule }]));
}

function isCode(path: string): boolean {
  return /\.(ts|js|sql)$/.test(path);
}

function onLines(file: TidyFile, check: (line: string) => string | undefined): Finding[] {
  return file.text.split("\n").flatMap((text, index) => {
    const rule = check(text);
    return rule === undefined ? [] : [{ path: file.path, line: index + 1, rule }];
  });
}
