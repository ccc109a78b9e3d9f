import { CommanderError } from "commander";
import { toHubError } from "../base/errors.ts";
import { type Cli, createCli, EXIT } from "./cli.ts";
import { HubRefusal } from "./hub-client.ts";
import { buildProgram } from "./program.ts";
import type { Terminal } from "./terminal.ts";

/** Wrong usage as the hub sees it: a bad token, a bad value. */
const USAGE_STATUSES = new Set([400, 401, 413, 414, 415, 422]);
const USAGE_CODES = new Set([
  "api.unreachable",
  "api.invalid",
  "start.no_port",
  "start.already_up",
]);

/**
 * Runs one command line. Failures end in words on standard error and an exit code, never in a
 * stack trace; with `--json` in one JSON object there, the last line, so that standard output
 * holds results alone.
 *
 * @returns the exit code
 */
export async function runCli(
  args: readonly string[],
  terminal: Terminal,
  env: Cli["env"],
): Promise<number> {
  const isJson = args.includes("--json");
  let exitCode: number = EXIT.fine;
  const cli = createCli(terminal, env, (code) => {
    exitCode = code;
  });
  try {
    const program = await buildProgram(
      cli,
      args.find((arg) => !arg.startsWith("-")),
      isJson,
    );
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (thrown) {
    return reportFailure(terminal, inFlags(thrown, args), isJson);
  }
}

/** The API names a field in its own way; whoever has typed a flag knows it by that. */
function inFlags(thrown: unknown, args: readonly string[]): unknown {
  if (!(thrown instanceof HubRefusal)) return thrown;
  const { field, message } = thrown.answer;
  if (field === undefined || !message.startsWith(field)) return thrown;
  const name = field.split(".").at(-1) ?? field;
  const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  if (!args.some((arg) => arg === flag || arg.startsWith(`${flag}=`))) return thrown;
  const words = `${flag}${message.slice(field.length)}`;
  return new HubRefusal(thrown.status, { ...thrown.answer, message: words });
}

/** Tells a failure as the command line wants it. @returns the exit code */
export function reportFailure(terminal: Terminal, thrown: unknown, isJson: boolean): number {
  if (thrown instanceof CommanderError && thrown.exitCode === 0) return EXIT.fine;
  const { exitCode, failure } = failureOf(thrown);
  if (isJson) terminal.warn(JSON.stringify(failure));
  // Commander has told its own already.
  else if (!(thrown instanceof CommanderError)) tellFailure(terminal, failure);
  return exitCode;
}

/** What `--json` prints of a failure; `request` is null where no hub was asked. */
type Failure = Readonly<{
  code: string;
  message: string;
  cure: string | null;
  request: string | null;
  field?: string;
  example?: string;
}>;

function failureOf(thrown: unknown): { exitCode: number; failure: Failure } {
  if (thrown instanceof CommanderError) {
    const message = thrown.message.replace(/^error: /, "");
    const cure = "Add --help for what there is.";
    return {
      exitCode: EXIT.usage,
      failure: { code: "api.invalid", message, cure, request: null },
    };
  }
  if (thrown instanceof HubRefusal) {
    const { requestId: request, cure = null, code, message, field, example } = thrown.answer;
    const exitCode = USAGE_STATUSES.has(thrown.status) ? EXIT.usage : EXIT.problem;
    const named = {
      ...(field === undefined ? {} : { field }),
      ...(example === undefined ? {} : { example }),
    };
    return { exitCode, failure: { code, message, cure, request, ...named } };
  }
  const { code, message, cure } = toHubError(thrown);
  const exitCode = USAGE_CODES.has(code) ? EXIT.usage : EXIT.problem;
  return { exitCode, failure: { code, message, cure, request: null } };
}

function tellFailure(terminal: Terminal, failure: Failure): void {
  const { warnPaint: paint } = terminal;
  const { code, message, cure, request, example } = failure;
  terminal.warn(paint.bad(message));
  if (example !== undefined && example !== "") terminal.warn(`For example: ${example}`);
  if (cure !== null) terminal.warn(cure);
  terminal.warn(paint.faint(request === null ? code : `${code}, request ${request}`));
}
