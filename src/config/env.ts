import { HubError } from "../base/errors.ts";
import { closestKey, describeProblems, type SettingsProblem, variablesOf } from "./problems.ts";

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal"] as const;

/** What the hub takes from its environment. */
export type HubEnv = Readonly<{
  /** PostgreSQL to use; undefined means the embedded one in `home`. */
  databaseUrl: string | undefined;
  home: string;
  port: number;
  host: string;
  logLevel: (typeof LOG_LEVELS)[number];
  /** Days for which domain events are kept that every subscriber has taken. */
  eventDays: number;
  /** Key of the settings' secrets in base64; undefined means the key file in `home`. */
  key: string | undefined;
  /** Bearer token of the API; undefined means the token file in `home`. */
  token: string | undefined;
}>;

type Variable = Readonly<{
  name: string;
  example: string;
  /** Undefined: there is no default. */
  fallback: string | undefined;
  meaning: string;
  /** The rule that the value breaks, or undefined when it is fine. */
  check: (value: string) => string | undefined;
}>;

const isSet = () => undefined;

const VARIABLES: readonly Variable[] = [
  {
    name: "DATABASE_URL",
    example: "postgres://slipway:…@127.0.0.1:5432/slipway",
    fallback: undefined,
    meaning: "PostgreSQL to use. Not set: the hub starts its own in SLIPWAY_HOME.",
    check: (value) =>
      /^postgres(ql)?:\/\//.test(value) && URL.canParse(value)
        ? undefined
        : "must be a postgres:// URL",
  },
  {
    name: "SLIPWAY_HOME",
    example: "./.slipway",
    fallback: "./.slipway",
    meaning: "Folder of settings, key and, without DATABASE_URL, the database.",
    check: isSet,
  },
  {
    name: "SLIPWAY_PORT",
    example: "4747",
    fallback: "4747",
    meaning: "Port for webhooks and API. 0 takes a free one.",
    check: (value) =>
      /^\d{1,5}$/.test(value) && Number(value) <= 65_535
        ? undefined
        : "must be a port from 0 to 65535",
  },
  {
    name: "SLIPWAY_HOST",
    example: "127.0.0.1",
    fallback: "127.0.0.1",
    meaning: "Address to listen on. 0.0.0.0 takes connections from other machines.",
    check: (value) => (/^\S+$/.test(value) ? undefined : "must be an address"),
  },
  {
    name: "SLIPWAY_LOG_LEVEL",
    example: "info",
    fallback: "info",
    meaning: `How much is logged: ${LOG_LEVELS.join(", ")}.`,
    check: (value) =>
      (LOG_LEVELS as readonly string[]).includes(value)
        ? undefined
        : `must be one of ${LOG_LEVELS.join(", ")}`,
  },
  {
    name: "SLIPWAY_EVENT_DAYS",
    example: "90",
    fallback: "90",
    meaning: "Days for which domain events are kept that every subscriber has taken.",
    check: (value) =>
      /^[1-9]\d{0,3}$/.test(value) ? undefined : "must be a number of days from 1 to 9999",
  },
  {
    name: "SLIPWAY_KEY",
    example: "",
    fallback: undefined,
    meaning: "Key of the stored secrets, 32 bytes in base64. Not set: the file `key` in the home.",
    check: (value) =>
      Buffer.from(value, "base64").length === 32 ? undefined : "must be 32 bytes in base64",
  },
  {
    name: "SLIPWAY_URL",
    example: "http://127.0.0.1:4747",
    fallback: undefined,
    meaning: "Where the commands find the hub. Not set: the hub of the home folder.",
    check: (value) => (URL.canParse(value) ? undefined : "must be a URL"),
  },
  {
    name: "SLIPWAY_TOKEN",
    example: "",
    fallback: undefined,
    meaning: "Bearer token of the API. Not set: the file `token` in the home.",
    check: (value) =>
      /^[\x21-\x7e]{16,}$/.test(value)
        ? undefined
        : "must be at least 16 characters without blanks",
  },
];

/**
 * Reads the environment. An empty variable counts as not set.
 *
 * @throws HubError `config.invalid` with every bad variable and every unknown `SLIPWAY_*`; values
 *   are not repeated in it, since two of them are secret
 */
export function readEnv(env: Readonly<Record<string, string | undefined>>): HubEnv {
  const problems = [...unknownVariables(env), ...badVariables(env)];
  if (problems.length > 0) {
    throw new HubError(
      "config.invalid",
      `The environment is wrong:\n${describeProblems(problems)}`,
      {
        facts: { problems: problems.length },
        cure: `Correct or unset ${variablesOf(problems)}, then start again.`,
      },
    );
  }
  const value = (name: string) =>
    filled(env[name]) ?? VARIABLES.find((variable) => variable.name === name)?.fallback;
  return {
    databaseUrl: value("DATABASE_URL"),
    home: value("SLIPWAY_HOME") ?? "./.slipway",
    port: Number(value("SLIPWAY_PORT")),
    host: value("SLIPWAY_HOST") ?? "127.0.0.1",
    logLevel: LOG_LEVELS.find((level) => level === value("SLIPWAY_LOG_LEVEL")) ?? "info",
    eventDays: Number(value("SLIPWAY_EVENT_DAYS")),
    key: value("SLIPWAY_KEY"),
    token: value("SLIPWAY_TOKEN"),
  };
}

/** The text of `.env.example`, made from the same table that `readEnv` reads by. */
export function envExample(): string {
  const blocks = VARIABLES.map(
    ({ name, example, meaning, fallback }) =>
      `# ${meaning}${fallback === undefined ? "" : ` Default: ${fallback}`}\n` +
      `# ${name}=${example}\n`,
  );
  const title = "# Every variable the hub reads. Remove the mark before a line to set it.";
  return `${title}\n\n${blocks.join("\n")}`;
}

function unknownVariables(env: Readonly<Record<string, string | undefined>>): SettingsProblem[] {
  const known = VARIABLES.map((variable) => variable.name);
  return Object.keys(env)
    .filter((name) => name.startsWith("SLIPWAY_") && !known.includes(name))
    .map((name) => {
      const meant = closestKey(name, known);
      const rule = meant === undefined ? "is unknown" : `is unknown; did you mean ${meant}?`;
      return { path: name, rule, example: "", variable: name };
    });
}

function badVariables(env: Readonly<Record<string, string | undefined>>): SettingsProblem[] {
  return VARIABLES.flatMap(({ name, example, check }) => {
    const value = filled(env[name]);
    const rule = value === undefined ? undefined : check(value);
    return rule === undefined
      ? []
      : [{ path: name, rule, example: example && `${name}=${example}`, variable: name }];
  });
}

function filled(value: string | undefined): string | undefined {
  return value === undefined || value === "" ? undefined : value;
}
