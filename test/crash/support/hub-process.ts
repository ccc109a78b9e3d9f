import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { until } from "../../support/wait.ts";

/** The token of every hub of these tests. */
export const TOKEN = "crash-token-of-sixteen-or-more";

/** The command line's entry, as `npm start` runs it. */
export const CLI = fileURLToPath(new URL("../../../bin/slipway.js", import.meta.url));

/** The hub alone, on the server of the tests. */
const HUB = fileURLToPath(new URL("./hub-main.ts", import.meta.url));

/** As with the `slipway` command: to strip and compile all files anew is half of a start. */
const { NODE_COMPILE_CACHE = "" } = process.env;

/** Starts and ends take seconds on a machine that works on other tests as well. */
const PATIENCE_MS = 120_000;

/** A program of ours in a process of its own. */
export type Program = Readonly<{
  pid: number;
  /** Each JSON object that it printed, one a line. */
  lines: readonly Readonly<Record<string, unknown>>[];
  /** All that it printed so far, of whatever kind. */
  output(): string;
  /** What it wrote to its log, for the message of a test that fails. */
  log(): string;
  isRunning(): boolean;
  signal(name: NodeJS.Signals): void;
  /** Resolves with the exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals>;
  /** Ends it without a chance to say good-bye, and waits until the system has buried it. */
  kill(): Promise<void>;
  /** Waits until it has printed a line that has `field`, and gives the line. */
  said(field: string, withinMs?: number): Promise<Readonly<Record<string, unknown>>>;
}>;

/** A hub in a process of its own. */
export type HubProcess = Program & Readonly<{ url: string }>;

/** Starts `slipway`, or another script, with these arguments. */
export function startProgram(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  script = CLI,
): Program {
  const child = spawn(process.execPath, [script, ...args], {
    env: { PATH: process.env.PATH ?? "", NODE_COMPILE_CACHE, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: Record<string, unknown>[] = [];
  let output = "";
  createInterface({ input: child.stdout }).on("line", (line) => {
    output += `${line}\n`;
    if (line.startsWith("{")) lines.push(JSON.parse(line) as Record<string, unknown>);
  });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => {
    log = `${log}${chunk.toString()}`.slice(-20_000);
  });
  const ended = once(child, "exit").then(
    ([code, signal]) => (code ?? signal) as number | NodeJS.Signals,
  );
  return {
    pid: child.pid ?? 0,
    lines,
    output: () => output,
    log: () => log,
    isRunning: () => isAlive(child),
    signal: (name) => void child.kill(name),
    ended,
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
    said: async (field, withinMs = PATIENCE_MS) => {
      const what = `${basename(script)} ${args.join(" ")} to say ${field}`;
      const find = () => lines.find((line) => field in line);
      await until(what, () => find() !== undefined || !isAlive(child), withinMs);
      const said = find();
      if (said === undefined) throw new Error(`It ended before it said ${field}:\n${log}`);
      return said;
    },
  };
}

/** Starts a hub and waits until it takes webhooks. */
export async function startHubProcess(place: {
  home: string;
  databaseUrl: string;
  port: number;
}): Promise<HubProcess> {
  const env = {
    SLIPWAY_HOME: place.home,
    SLIPWAY_PORT: String(place.port),
    SLIPWAY_TOKEN: TOKEN,
    SLIPWAY_LOG_LEVEL: "warn",
    DATABASE_URL: place.databaseUrl,
  };
  const program = startProgram([], env, HUB);
  const { url } = await program.said("ready");
  // A wrapper around another Node would be killed in place of the hub, which would go on.
  const state = JSON.parse(readFileSync(join(place.home, "hub.json"), "utf8")) as { pid: number };
  if (state.pid !== program.pid) throw new Error("Run these tests with the pinned Node");
  return { ...program, url: String(url) };
}

function isAlive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}
