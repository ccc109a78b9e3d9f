import { existsSync, readdirSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { HubError } from "../../base/errors.ts";
import { type HubEnv, keyPath, settingsPath, tokenPath } from "../../config/index.ts";
import { type BackupManifest, backup } from "../../db/index.ts";
import { type Cli, printAnswer } from "../cli.ts";
import { defineCommand, type JsonFlag, withDryRun, withHome, withJson } from "../define-command.ts";
import { requireDatabase, withLocalDatabase } from "../local-database.ts";
import { readLocalEnv } from "../local-env.ts";

type Flags = JsonFlag & Readonly<{ home?: string; dryRun?: boolean }>;

/** `slipway backup`: the home's database, key and settings in one folder. */
export function registerBackup(program: Command, cli: Cli): void {
  const command = defineCommand(program, {
    usage: "backup <folder>",
    summary: "save the home's database, key and settings into a folder",
    paragraph:
      "Copies the hub's own database with all that is committed, the key, the token and the " +
      "settings into a new folder, beside a running hub or without one. The folder opens every " +
      "secret: keep it as safe as the home. A server of DATABASE_URL is backed up with the tool " +
      "of your site.",
    examples: [
      "slipway backup /backups/slipway-2026-11-23",
      "slipway backup /backups/slipway-2026-11-23 --dry-run",
    ],
  });
  withDryRun(withJson(withHome(command))).action(async (folder: string, flags: Flags) => {
    const env = readLocalEnv(cli, flags);
    const to = resolve(folder);
    requireDatabase(env);
    const files = extraFiles(env);
    if (flags.dryRun === true) {
      refuseUsed(env, to);
      printAnswer(cli, flags.json, { isDryRun: true, to, files }, () =>
        [`${env.home} would be saved to ${to}, with`, ...files].join("\n"),
      );
      return;
    }
    const manifest = await withLocalDatabase(env, (url, dataDir) =>
      backup({ url, dataDir, to, extraFiles: files }),
    );
    const answer = { to, ...summaryOf(manifest) };
    printAnswer(cli, flags.json, answer, () => renderAnswer(cli, env, answer));
  });
}

/** What a restore needs beside the database; a key from the environment is not in the home. */
function extraFiles({ home }: HubEnv): string[] {
  return [keyPath(home), tokenPath(home), settingsPath(home)].filter((path) => existsSync(path));
}

function refuseUsed(env: HubEnv, to: string): void {
  if (env.databaseUrl !== undefined) {
    throw new HubError("db.backup_failed", "DATABASE_URL names a server of the site's own", {
      cure: "Back it up with the tool of your site, and keep key, token and slipway.yaml with it.",
    });
  }
  if (existsSync(to) && readdirSync(to).length > 0) {
    throw new HubError("db.backup_failed", `${to} is not empty`, { cure: "Name a new folder." });
  }
}

type Saved = Readonly<{ to: string; files: number; endedAt: string; systemIdentifier: string }>;

function summaryOf({ files, endedAt, systemIdentifier }: BackupManifest): Omit<Saved, "to"> {
  return { files: files.length, endedAt, systemIdentifier };
}

function renderAnswer(cli: Cli, env: HubEnv, saved: Saved): string {
  const lines = [
    cli.terminal.paint.good(`${saved.files} files saved to ${saved.to}`),
    "All that was committed until now is in it. It opens every secret: keep it safe.",
    `Prove it: slipway restore ${saved.to} --dry-run`,
  ];
  if (env.key !== undefined) lines.push("The key comes from SLIPWAY_KEY and is not in the backup.");
  return lines.join("\n");
}
