import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { Document, parseDocument } from "yaml";
import { counted } from "../base/counted.ts";
import { HubError } from "../base/errors.ts";
import { checkAlerts } from "./alerts.ts";
import { checkPair } from "./check-pair.ts";
import { isMap } from "./cross-checks.ts";
import { isSecretSetting, type SecretSources } from "./open-secrets.ts";
import { describeProblems, type SettingsProblem, variablesOf } from "./problems.ts";
import type { PairSettings } from "./schema.ts";
import { isSealed, sealUnlessSame } from "./secret.ts";
import type { Settings } from "./settings.ts";

const PAIR_ID = /^[a-z0-9][a-z0-9-]{0,31}$/;

/** Either the settings, or everything that is wrong with them. */
export type SettingsCheck =
  | Readonly<{ settings: Settings; problems: readonly [] }>
  | Readonly<{ settings: undefined; problems: readonly SettingsProblem[] }>;

/** Where the settings of a home are. */
export function settingsPath(home: string): string {
  return join(home, "slipway.yaml");
}

/**
 * Reads and checks `<home>/slipway.yaml`. A missing file is a home without pairs.
 *
 * @throws HubError `config.file_unreadable`; `config.invalid` with every problem in its message
 */
export function loadSettings(home: string, sources: SecretSources): Settings {
  const checked = checkSettings(readSettings(home), sources);
  if (checked.settings !== undefined) return checked.settings;
  const { problems } = checked;
  const file = settingsPath(home);
  const variables = variablesOf(problems);
  const cure = `Set ${variables} in the environment of the hub, then start again.`;
  throw new HubError(
    "config.invalid",
    `${file} has ${counted(problems.length, "problem")}:\n${describeProblems(problems)}`,
    {
      facts: { problems: problems.length, file },
      ...(variables === undefined ? {} : { cure }),
    },
  );
}

/** The settings file of a home as a document that keeps comments and order when it is changed. */
export function readSettings(home: string): Document {
  const path = settingsPath(home);
  try {
    return parseDocument(readFileSync(path, "utf8"));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return new Document({ pairs: {} });
    throw new HubError("config.file_unreadable", `${path} cannot be read`, { cause });
  }
}

/**
 * The settings file of a home, to be changed or copied as it is written.
 *
 * @throws HubError `config.file_unreadable`; `config.invalid` where it is no YAML, with the line
 */
export function readWholeSettings(home: string): Document {
  const document = readSettings(home);
  const broken = syntaxProblems(document);
  if (broken.length === 0) return document;
  const file = settingsPath(home);
  throw new HubError("config.invalid", `${file} is no YAML:\n${describeProblems(broken)}`, {
    facts: { problems: broken.length, file },
    cure: "Nothing was changed; correct the file at that line, then repeat.",
  });
}

/** What makes a document no YAML; the first line of each message names line and column. */
function syntaxProblems({ errors }: Document): SettingsProblem[] {
  return errors.map(({ message }) => ({
    path: "slipway.yaml",
    rule: (message.split("\n")[0] ?? message).replace(/:$/, ""),
    example: "",
  }));
}

/** Checks a whole document; all problems of all pairs come back at once. */
export function checkSettings(document: Document, sources: SecretSources): SettingsCheck {
  const broken = syntaxProblems(document);
  if (broken.length > 0) return { settings: undefined, problems: broken };
  const root: unknown = document.toJS() ?? {};
  const problems: SettingsProblem[] = rootProblems(root);
  const pairs = new Map<string, PairSettings>();
  const listed = isMap(root) && isMap(root.pairs) ? Object.entries(root.pairs) : [];
  for (const [id, raw] of listed) {
    if (!PAIR_ID.test(id)) problems.push(pairIdProblem(id));
    const checked = checkPair(id, raw, sources);
    if (checked.settings === undefined) problems.push(...checked.problems);
    else pairs.set(id, checked.settings);
  }
  const checked = checkAlerts(isMap(root) ? root.alerts : undefined, sources);
  problems.push(...checked.problems);
  return problems.length > 0
    ? { settings: undefined, problems }
    : { settings: { pairs, alerts: checked.alerts }, problems: [] };
}

/**
 * Writes the settings with mode 0600, wholly or not at all: readers see the old file or the new.
 *
 * @throws HubError `config.file_unreadable` when the file cannot be written
 */
export function saveSettings(home: string, document: Document): void {
  const path = settingsPath(home);
  const aside = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const file = openSync(aside, "wx", 0o600);
    try {
      writeFileSync(file, document.toString({ lineWidth: 0 }));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(aside, path);
  } catch (cause) {
    rmSync(aside, { force: true });
    throw new HubError("config.file_unreadable", `${path} cannot be written`, { cause });
  }
}

/**
 * Copies the settings file beside itself, for its owner alone; undefined where there is none.
 *
 * @throws HubError `config.file_unreadable`
 */
export function backUpSettings(home: string, now: Date): string | undefined {
  const path = settingsPath(home);
  const copy = `${path}.${now.toISOString().replaceAll(/[-:.]/g, "")}.bak`;
  try {
    const bytes = readFileSync(path);
    writeFileSync(copy, bytes, { mode: 0o600, flag: "wx" });
    return copy;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new HubError("config.file_unreadable", `${copy} cannot be written`, { cause });
  }
}

/**
 * Sets one setting of a pair in the document. A plain text for a secret setting is sealed first;
 * `env:NAME` and sealed texts stay as they are. `undefined` removes the setting.
 *
 * @throws HubError `config.invalid` where a text or a list stands in the place of a map above it
 */
export function setSetting(
  document: Document,
  pair: string,
  change: Readonly<{ path: readonly string[]; value: unknown; key: () => Uint8Array }>,
): void {
  const { path, value, key } = change;
  const at = ["pairs", pair, ...path];
  const setting = path.filter((part) => !/^\d+$/.test(part)).join(".");
  const seal = (one: unknown, place: readonly (string | number)[]) =>
    typeof one === "string" && isSecretSetting(path) && !isSealed(one) && !one.startsWith("env:")
      ? sealUnlessSame(one, document.getIn(place), { place: { pair, setting }, key: key() })
      : one;
  const sealed: unknown = Array.isArray(value)
    ? value.map((one, nr) => seal(one, [...at, nr]))
    : seal(value, at);
  try {
    if (value === undefined) document.deleteIn(at);
    else document.setIn(at, document.createNode(sealed));
  } catch (cause) {
    const words = `${at.join(".")} cannot be set: what stands above it in slipway.yaml is no map`;
    throw new HubError("config.invalid", words, {
      facts: { field: at.join(".") },
      cause,
      cure: "Nothing was changed; correct slipway.yaml there, then repeat.",
    });
  }
}

function rootProblems(root: unknown): SettingsProblem[] {
  const example = "pairs: {acme-us: {…}}";
  if (!isMap(root)) return [{ path: "slipway.yaml", rule: "must be a map with `pairs`", example }];
  const problems = Object.keys(root)
    .filter((key) => key !== "pairs" && key !== "alerts")
    .map((key) => ({ path: key, rule: "is unknown; known here: pairs, alerts", example }));
  const { pairs } = root;
  if (pairs !== undefined && pairs !== null && !isMap(pairs)) {
    problems.push({ path: "pairs", rule: "must be a map of pairs", example });
  }
  return problems;
}

function pairIdProblem(id: string): SettingsProblem {
  return {
    path: `pairs.${id}`,
    rule: "must be named with 1 to 32 lower-case letters, digits and hyphens",
    example: "pairs: {acme-us: {…}}",
  };
}
