import { chmod, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import pg from "pg";
import { HubError } from "../base/errors.ts";
import { copyHashed, listTree, syncFiles } from "./backup-files.ts";
import { type BackupManifest, readManifest, type SavedFile } from "./backup-manifest.ts";
import {
  POSTGRES_MAJOR,
  RESTORE_STAGE,
  readSystemIdentifier,
  refuseOtherMajor,
  startEmbeddedPostgres,
} from "./embedded/index.ts";

/** What to restore, and into which home. */
export type RestoreOptions = Readonly<{
  /** The folder that `backup` wrote. */
  from: string;
  /** The home to make; absent or empty. */
  home: string;
}>;

/**
 * Makes a home from a backup, starts its server once to prove that it comes up as the same
 * database, and leaves it stopped.
 *
 * Every file is compared with the manifest before any of them gets its place; a restore that fails
 * or is killed leaves no home that could be mistaken for a good one.
 *
 * @throws HubError `db.restore_refused` when the home is in use or the backup is not whole
 * @throws HubError `db.embedded_major` when the backup is of another PostgreSQL
 */
export async function restore(options: RestoreOptions): Promise<BackupManifest> {
  const from = resolve(options.from);
  const home = resolve(options.home);
  const manifest = await readManifest(from);
  if (manifest.postgresMajor !== POSTGRES_MAJOR) refuseOtherMajor(manifest.postgresMajor, from);
  await mkdir(home, { recursive: true, mode: 0o700 });
  const stage = join(home, RESTORE_STAGE);
  await refuseUsedHome(home);
  await rm(stage, { recursive: true, force: true });
  try {
    await refuseStrayFiles(from, manifest);
    await copyChecked(from, stage, manifest);
    for (const name of await readdir(stage)) await rename(join(stage, name), join(home, name));
    await rm(stage, { recursive: true });
    await proveRestored(home, manifest);
    return manifest;
  } catch (thrown) {
    // All in the home came from the backup a moment ago.
    for (const name of await readdir(home)) await rm(join(home, name), { recursive: true });
    throw thrown;
  }
}

async function refuseUsedHome(home: string): Promise<void> {
  // What is left of a restore that was killed is ours to remove.
  const found = (await readdir(home)).filter((name) => name !== RESTORE_STAGE);
  if (found.length === 0) return;
  throw new HubError("db.restore_refused", `${home} is not empty: it has ${found.join(", ")}`, {
    facts: { home },
    cure: "Stop the hub that uses it and rename the folder, or restore into another one.",
  });
}

async function refuseStrayFiles(from: string, { files }: BackupManifest): Promise<void> {
  const known = new Set(files.map(({ path }) => path));
  const found = (await listTree(join(from, "home"))).files;
  const stray = found.find((path) => !known.has(path));
  if (stray !== undefined) throw damaged(`${stray} is not in its manifest`);
}

async function copyChecked(from: string, stage: string, manifest: BackupManifest): Promise<void> {
  await mkdir(stage, { mode: 0o700 });
  for (const path of manifest.folders) {
    await mkdir(placeOf(stage, path), { recursive: true, mode: 0o700 });
  }
  for (const file of manifest.files) await copyFileChecked(join(from, "home"), stage, file);
  await syncFiles(
    stage,
    manifest.files.map(({ path }) => path),
  );
  const identifier = await readSystemIdentifier(join(stage, "postgres", "data"));
  if (identifier !== manifest.systemIdentifier) {
    throw damaged(`its data has the identifier ${identifier}, not ${manifest.systemIdentifier}`);
  }
}

async function copyFileChecked(from: string, stage: string, file: SavedFile): Promise<void> {
  const target = placeOf(stage, file.path);
  const copied = await copyHashed(placeOf(from, file.path), target).catch((thrown: unknown) => {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw damaged(`${file.path} cannot be read: ${reason}`, thrown);
  });
  if (copied.sha256 !== file.sha256) throw damaged(`${file.path} has another content`);
  // A backup that went through a drive without modes must not leave the key open.
  await chmod(target, file.mode);
}

function placeOf(root: string, path: string): string {
  const place = join(root, path);
  if (!place.startsWith(`${root}${sep}`)) throw damaged(`${path} stands outside of it`);
  return place;
}

function damaged(reason: string, cause?: unknown): HubError {
  return new HubError("db.restore_refused", `The backup is not whole: ${reason}`, {
    cause,
    cure: "Use another backup: this one was changed or damaged.",
  });
}

async function proveRestored(home: string, manifest: BackupManifest): Promise<void> {
  const server = await startEmbeddedPostgres({ home });
  try {
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    try {
      const answer = await client.query<{ reached: boolean }>(
        "select pg_current_wal_lsn() >= $1::pg_lsn as reached",
        [manifest.endLsn],
      );
      if (answer.rows[0]?.reached !== true) throw damaged("its log ends too early");
    } finally {
      await client.end();
    }
  } finally {
    await server.stop();
  }
}
