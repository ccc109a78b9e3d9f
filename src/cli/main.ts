import { HubError } from "../base/errors.ts";
import { reportFailure, runCli } from "./run-cli.ts";
import { processTerminal } from "./terminal.ts";

const args = process.argv.slice(2);
const terminal = processTerminal();

// A reader that has seen enough (`slipway runs | head`) closes the pipe: that is no failure.
process.stdout.on("error", (cause: NodeJS.ErrnoException) => {
  if (cause.code === "EPIPE") process.exit(0);
  const failure = new HubError("api.invalid", `The output cannot be written: ${cause.message}`, {
    cure: "Let it go where there is room.",
    cause,
  });
  process.exit(reportFailure(terminal, failure, args.includes("--json")));
});

process.exitCode = await runCli(args, terminal, process.env);
