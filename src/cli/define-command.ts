import type { Command } from "commander";

type CommandText = Readonly<{
  /** Name and arguments, such as `events [id]`. */
  usage: string;
  /** One line, lower case, without a full stop. */
  summary: string;
  /** What it does, what it changes, and what to know before. */
  paragraph: string;
  examples: readonly [string, string, ...string[]];
  /** What its group does when nobody says which command is meant. */
  isDefault?: boolean;
}>;

/** Adds a command with the help that every command has: summary, paragraph, two examples. */
export function defineCommand(parent: Command, text: CommandText): Command {
  const { usage, summary, paragraph, examples, isDefault = false } = text;
  const lines = examples.map((example) => `  $ ${example}`).join("\n");
  return parent
    .command(usage, { isDefault })
    .summary(summary)
    .description(paragraph)
    .addHelpText("after", `\nExamples:\n${lines}`);
}

export type JsonFlag = Readonly<{ json?: boolean }>;
export type HubCommandFlags = JsonFlag & Readonly<{ url?: string; token?: string; home?: string }>;

/** `--home` alone: for commands that work on the home folder without the hub. */
export function withHome(command: Command): Command {
  return command.option("--home <dir>", "home folder of the hub (SLIPWAY_HOME)");
}

export function withJson(command: Command): Command {
  return command.option("--json", "print JSON, one object a line");
}

export function withDryRun(command: Command): Command {
  return command.option("--dry-run", "show what would happen, change nothing");
}

/** For what the history shows with its doer. */
export function withWho(command: Command): Command {
  return command.option("--by <name>", "who does it; default: the name of this login");
}

/** The flags of every command that talks to a running hub. */
export function withHub(command: Command): Command {
  return withJson(withHome(command))
    .option("--url <url>", "URL of the hub (SLIPWAY_URL); default: the hub of the home folder")
    .option(
      "--token <token>",
      "token of the hub; better SLIPWAY_TOKEN, which no process list shows",
    );
}

export type PageFlags = Readonly<{ pair?: string; limit?: string; before?: string }>;

/** The flags of every list. */
export function withPage(command: Command): Command {
  return command
    .option("--pair <pair>", "only this pair")
    .option("--limit <rows>", "at most this many rows, up to 200", "50")
    .option("--before <cursor>", "the page after this one, as the last line of a list says");
}
