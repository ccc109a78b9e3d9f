import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { HubError } from "../base/errors.ts";

/** Far longer than any key; whoever pipes a file here has made a mistake. */
const STDIN_CHARACTERS_MAX = 64 * 1024;

/** All of standard input as lines, without the empty ones at the end. */
export async function readStdinLines(): Promise<string[]> {
  let text = "";
  process.stdin.setEncoding("utf8");
  for await (const chunk of process.stdin) {
    text += String(chunk);
    if (text.length > STDIN_CHARACTERS_MAX) {
      throw new HubError("api.invalid", "Standard input is longer than any setting");
    }
  }
  const lines = text.split(/\r?\n/);
  while (lines.at(-1) === "") lines.pop();
  return lines;
}

/**
 * Asks for a secret without showing it. Where nobody can answer it is refused: a secret does not
 * belong into arguments, which every process list shows.
 *
 * @throws HubError `api.invalid` without a terminal or without an answer
 */
export async function askSecret(what: string): Promise<string> {
  if (process.stdin.isTTY !== true) {
    throw new HubError("api.invalid", `${what} is a secret and nobody can be asked here`, {
      cure: "Pipe it in and add --stdin.",
    });
  }
  process.stderr.write(`${what} (not shown): `);
  const hidden = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: hidden, terminal: true });
  try {
    const answer = (await lines.question("")).trim();
    if (answer !== "") return answer;
    throw new HubError("api.invalid", `No value was given for ${what}`);
  } finally {
    lines.close();
    process.stderr.write("\n");
  }
}
