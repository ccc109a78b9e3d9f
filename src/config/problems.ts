import type { z } from "zod";
import { EXAMPLES, LATER_SETTINGS } from "./examples.ts";

/** One thing that is wrong with the settings. `path` is as in the file; `example` may be empty. */
export type SettingsProblem = Readonly<{
  path: string;
  rule: string;
  example: string;
  /** The variable of the environment that is missing or wrong, where it is one. */
  variable?: string;
}>;

/** A path inside a pair: keys and list positions. */
export type SettingPath = readonly (string | number)[];

/** A problem of a pair's setting, with the example that belongs to it. */
export function problemAt(pair: string, path: SettingPath, rule: string): SettingsProblem {
  return {
    path: ["pairs", pair, ...path].join("."),
    rule,
    example: exampleOf(path),
  };
}

/** All problems that the schema found in one pair. */
export function schemaProblems(
  pair: string,
  issues: readonly z.core.$ZodIssue[],
  known: (path: SettingPath) => readonly string[],
): SettingsProblem[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map((part) => (typeof part === "number" ? part : String(part)));
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) =>
        problemAt(pair, [...path, key], unknownRule([...path, key], known(path))),
      );
    }
    if (issue.code === "invalid_union") return unionProblems(pair, path, issue);
    const isMissing = issue.input === undefined;
    return [problemAt(pair, path, isMissing ? "is missing" : plainRule(issue))];
  });
}

/** The problems as lines of text, one each, for a terminal. */
export function describeProblems(problems: readonly SettingsProblem[]): string {
  return problems
    .map(({ path, rule, example }) => {
      const hint = example === "" ? "" : `; for example  ${example}`;
      return `- ${path} ${rule}${hint}`;
    })
    .join("\n");
}

/**
 * The variables of the environment that the problems name, joined for a sentence; undefined where
 * one of the problems is of another kind.
 */
export function variablesOf(problems: readonly SettingsProblem[]): string | undefined {
  const names = problems.flatMap(({ variable }) => variable ?? []);
  return names.length < problems.length ? undefined : [...new Set(names)].join(", ");
}

/** The key of `known` that was probably meant, or undefined where none is near. */
export function closestKey(key: string, known: readonly string[]): string | undefined {
  return nearKeys(key, known)[0];
}

/** The keys of `known` that may have been meant, nearest first; letter case does not count. */
export function nearKeys(key: string, known: readonly string[]): string[] {
  const wanted = key.toLowerCase();
  return known
    .map((candidate) => ({ candidate, far: distance(wanted, candidate.toLowerCase()) }))
    .filter(({ far }) => far <= Math.max(2, Math.floor(key.length / 3)))
    .sort((a, b) => a.far - b.far)
    .map(({ candidate }) => candidate);
}

function unknownRule(path: SettingPath, known: readonly string[]): string {
  const later = LATER_SETTINGS[path.join(".")];
  if (later !== undefined) return `is not done by this version: ${later}`;
  const meant = closestKey(String(path.at(-1)), known);
  if (meant !== undefined) return `is unknown; did you mean ${meant}?`;
  return known.length === 0 ? "is unknown" : `is unknown; known here: ${known.join(", ")}`;
}

/** An object was meant as the object form: its own problems help more than the union's. */
function unionProblems(
  pair: string,
  path: SettingPath,
  issue: z.core.$ZodIssueInvalidUnion,
): SettingsProblem[] {
  if (typeof issue.input !== "object" || issue.input === null) {
    return [problemAt(pair, path, issue.message)];
  }
  const inner = issue.errors.at(-1) ?? [];
  return schemaProblems(
    pair,
    inner.map((one) => ({ ...one, path: [...path, ...one.path] })),
    () => ["item", "sales"],
  );
}

function plainRule(issue: z.core.$ZodIssue): string {
  // A free key that is wrong: what is wrong with it stands inside.
  if (issue.code === "invalid_key") return issue.issues[0]?.message ?? issue.message;
  if (issue.code === "invalid_type" && issue.expected === "object")
    return "must be a map of settings";
  return issue.message;
}

/** Examples are kept with `*` for list positions and for free keys. */
function exampleOf(path: SettingPath): string {
  const isOf = (known: readonly string[]) =>
    known.length === path.length &&
    known.every((part, nr) => part === "*" || part === String(path[nr]));
  const found = Object.keys(EXAMPLES).find((known) => isOf(known.split(".")));
  return found === undefined ? "" : (EXAMPLES[found] ?? "");
}

/** Levenshtein's distance, two rows at a time. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j += 1) {
      const swap = (row[j] ?? 0) + (letter === b[j] ? 0 : 1);
      next.push(Math.min(swap, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
