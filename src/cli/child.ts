import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { z } from "zod";
import { pause } from "../base/clock.ts";
import { HubError } from "../base/errors.ts";

/** A child that does not come up within this time is taken for broken. */
const READY_WITHIN_MS = 30_000;
/** What a child has to stop by itself before it is killed. */
const STOP_WITHIN_MS = 30_000;
const LAST_WORDS_WITHIN_MS = 1_000;

export type Child<Ready> = Readonly<{
  name: string;
  pid: number;
  ready: Ready;
  /** Ends the child: first by request, and by force when it does not follow. */
  stop(): Promise<void>;
  /** Settles when the child has ended. */
  ended: Promise<ChildEnd>;
}>;

/** How a child ended: by itself with an exit code, or by a signal. */
export type ChildEnd =
  | Readonly<{ code: number; signal: null }>
  | Readonly<{ code: null; signal: NodeJS.Signals }>;

/** What Node tells of an exit: one of the two is null. */
type ExitArguments = [code: number, signal: null] | [code: null, signal: NodeJS.Signals];

function endOf([code, signal]: ExitArguments): ChildEnd {
  return code === null ? { code, signal } : { code, signal };
}

/** "exit code 1", "killed by SIGKILL". */
export function describeEnd({ code, signal }: ChildEnd): string {
  return signal === null ? `exit code ${code}` : `killed by ${signal}`;
}

/**
 * Starts a TypeScript program of ours as a process of its own and waits for its first line of
 * output, one JSON object with `"ready": true`.
 *
 * The child gets a session of its own where the platform has them, so that Ctrl-C in the terminal
 * reaches us first; it watches its standard input, whose end tells it that we are gone.
 *
 * @throws HubError `start.failed` with the last words of a child that did not come up
 */
export async function startChild<Ready extends object>(options: {
  name: string;
  script: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
}): Promise<Child<Ready>> {
  const { name, script, args, env = process.env } = options;
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    detached: process.platform !== "win32",
    windowsHide: true,
    env,
  });
  const lastWords: string[] = [];
  const spoken = createInterface({ input: child.stderr }).on("line", (line) => {
    lastWords.push(line);
    if (lastWords.length > 20) lastWords.shift();
  });
  const allSaid = once(spoken, "close");
  const ended = once(child, "exit").then((args) => endOf(args as ExitArguments));
  const ready = await readyLine<Ready>(child, ended).catch(async (cause: unknown) => {
    child.kill("SIGKILL");
    // The end of a process is told before its last words, which a child of its own may hold open.
    await Promise.race([allSaid, pause(LAST_WORDS_WITHIN_MS)]);
    const words = lastWords.map(inWords).join("\n");
    throw new HubError("start.failed", `${name} did not come up:\n${words}`, { cause });
  });
  return { name, pid: child.pid ?? 0, ready, ended, stop: () => stopChild(child, ended) };
}

const ToldFailure = z.object({ code: z.string(), message: z.string(), cure: z.string() });

/** The failure that a command with `--json` prints, for people; any other line as it is. */
function inWords(line: string): string {
  if (!line.startsWith('{"code":')) return line;
  const told = ToldFailure.safeParse(JSON.parse(line));
  return told.success ? `${told.data.message}\n${told.data.cure}` : line;
}

function readyLine<Ready>(child: ChildProcess, ended: Promise<ChildEnd>): Promise<Ready> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("no word in time")), READY_WITHIN_MS);
    const { stdout } = child;
    if (stdout === null) return reject(new Error("no output"));
    createInterface({ input: stdout }).on("line", (line) => {
      if (!line.startsWith("{")) return;
      const word = JSON.parse(line) as Ready & { ready?: boolean };
      if (word.ready !== true) return;
      clearTimeout(timer);
      resolve(word);
    });
    void ended.then((end) => {
      clearTimeout(timer);
      reject(new Error(`it ended: ${describeEnd(end)}`));
    });
  });
}

async function stopChild(child: ChildProcess, ended: Promise<ChildEnd>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  // On Windows a signal ends a process at once; the end of its input asks it to stop.
  if (process.platform === "win32") child.stdin?.end();
  else child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_MS);
  await ended;
  clearTimeout(timer);
}

/**
 * Runs `stop` once, when the process is asked to end by a signal or when the parent that holds our
 * standard input is gone; then the process ends by itself.
 */
export function stopOnRequest(stop: () => Promise<void>, watchStdin: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let isStopping = false;
    const begin = () => {
      if (isStopping) return;
      isStopping = true;
      // An open standard input would keep the process alive after all else has ended.
      if (watchStdin) process.stdin.destroy();
      stop().then(resolve, reject);
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, begin);
    if (!watchStdin) return;
    process.stdin.on("end", begin);
    process.stdin.on("close", begin);
    process.stdin.resume();
  });
}
