import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { restore } from "../../db/index.ts";
import { type Cli, printAnswer } from "../cli.ts";
import { defineCommand, type JsonFlag, withDryRun, withHome, withJson } from "../define-command.ts";
import { localTime } from "../render/time.ts";

type Flags = JsonFlag & Readonly<{ home?: string; dryRun?: boolean }>;

/** `slipway restore`: a home from a backup. */
export function registerRestore(program: Command, cli: Cli): void {
  const command = defineCommand(program, {
    usage: "restore <folder>",
    summary: "make a home from a backup",
    paragraph:
      "Makes the home folder, which must be absent or empty, from a backup: every file is " +
      "compared with the backup's list, and the database is started once to prove that it comes " +
      "up. With --dry-run the same happens in a temporary folder that is removed afterwards, " +
      "also beside a hub at work. Then start the hub and run `slipway rebuild` for what SL got " +
      "after the backup.",
    examples: [
      "slipway restore /backups/slipway-2026-11-23 --home /srv/slipway",
      "slipway restore /backups/slipway-2026-11-23 --dry-run",
    ],
  });
  withDryRun(withJson(withHome(command))).action(async (folder: string, flags: Flags) => {
    const from = resolve(folder);
    const isDryRun = flags.dryRun === true;
    const home = cli.home(flags);
    const manifest = isDryRun ? await tryRestore(from) : await restore({ from, home });
    const { endedAt, systemIdentifier } = manifest;
    const isHomeUsed = isDryRun && existsSync(home) && readdirSync(home).length > 0;
    const answer = {
      ...{ isDryRun, home, isHomeUsed, files: manifest.files.length, endedAt, systemIdentifier },
    };
    printAnswer(cli, flags.json, answer, () =>
      isDryRun
        ? [
            `The backup of ${localTime(endedAt)} is whole, and its database comes up.`,
            ...(isHomeUsed ? [`${home} is not empty: restore into another folder (--home).`] : []),
          ].join("\n")
        : [
            cli.terminal.paint.good(`${home} is as it was at ${localTime(endedAt)}.`),
            "Next: slipway serve, then slipway rebuild <pair> --since <a day before the backup>",
          ].join("\n"),
    );
  });
}

/** The whole restore, into a folder that is thrown away: the one proof that a backup is good. */
async function tryRestore(from: string) {
  const trial = mkdtempSync(join(tmpdir(), "slipway-restore-"));
  try {
    return await restore({ from, home: trial });
  } finally {
    rmSync(trial, { recursive: true, force: true });
  }
}
