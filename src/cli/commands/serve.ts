import { join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { openLog } from "../../base/log.ts";
import { type HubOptions, openHub } from "../../compose.ts";
import { readEnv } from "../../config/index.ts";
import { stopOnRequest } from "../child.ts";
import { readState, writeState } from "../hub-state.ts";

type HubNamed = Readonly<{ url: string; pid: number }>;

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
    .option("--port <port>", "port to listen on; default: SLIPWAY_PORT", portNumber)
    .option("--json", "print one JSON object when ready")
    .option("--stop-with-input", "stop when standard input ends, for a parent process", false)
    .addHelpText(
      "after",
      "\nExamples:\n  $ slipway serve\n  $ slipway serve --port 8080\n" +
        "  $ DATABASE_URL=postgres://hub@db/slipway SLIPWAY_HOST=0.0.0.0 slipway serve\n",
    )
    .action((flags: { port?: number; json?: boolean; stopWithInput: boolean }) =>
      serveHub({
        isJson: flags.json === true,
        stopWithInput: flags.stopWithInput,
        port: flags.port,
      }),
    );
}

/** Runs the hub of this process's environment until it is asked to stop. */
export async function serveHub(
  serve: Readonly<{
    isJson: boolean;
    stopWithInput: boolean;
    /** Instead of the environment's. */
    port?: number | undefined;
    options?: HubOptions;
  }>,
): Promise<void> {
  const given = readEnv(process.env);
  const env = { ...given, port: serve.port ?? given.port };
  const log = openLog(env.logLevel);
  const opening = openHub(env, log, serve.options);
  // From the first moment: what is half started when the word to stop comes is stopped as well.
  const closeOnceOpen = async () => {
    const open = await opening.catch(() => undefined);
    await open?.close();
  };
  const stopped = stopOnRequest(closeOnceOpen, serve.stopWithInput);
  const hub = await opening;
  const handBack = nameHub(env.home, hub.url);
  const ready = { ready: true, url: hub.url, databaseLog: hub.databaseLog ?? null };
  console.log(serve.isJson ? JSON.stringify(ready) : `Slipway listens at ${hub.url}`);
  await stopped;
  handBack();
  if (!serve.isJson) console.error("Stopped; nothing is lost.");
}

/**
 * Names this hub as the one of its home. Of several on one home the newest is named; once it has
 * ended, the one before it that still runs. In containers all of them may have one number, so that
 * nobody knows whether the one before runs.
 */
function nameHub(home: string, url: string): () => void {
  const path = hubStatePath(home);
  const before = readNamed(path);
  const { pid } = process;
  writeState(path, { url, pid } satisfies HubNamed);
  return () => {
    const named = readNamed(path);
    const isOurs = named?.url === url && named.pid === pid;
    const isKnown = before !== undefined && before.pid !== pid && isRunning(before.pid);
    if (isOurs && isKnown) writeState(path, before);
  };
}

/** Nothing where the file is broken: a start writes it anew. */
function readNamed(path: string): HubNamed | undefined {
  try {
    return readState<HubNamed>(path);
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function portNumber(value: string): number {
  const port = Number(value);
  if (/^\d{1,5}$/.test(value) && port <= 65_535) return port;
  throw new InvalidArgumentError("It must be a port from 0 to 65535.");
}
