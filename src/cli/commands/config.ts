import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { HubError } from "../../base/errors.ts";
import {
  checkSettings,
  describeProblems,
  type HubEnv,
  keyPath,
  loadKey,
  readSettings,
  settingsPath,
  tokenPath,
} from "../../config/index.ts";
import { type Cli, EXIT, printAnswer } from "../cli.ts";
import { defineCommand, type JsonFlag, withHome, withJson } from "../define-command.ts";
import { readLocalEnv } from "../local-env.ts";
import { renderTable } from "../render/table.ts";
import { registerExport, registerImport } from "./config-transfer.ts";

type Flags = JsonFlag & Readonly<{ home?: string }>;
type Value = Readonly<{ name: string; value: string; from: string }>;

/** `slipway config`: the settings as they are, and as a whole from one hub to another. */
export function registerConfig(program: Command, cli: Cli): void {
  const config = defineCommand(program, {
    usage: "config",
    summary: "show the settings in effect, export and import them",
    paragraph:
      "Without a command it shows the settings in effect and where they come from, as `slipway " +
      "config show` does.",
    examples: ["slipway config", "slipway config export --out slipway-settings.yaml"],
  });
  registerShow(config, cli);
  registerExport(config, cli);
  registerImport(config, cli);
}

/** What the hub would start with, and where each value comes from. */
function registerShow(config: Command, cli: Cli): void {
  const command = defineCommand(config, {
    usage: "show",
    isDefault: true,
    summary: "show the settings in effect and where they come from",
    paragraph:
      "Shows every value a hub started here would use and whether it comes from the environment, " +
      "a file or a default, and checks slipway.yaml with all its pairs. Needs no running hub, " +
      "changes nothing, shows no secret. Exit code 1 when something is wrong.",
    examples: ["slipway config", "slipway config show --home /srv/slipway --json"],
  });
  withJson(withHome(command)).action((flags: Flags) => {
    const env = readLocalEnv(cli, flags);
    const values = valuesOf(env, cli.env, flags);
    const checked = checkFile(env, cli.env);
    const file = settingsPath(env.home);
    printAnswer(cli, flags.json, { values, file, ...checked }, () =>
      [
        renderTable(
          [{ title: "Setting" }, { title: "Value" }, { title: "From" }],
          values.map(({ name, value, from }) => [name, value, from]),
        ),
        "",
        checked.problems.length > 0
          ? cli.terminal.paint.bad(`${file} is wrong:\n${describeProblems(checked.problems)}`)
          : `${file}: ${checked.pairs.length === 0 ? "no pair yet" : checked.pairs.join(", ")}`,
      ].join("\n"),
    );
    if (checked.problems.length > 0) cli.endWith(EXIT.problem);
  });
}

function valuesOf(env: HubEnv, source: Cli["env"], flags: Flags): Value[] {
  const from = (name: string, fallback: string) =>
    (source[name] ?? "") === "" ? fallback : "environment";
  const fileOr = (path: string) => (existsSync(path) ? path : "made at the first start");
  return [
    {
      name: "DATABASE_URL",
      value: env.databaseUrl === undefined ? join(env.home, "postgres") : withoutPassword(env),
      from: from("DATABASE_URL", "embedded PostgreSQL"),
    },
    {
      name: "SLIPWAY_HOME",
      value: env.home,
      from: flags.home === undefined ? from("SLIPWAY_HOME", "default") : "--home",
    },
    { name: "SLIPWAY_HOST", value: env.host, from: from("SLIPWAY_HOST", "default") },
    { name: "SLIPWAY_PORT", value: String(env.port), from: from("SLIPWAY_PORT", "default") },
    { name: "SLIPWAY_LOG_LEVEL", value: env.logLevel, from: from("SLIPWAY_LOG_LEVEL", "default") },
    {
      name: "SLIPWAY_EVENT_DAYS",
      value: String(env.eventDays),
      from: from("SLIPWAY_EVENT_DAYS", "default"),
    },
    { name: "SLIPWAY_KEY", value: "secret", from: from("SLIPWAY_KEY", fileOr(keyPath(env.home))) },
    {
      name: "SLIPWAY_TOKEN",
      value: "secret",
      from: from("SLIPWAY_TOKEN", fileOr(tokenPath(env.home))),
    },
  ];
}

function withoutPassword(env: HubEnv): string {
  const url = new URL(env.databaseUrl ?? "");
  if (url.password !== "") url.password = "secret";
  // A password may also stand in the query, as libpq allows it.
  if (url.searchParams.has("password")) url.searchParams.set("password", "secret");
  return url.toString();
}

function checkFile(env: HubEnv, source: Cli["env"]) {
  const checked = checkSettings(readSettings(env.home), { env: source, key: () => readKey(env) });
  return { pairs: [...(checked.settings?.pairs.keys() ?? [])], problems: checked.problems };
}

/** `loadKey` makes a key where there is none; looking at the settings must not. */
function readKey(env: HubEnv): Uint8Array {
  if (env.key !== undefined || existsSync(keyPath(env.home))) return loadKey(env.home, env.key);
  throw new HubError("config.secret_unreadable", `there is no key at ${keyPath(env.home)}`);
}
