import { HubError } from "../base/errors.ts";
import { isMap } from "./cross-checks.ts";
import { problemAt, type SettingPath, type SettingsProblem } from "./problems.ts";
import { SECRET_SETTINGS } from "./schema.ts";
import { isSealed, openSecret, Secret } from "./secret.ts";

const ENV_REFERENCE = /^env:([A-Za-z_][A-Za-z0-9_]*)$/;

/** What secrets are opened with. The key is asked for only when a sealed value is met. */
export type SecretSources = Readonly<{
  env: Readonly<Record<string, string | undefined>>;
  key: () => Uint8Array;
}>;

/**
 * A copy of a pair's raw settings with each secret opened, and what could not be opened. A
 * secret that could not is replaced by an empty one, so that the schema does not complain again.
 */
export function openSecrets(
  pair: string,
  raw: unknown,
  sources: SecretSources,
): Readonly<{ raw: unknown; problems: SettingsProblem[] }> {
  const problems: SettingsProblem[] = [];
  const open = (value: unknown, path: SettingPath, setting: string): unknown => {
    if (typeof value !== "string") return value;
    try {
      return openOne(value, { pair, setting }, sources);
    } catch (cause) {
      const rule = cause instanceof HubError ? cause.message : "cannot be opened";
      const variable = cause instanceof HubError ? cause.facts.variable : undefined;
      const problem = problemAt(pair, path, rule);
      problems.push(typeof variable === "string" ? { ...problem, variable } : problem);
      return new Secret("");
    }
  };
  let tree = raw;
  for (const setting of SECRET_SETTINGS) {
    tree = replaceAt(tree, setting.split("."), (value, path) =>
      Array.isArray(value)
        ? value.map((one: unknown, index) => open(one, [...path, index], setting))
        : open(value, path, setting),
    );
  }
  return { raw: tree, problems };
}

/** Whether a setting's path, without pair and list positions, is one that holds a secret. */
export function isSecretSetting(path: SettingPath): boolean {
  const setting = path.filter((part) => !/^\d+$/.test(String(part))).join(".");
  return (SECRET_SETTINGS as readonly string[]).includes(setting);
}

function openOne(
  value: string,
  place: { pair: string; setting: string },
  sources: SecretSources,
): Secret {
  if (isSealed(value)) return openSecret(value, place, sources.key());
  const hint = `run  slipway pair set ${place.pair} ${place.setting}  and enter it there`;
  return readReference(value, sources, hint);
}

/**
 * The secret of a setting that belongs to no pair: the variable that it names.
 *
 * @throws HubError `config.invalid`, `config.secret_missing`
 */
export function readSecretReference(value: string, sources: SecretSources): Secret {
  return readReference(value, sources, "name a variable of the hub's environment, env:NAME");
}

function readReference(value: string, sources: SecretSources, hint: string): Secret {
  const name = ENV_REFERENCE.exec(value)?.[1];
  if (name === undefined) {
    throw new HubError("config.invalid", `must not be written plainly; ${hint}`);
  }
  const found = sources.env[name];
  if (found === undefined || found === "") {
    throw new HubError("config.secret_missing", `names ${name}, which is not set or is empty`, {
      facts: { variable: name },
    });
  }
  return new Secret(found);
}

function replaceAt(
  tree: unknown,
  path: readonly string[],
  change: (value: unknown, path: SettingPath) => unknown,
  walked: SettingPath = [],
): unknown {
  const [head, ...rest] = path;
  if (head === undefined) return change(tree, walked);
  if (!isMap(tree) || tree[head] === undefined) return tree;
  return { ...tree, [head]: replaceAt(tree[head], rest, change, [...walked, head]) };
}
