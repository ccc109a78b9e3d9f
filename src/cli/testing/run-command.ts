import { runCli } from "../run-cli.ts";
import { choosePaint } from "../terminal.ts";
import type { Ran } from "./run-slipway.ts";

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
  const zone = process.env.TZ;
  process.env.TZ = "Europe/Berlin";
  try {
    const code = await runCli(args, terminal, env);
    return { code, out: out.join(""), err: err.join("") };
  } finally {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  }
}
