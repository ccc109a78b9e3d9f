import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { counted } from "../base/counted.ts";
import { HubError } from "../base/errors.ts";
import { isSecretSetting } from "../config/index.ts";
import { askSecret, readStdinLines } from "./ask-secret.ts";
import { isMap, readAssignment, setAtPath } from "./setting-values.ts";

/** The one secret setting that is a list: a new signing secret is added before the old one goes. */
const SECRET_LIST = "stripe.webhook-secrets";

/**
 * The value of a secret setting, from standard input or from a hidden prompt, never from arguments.
 * The list of signing secrets takes one a line.
 */
export async function readSecretValue(path: string, fromStdin: boolean): Promise<unknown> {
  const lines = fromStdin ? await readStdinLines() : [await askSecret(path)];
  const filled = lines.map((line) => line.trim()).filter((line) => line !== "");
  const [first] = filled;
  if (first === undefined) throw new HubError("api.invalid", `No value was given for ${path}`);
  if (path === SECRET_LIST) return filled;
  if (filled.length > 1) {
    throw new HubError("api.invalid", `${path} takes one line, ${filled.length} were given`);
  }
  return first;
}

export type PairSources = Readonly<{
  from: string | undefined;
  assignments: readonly string[];
  secrets: readonly string[];
  fromStdin: boolean;
}>;

/** A new pair's settings: a YAML file, over it single settings, over them the secrets. */
export async function readPairSettings(
  id: string,
  sources: PairSources,
): Promise<Record<string, unknown>> {
  const settings = sources.from === undefined ? {} : readPairFile(sources.from, id);
  for (const assignment of sources.assignments) {
    const { path, value } = readAssignment(assignment);
    refuseSecretArgument(path);
    setAtPath(settings, path, value);
  }
  const piped = sources.fromStdin ? await readStdinLines() : undefined;
  if (piped !== undefined && piped.length !== sources.secrets.length) {
    const named = counted(sources.secrets.length, "secret");
    const counts = `${named} named, ${counted(piped.length, "line")} given`;
    throw new HubError("api.invalid", counts, {
      cure: "Pipe one line for each --secret, in the same order.",
    });
  }
  for (const [index, path] of sources.secrets.entries()) {
    const text = piped?.[index] ?? (await askSecret(path));
    setAtPath(settings, path, path === SECRET_LIST ? [text] : text);
  }
  return settings;
}

/** @throws HubError `api.invalid`: arguments are seen by every process and kept in the history */
export function refuseSecretArgument(path: string): void {
  if (!isSecretSetting(path.split("."))) return;
  throw new HubError("api.invalid", `${path} is a secret and does not belong into arguments`, {
    cure: "Leave the value out to be asked for it, or pipe it in with --stdin.",
  });
}

/** Either the settings of one pair, or a whole settings file that has the pair. */
function readPairFile(path: string, id: string): Record<string, unknown> {
  let tree: unknown;
  try {
    tree = parse(readFileSync(path, "utf8"));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new HubError("api.invalid", `${path} cannot be read: ${why}`, { cause });
  }
  const settings = isMap(tree) && isMap(tree.pairs) ? tree.pairs[id] : tree;
  if (isMap(settings)) return settings;
  throw new HubError("api.invalid", `${path} has no settings for the pair "${id}"`, {
    cure: `Give a file with the pair's settings, or one with pairs: {${id}: {…}}.`,
  });
}
