import { findHome, findHub, type HubFlags } from "./hub-address.ts";
import { createHubClient, type HubClient } from "./hub-client.ts";
import type { Terminal } from "./terminal.ts";

/** Exit codes of every command, so that a script can tell a finding from a mistake. */
export const EXIT = { fine: 0, problem: 1, usage: 2 } as const;

/** What a command works with. */
export type Cli = Readonly<{
  terminal: Terminal;
  env: Readonly<Record<string, string | undefined>>;
  /** The hub that the flags name; throws HubError `api.unreachable` before any call is made. */
  hub(flags: HubFlags): HubClient;
  home(flags: HubFlags): string;
  /** The exit code of a command that found something, and throws nothing. */
  endWith(exitCode: number): void;
}>;

export function createCli(
  terminal: Terminal,
  env: Cli["env"],
  endWith: Cli["endWith"] = () => undefined,
): Cli {
  return {
    terminal,
    env,
    endWith,
    hub: (flags) => createHubClient(findHub(flags, env)),
    home: (flags) => findHome(flags, env),
  };
}

/** A value for people or, with `--json`, for programs: one JSON object on a line. */
export function printAnswer(
  cli: Cli,
  isJson: boolean | undefined,
  answer: object,
  render: () => string,
): void {
  cli.terminal.write(isJson === true ? JSON.stringify(answer) : render());
}

/** A list for people or, with `--json`, for programs: one JSON object a line. */
export function printList(
  cli: Cli,
  isJson: boolean | undefined,
  rows: readonly object[],
  render: () => string,
): void {
  if (isJson !== true) cli.terminal.write(render());
  else if (rows.length > 0) cli.terminal.write(rows.map((row) => JSON.stringify(row)).join("\n"));
}
