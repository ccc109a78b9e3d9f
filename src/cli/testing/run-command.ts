import { runCli } from "../run-cli.ts";
import { choosePaint } from "../terminal.ts";
import type { Ran } from "./run-slipway.ts";

let running = 0;
let zoneBefore: string | undefined;

/**
 * Runs one command line in this process: what it prints and how it ends are those of a process of
 * its own, without the start of one. Not for commands that read standard input or stay up.
 */
export async function runCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const paint = choosePaint(false, {});
  const terminal = {
    write: (text: string) => void out.push(`${text}\n`),
    warn: (text: string) => void err.push(`${text}\n`),
    paint,
    warnPaint: paint,
  };
  enterZone();
  try {
    const code = await runCli(args, terminal, env);
    return { code, out: out.join(""), err: err.join("") };
  } finally {
    leaveZone();
  }
}

function enterZone(): void {
  if (running++ > 0) return;
  zoneBefore = process.env.TZ;
  process.env.TZ = "Europe/Berlin";
}

function leaveZone(): void {
  if (--running > 0) return;
  if (zoneBefore === undefined) delete process.env.TZ;
  else process.env.TZ = zoneBefore;
}
