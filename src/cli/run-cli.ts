import { CommanderError } from "commander";
import { toHubError } from "../base/errors.ts";
import { type Cli, createCli, EXIT } from "./cli.ts";
import { HubRefusal } from "./hub-client.ts";
import { buildProgram } from "./program.ts";
import type { Terminal } from "./terminal.ts";

/** Wrong usage as the hub sees it: a bad token, a bad value. */
const USAGE_STATUSES = new Set([400, 401, 413, 415, 422]);
const USAGE_CODES = new Set(["api.unreachable", "api.invalid", "start.no_port"]);

/**
 * Runs one command line. Failures end in words on standard error and an exit code, never in a
 * stack trace.
 */
export async function runCli(
  args: readonly string[],
  terminal: Terminal,
  env: Cli["env"],
): Promise<void> {
  const cli = createCli(terminal, env);
  try {
    const program = await buildProgram(
      cli,
      args.find((arg) => !arg.startsWith("-")),
    );
    await program.parseAsync(args, { from: "user" });
  } catch (thrown) {
    process.exitCode = reportFailure(terminal, thrown);
  }
}

function reportFailure(terminal: Terminal, thrown: unknown): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.fine : EXIT.usage;
  const { warnPaint: paint } = terminal;
  if (thrown instanceof HubRefusal) {
    const { code, message, cure, requestId, example } = thrown.answer;
    terminal.warn(paint.bad(message));
    if (example !== undefined) terminal.warn(`For example: ${example}`);
    if (cure !== undefined) terminal.warn(cure);
    terminal.warn(paint.faint(`${code}, request ${requestId}`));
    return USAGE_STATUSES.has(thrown.status) ? EXIT.usage : EXIT.problem;
  }
  const error = toHubError(thrown);
  terminal.warn(paint.bad(error.message));
  terminal.warn(error.cure);
  terminal.warn(paint.faint(error.code));
  return USAGE_CODES.has(error.code) ? EXIT.usage : EXIT.problem;
}
