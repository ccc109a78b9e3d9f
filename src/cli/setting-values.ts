import { parse } from "yaml";
import { HubError } from "../base/errors.ts";

/**
 * What a text of the command line means as a setting: `true`, numbers, `[a, b]` and `{a: b}` as in
 * YAML. A number that would lose something by it (`0060`, `1.50`) stays text, since SL's ids look
 * like that; an id of plain digits is written with quotes, `"60"`.
 */
export function readSettingValue(text: string): unknown {
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    return text;
  }
  if (typeof value === "number" && String(value) !== text.trim()) return text;
  return value === null || value === undefined ? text : value;
}

/** Reads `path=value`, splitting at the first `=`. */
export function readAssignment(text: string): { path: string; value: unknown } {
  const at = text.indexOf("=");
  if (at < 1) {
    throw new HubError("api.invalid", `"${text}" is no setting`, {
      cure: "Write path=value, for example --set sl.company-id=0060.",
    });
  }
  return { path: text.slice(0, at).trim(), value: readSettingValue(text.slice(at + 1)) };
}

/** Puts a value at a dotted path, making the maps on the way. */
export function setAtPath(tree: Record<string, unknown>, path: string, value: unknown): void {
  const parts = path.split(".");
  let at = tree;
  for (const part of parts.slice(0, -1)) {
    if (!Object.hasOwn(at, part) || !isMap(at[part])) at[part] = {};
    at = at[part] as Record<string, unknown>;
  }
  const last = parts.at(-1) ?? path;
  at[last] = value;
}

/** The value at a dotted path, or undefined where there is none. */
export function getAtPath(tree: Readonly<Record<string, unknown>>, path: string): unknown {
  let at: unknown = tree;
  for (const part of path.split(".")) {
    if (Array.isArray(at)) at = at[Number(part)] as unknown;
    else if (isMap(at) && Object.hasOwn(at, part)) at = at[part];
    else return undefined;
  }
  return at;
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
