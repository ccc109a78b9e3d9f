import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { until } from "../../../test/support/wait.ts";

const SCRIPT = fileURLToPath(new URL("./worker-process.ts", import.meta.url));

/** A worker in a process of its own. */
export type Child = Readonly<{
  owner: string;
  lines: Record<string, unknown>[];
  /** Waits for a line that has `field`, and gives its value. */
  said(field: string, withinMs?: number): Promise<unknown>;
  say(word: string): void;
  signal(name: NodeJS.Signals): void;
  /** Ends it whatever its state, and waits for its end. */
  end(): Promise<void>;
  /** Asks it to stop in good order, and waits for its end. */
  stop(): Promise<void>;
}>;

export async function startChild(orders: {
  url: string;
  owner: string;
  mode: "log" | "hold";
  pair?: string;
}): Promise<Child> {
  const script = [SCRIPT, JSON.stringify({ pair: "acme", ...orders })];
  const child: ChildProcessWithoutNullStreams = spawn(process.execPath, script);
  const lines: Child["lines"] = [];
  let errors = "";
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(JSON.parse(line) as Record<string, unknown>);
  });
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const ended = once(child, "exit");
  const said = async (field: string, withinMs = 10_000) => {
    const line = await until(
      `${orders.owner} to say ${field} ${errors}`,
      () => lines.find((said) => field in said),
      withinMs,
    );
    return line[field];
  };
  await said("ready");
  return {
    owner: orders.owner,
    lines,
    said,
    say: (word) => void child.stdin.write(`${word}\n`),
    signal: (name) => void child.kill(name),
    end: async () => {
      child.kill("SIGKILL");
      await ended;
    },
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
