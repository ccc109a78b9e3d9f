import { createHash } from "node:crypto";
import { type Document, isScalar, isSeq, isMap as isYamlMap, type Node, parseDocument } from "yaml";
import { isSecretSetting } from "./open-secrets.ts";
import { problemAt, type SettingsProblem } from "./problems.ts";
import { isSealed, MASK } from "./secret.ts";

/** Stands in an exported file for a secret that the hub has and the file has not. */
const KEPT_SECRET = "<kept>";

/** One setting that differs; a secret is only told to be there, never what it is. */
export type SettingsChange = Readonly<{
  path: string;
  before: string | undefined;
  after: string | undefined;
}>;

/**
 * The settings as text without the value of any secret: `<kept>` says that there is one. What names
 * a variable (`env:NAME`) is no secret and stays.
 */
export function exportText(document: Document): string {
  const copy = document.clone();
  eachText(copy, (path, text) =>
    isSecretPath(path) && !text.startsWith("env:") ? KEPT_SECRET : text,
  );
  return copy.toString({ lineWidth: 0 });
}

/**
 * An imported text as a document: `<kept>` becomes the secret that `present` has at that place, and
 * a plain secret is sealed. What is kept and is not there is a problem, by its path.
 */
export function importDocument(
  text: string,
  present: Document,
  seal: (path: readonly string[], plain: string) => string,
): Readonly<{ document: Document; problems: readonly SettingsProblem[] }> {
  const document = parseDocument(text);
  const problems: SettingsProblem[] = [];
  eachText(document, (path, value) => {
    if (!isSecretPath(path) || value.startsWith("env:") || isSealed(value)) return value;
    if (value !== KEPT_SECRET) return seal(path, value);
    const kept: unknown = present.getIn(path);
    if (typeof kept === "string") return kept;
    const [, pair = "", ...rest] = path;
    problems.push(problemAt(pair, rest, "is a secret that this hub does not have"));
    return value;
  });
  return { document, problems };
}

/** What an import changes, by path; secrets are masked. */
export function diffSettings(before: Document, after: Document): SettingsChange[] {
  return diffLeaves(leavesOf(before), leavesOf(after));
}

/**
 * Every setting of the file by its path, as it may be kept elsewhere: of a secret only a print, by
 * which another one is told. `diffLeaves` compares two of them.
 */
export function keptLeaves(document: Document): ReadonlyMap<string, string> {
  const kept = [...leavesOf(document)].map(([path, value]): [string, string] => [
    path,
    isHidden(path, value) ? createHash("sha256").update(value).digest("base64url") : value,
  ]);
  return new Map(kept);
}

/** What differs between two states of the settings, by path; secrets are masked. */
export function diffLeaves(
  old: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
): SettingsChange[] {
  const paths = [...new Set([...old.keys(), ...now.keys()])].sort();
  return paths
    .filter((path) => old.get(path) !== now.get(path))
    .map((path) => ({
      path,
      before: shown(path, old.get(path)),
      after: shown(path, now.get(path)),
    }));
}

function shown(path: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  return isHidden(path, value) ? MASK : value;
}

/** What names a variable is no secret. */
function isHidden(path: string, value: string): boolean {
  return isSecretPath(path.split(".")) && !value.startsWith('"env:');
}

function leavesOf(document: Document): Map<string, string> {
  const leaves = new Map<string, string>();
  const walk = (value: unknown, path: string) => {
    const isBranch = typeof value === "object" && value !== null;
    if (isBranch && Object.keys(value).length > 0) {
      for (const [key, inner] of Object.entries(value)) {
        walk(inner, path === "" ? key : `${path}.${key}`);
      }
    } else if (path !== "") leaves.set(path, JSON.stringify(value));
  };
  walk(document.toJS(), "");
  return leaves;
}

/**
 * `pairs.<id>.<setting>` with list positions, or `alerts.channels.<name>.<setting>`, where a file
 * that nobody has checked yet may hold a plain one.
 */
function isSecretPath(path: readonly string[]): boolean {
  if (path[0] === "alerts") return ["password", "secret"].includes(path.at(-1) ?? "");
  return path[0] === "pairs" && isSecretSetting(path.slice(2));
}

/** Replaces every text of a document by what `change` makes of it. */
function eachText(
  document: Document,
  change: (path: readonly string[], text: string) => string,
): void {
  const walk = (node: Node | null, path: readonly string[]): void => {
    if (isYamlMap(node)) {
      for (const { key, value } of node.items) walk(value as Node, [...path, String(key)]);
    } else if (isSeq(node)) {
      node.items.forEach((item, index) => {
        walk(item as Node, [...path, String(index)]);
      });
    } else if (isScalar(node) && typeof node.value === "string") {
      node.value = change(path, node.value);
    }
  };
  walk(document.contents, []);
}
