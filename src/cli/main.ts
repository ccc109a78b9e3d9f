import { runCli } from "./run-cli.ts";
import { processTerminal } from "./terminal.ts";

// A reader that has seen enough (`slipway runs | head`) closes the pipe: that is no failure.
process.stdout.on("error", (cause: NodeJS.ErrnoException) => {
  if (cause.code === "EPIPE") process.exit(0);
  throw cause;
});

process.exitCode = await runCli(process.argv.slice(2), processTerminal(), process.env);
