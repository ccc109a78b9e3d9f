import { join } from "node:path";
import type { Command } from "commander";
import { openLog } from "../../base/log.ts";
import { type HubOptions, openHub } from "../../compose.ts";
import { readEnv } from "../../config/index.ts";
import { stopOnRequest } from "../child.ts";
import { writeState } from "../hub-state.ts";

/** Where a running hub says at which URL it listens; the CLI looks there. */
export function hubStatePath(home: string): string {
  return join(home, "hub.json");
}

/** `slipway serve`: the hub itself, until it is asked to stop. */
export function registerServe(program: Command): void {
  program
    .command("serve")
    .summary("run the hub")
    .description(
      "Runs the hub: takes webhooks, works lanes, answers the API. Starts its own PostgreSQL in " +
        "the home folder unless DATABASE_URL names one. Ends in good order on Ctrl-C or SIGTERM.",
    )
    .option("--json", "print one JSON object when ready")
    .option("--stop-with-input", "stop when standard input ends, for a parent process", false)
    .addHelpText(
      "after",
      "\nExamples:\n  $ slipway serve\n" +
        "  $ DATABASE_URL=postgres://hub@db/slipway SLIPWAY_HOST=0.0.0.0 slipway serve\n",
    )
    .action((flags: { json?: boolean; stopWithInput: boolean }) =>
      serveHub({ isJson: flags.json === true, stopWithInput: flags.stopWithInput }),
    );
}

/** Runs the hub of this process's environment until it is asked to stop. */
export async function serveHub(
  serve: Readonly<{ isJson: boolean; stopWithInput: boolean; options?: HubOptions }>,
): Promise<void> {
  const env = readEnv(process.env);
  const log = openLog(env.logLevel);
  const hub = await openHub(env, log, serve.options);
  writeState(hubStatePath(env.home), { url: hub.url, pid: process.pid });
  const ready = { ready: true, url: hub.url, databaseLog: hub.databaseLog ?? null };
  console.log(serve.isJson ? JSON.stringify(ready) : `Slipway listens at ${hub.url}`);
  await stopOnRequest(() => hub.close(), serve.stopWithInput);
}
