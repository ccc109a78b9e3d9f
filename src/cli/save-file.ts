import { createWriteStream, openSync, renameSync, rmSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { Writable } from "node:stream";
import type { Command } from "commander";
import { HubError } from "../base/errors.ts";
import type { Cli } from "./cli.ts";
import type { HubClient } from "./hub-client.ts";

/** What a report can be had as; text goes to the screen where no file is named. */
const FORMATS = ["csv", "html", "pdf", "xlsx"] as const;
export type Format = (typeof FORMATS)[number];

/** The flags of a command that gives its report as a file too. */
export type FileFlags = Readonly<{
  json?: boolean;
  format?: string;
  out?: string;
  paper?: string;
}>;

/** The options by which a command gives its report as a file. */
export function withFile(command: Command): Command {
  return command
    .option("--format <kind>", `${FORMATS.join(", ")} instead of words`)
    .option("--out <file>", "the file to write; csv and html are printed without")
    .option("--paper <size>", "a4 (default) or letter, for a PDF");
}

/**
 * The format that the flags ask for, or undefined for the command's own words.
 *
 * @throws HubError `api.invalid` for flags that do not go together
 */
export function formatOf({ json, format, out, paper }: FileFlags): Format | undefined {
  const known = FORMATS.find((one) => one === format);
  const refuse = (words: string, example: string) =>
    new HubError("api.invalid", words, { facts: { example } });
  if (format !== undefined && known === undefined) {
    throw refuse(`--format ${format} is not known: ${FORMATS.join(", ")}`, "--format pdf");
  }
  if (json === true && (known ?? out) !== undefined) {
    throw refuse("--json goes without --format and --out: it is printed", "--json > proof.json");
  }
  if (out !== undefined && known === undefined) {
    throw refuse("--out needs --format: what the file is to be", `--format pdf --out ${out}`);
  }
  if (out === undefined && (known === "pdf" || known === "xlsx")) {
    throw refuse(`--format ${known} is nothing for a screen: name a file`, `--out file.${known}`);
  }
  if (paper !== undefined && known !== "pdf") {
    throw refuse("--paper is for --format pdf alone", "--format pdf --paper letter");
  }
  return known;
}

/** What is asked for: `path` without its ending. */
export type FileAsked = Readonly<{
  hub: HubClient;
  path: string;
  query: Readonly<Record<string, string | undefined>>;
  withinMs: number;
  /** What it is, in words: "proof". */
  what: string;
}>;

/**
 * Prints a report, or writes it into the file that `--out` names: under another name until all of
 * it is there, so that a file of that name is always whole.
 */
export async function saveFile(
  cli: Cli,
  asked: FileAsked,
  to: Readonly<{ format: Format; out: string | undefined; paper: string | undefined }>,
): Promise<IncomingHttpHeaders> {
  const { hub, path, withinMs, what } = asked;
  const { format, out, paper } = to;
  const links = format === "html" ? { links: "false" } : {};
  const query = { ...asked.query, ...links, ...(paper !== undefined && { paper }) };
  const download = (sink: Writable) => hub.download(`${path}.${format}`, sink, { query, withinMs });
  if (out === undefined) return print(cli, download);
  const part = `${out}.part`;
  try {
    // Opened first, so that a file that cannot be written is told before anything is asked.
    const fd = openSync(part, "w");
    const headers = await download(createWriteStream(part, { fd }));
    renameSync(part, out);
    cli.terminal.write(`The ${what} stands in ${out}`);
    return headers;
  } catch (cause) {
    rmSync(part, { force: true });
    if (!(cause instanceof Error && "syscall" in cause)) throw cause;
    throw new HubError("api.invalid", `${out} cannot be written: ${cause.message}`, {
      facts: { out },
      cure: "Name a file in a folder that there is and that you may write to.",
      cause,
    });
  }
}

async function print(
  cli: Cli,
  download: (sink: Writable) => Promise<IncomingHttpHeaders>,
): Promise<IncomingHttpHeaders> {
  const pieces: Buffer[] = [];
  const sink = new Writable({
    write: (piece: Buffer, _encoding, done) => {
      pieces.push(piece);
      done();
    },
  });
  const headers = await download(sink);
  cli.terminal.write(Buffer.concat(pieces).toString("utf8").trimEnd());
  return headers;
}
