import { readFileSync } from "node:fs";
import { Command } from "commander";
import { z } from "zod";
import type { Cli } from "./cli.ts";
import { COMMANDS } from "./commands.ts";

const HELP_WIDTH = 100;

function readVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

/**
 * The command line with the commands that `wanted` names, or with all of them when it names none
 * (help, a misspelt command, the generated reference). With `isJson` it does not tell of wrong
 * usage itself: whoever runs it prints that as JSON.
 */
export async function buildProgram(cli: Cli, wanted?: string, isJson = false): Promise<Command> {
  const program = new Command("slipway")
    .summary("books Stripe payments into Microsoft Dynamics SL")
    .description(
      "Books Stripe payments into Microsoft Dynamics SL: correct, explained, never twice.\n" +
        "Exit codes: 0 fine, 1 found a problem, 2 wrong usage or no hub.\n" +
        "With --json a failure is one JSON object, the last line on standard error: code, " +
        "message, cure,\nrequest, and where there are some field and example.",
    )
    .version(readVersion(), "-V, --version", "print the version")
    .configureHelp({ helpWidth: HELP_WIDTH })
    .configureOutput({
      writeOut: (text) => cli.terminal.write(text.trimEnd()),
      writeErr: (text) => {
        if (!isJson) cli.terminal.warn(text.trimEnd());
      },
    })
    .showHelpAfterError("Add --help for what there is.")
    .exitOverride()
    .addHelpText(
      "after",
      "\nExamples:\n  $ slipway start\n  $ slipway trace pi_3Pq\n  $ slipway parked list",
    );
  const named = COMMANDS.filter((command) => command.name === wanted);
  for (const { load } of named.length === 0 ? COMMANDS : named) {
    const register = await load();
    register(program, cli);
  }
  return program;
}
