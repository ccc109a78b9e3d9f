import type { Command } from "commander";
import { type MigrationState, migrate, migrationStatus } from "../../db/index.ts";
import { type Cli, EXIT, printList } from "../cli.ts";
import { defineCommand, type JsonFlag, withDryRun, withHome, withJson } from "../define-command.ts";
import { requireDatabase, withLocalDatabase } from "../local-database.ts";
import { readLocalEnv } from "../local-env.ts";
import { renderTable } from "../render/table.ts";
import { localTime } from "../render/time.ts";

type Flags = JsonFlag & Readonly<{ home?: string }>;

/** `slipway migrate`: the database's schema. */
export function registerMigrate(program: Command, cli: Cli): void {
  const migrations = defineCommand(program, {
    usage: "migrate",
    summary: "bring the database to the schema of this version",
    paragraph:
      "A hub applies missing migrations itself when it starts; these commands do it, or only " +
      "look, without one. They work on DATABASE_URL, else on the database in the home folder.",
    examples: ["slipway migrate status", "slipway migrate up"],
  });
  registerStatus(migrations, cli);
  registerUp(migrations, cli);
}

function registerStatus(migrations: Command, cli: Cli): void {
  const command = defineCommand(migrations, {
    usage: "status",
    summary: "show which migrations are applied",
    paragraph:
      "Lists every migration with its state: applied, pending, changed or missing (the file is " +
      "not the one that was applied), newer (the database belongs to a later version). Changes " +
      "nothing. Exit code 1 unless all are applied.",
    examples: [
      "slipway migrate status",
      "DATABASE_URL=postgres://hub@db/slipway slipway migrate status --json",
    ],
  });
  withJson(withHome(command)).action(async (flags: Flags) => {
    const states = await readStates(cli, flags);
    printList(cli, flags.json, states, () => renderStates(states));
    if (states.some(({ state }) => state !== "applied")) cli.endWith(EXIT.problem);
  });
}

function registerUp(migrations: Command, cli: Cli): void {
  const command = defineCommand(migrations, {
    usage: "up",
    summary: "apply the missing migrations",
    paragraph:
      "Applies each missing migration in a transaction of its own, under a lock, so that it may " +
      "run beside a starting hub; of one that works on the database it waits 15 seconds for the " +
      "stop. Never goes back. Stops at the first that fails, with its name and line.",
    examples: ["slipway migrate up", "slipway migrate up --dry-run"],
  });
  withDryRun(withJson(withHome(command))).action(async (flags: Flags & { dryRun?: boolean }) => {
    const env = readLocalEnv(cli, flags);
    const isDryRun = flags.dryRun === true;
    const names = isDryRun
      ? (await readStates(cli, flags)).filter(isPending).map(({ name }) => name)
      : await withLocalDatabase(env, (url) => migrate(url));
    const rows = names.map((name) => ({ name, isDryRun }));
    printList(cli, flags.json, rows, () => {
      if (names.length === 0) return "Nothing to apply.";
      return names.map((name) => `${name} ${isDryRun ? "would be applied" : "applied"}`).join("\n");
    });
  });
}

async function readStates(cli: Cli, flags: Flags): Promise<MigrationState[]> {
  const env = readLocalEnv(cli, flags);
  requireDatabase(env);
  return withLocalDatabase(env, (url) => migrationStatus(url));
}

function isPending({ state }: MigrationState): boolean {
  return state === "pending";
}

function renderStates(states: readonly MigrationState[]): string {
  return renderTable(
    [{ title: "Migration" }, { title: "State" }, { title: "Applied" }],
    states.map(({ name, state, appliedAt }) => [
      name,
      state,
      appliedAt === null ? "" : localTime(appliedAt.toISOString()),
    ]),
  );
}
