import { chmod, mkdir, readdir, realpath, rename, rm, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import pg from "pg";
import { HubError } from "../base/errors.ts";
import {
  type Copied,
  chooseDataFile,
  copyHashed,
  isFreeFolder,
  listTree,
  syncFiles,
  vanished,
} from "./backup-files.ts";
import { type BackupManifest, type SavedFile, writeManifest } from "./backup-manifest.ts";
import {
  POSTGRES_MAJOR,
  pathsOf,
  readServerState,
  readSystemIdentifier,
} from "./embedded/index.ts";

/** What to back up, and where to. */
export type BackupOptions = Readonly<{
  url: string;
  /** The data folder of the embedded server; undefined for a server of the site's own. */
  dataDir: string | undefined;
  /** The folder to write; absent or empty, made complete or not at all. */
  to: string;
  /** More files of the home that a restore needs: the hub's key and settings. */
  extraFiles?: readonly string[];
}>;

type Session = Readonly<{
  client: pg.Client;
  dataDir: string;
  /** Where the home's files are written. */
  draft: string;
  home: string;
  files: SavedFile[];
}>;

/**
 * Copies the running embedded server with the part of its log that makes the copy whole, and the
 * hub's own files; the hub goes on working meanwhile.
 *
 * All that was committed before the manifest's `endedAt` is in it. The folder holds the database's
 * password and the hub's key: it is made 0700, keep it like them.
 *
 * @throws HubError `db.backup_failed`; then `to` is as it was
 */
export async function backup(options: BackupOptions): Promise<BackupManifest> {
  const to = resolve(options.to);
  if (options.dataDir === undefined) throw notEmbedded();
  if (!(await isFreeFolder(to))) {
    throw new HubError("db.backup_failed", `${to} is not empty`, { cure: "Name a new folder." });
  }
  const dataDir = await realpath(options.dataDir).catch((thrown: unknown) => {
    throw notEmbedded(thrown);
  });
  const draft = `${to}.partial`;
  const client = new pg.Client({
    connectionString: options.url,
    application_name: "slipway-backup",
    connectionTimeoutMillis: 5_000,
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await refuseOtherServer(client, dataDir);
    await rm(draft, { recursive: true, force: true });
    await mkdir(join(draft, "home"), { recursive: true, mode: 0o700 });
    const home = dirname(dirname(dataDir));
    const session: Session = { client, dataDir, draft: join(draft, "home"), home, files: [] };
    const manifest = await copyAll(session, options.extraFiles ?? []);
    await writeManifest(draft, manifest);
    await rm(to, { recursive: true, force: true });
    await rename(draft, to);
    return manifest;
  } catch (thrown) {
    await rm(draft, { recursive: true, force: true });
    if (thrown instanceof HubError) throw thrown;
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new HubError("db.backup_failed", `The backup failed: ${reason}`, { cause: thrown });
  } finally {
    // Ends the server's backup mode too, where it is still on.
    await client.end().catch(() => undefined);
  }
}

function notEmbedded(cause?: unknown): HubError {
  return new HubError("db.backup_failed", "This database is not the embedded one of a hub's home", {
    cause,
    cure:
      "Back it up with the tool of your site (pg_basebackup, pg_dump, a provider's snapshots), " +
      "and keep the hub's key file and slipway.yaml with it.",
  });
}

/** Two servers can have the same data folder's name, and copies the same identifier; not both. */
async function refuseOtherServer(client: pg.Client, dataDir: string): Promise<void> {
  const answer = await client.query<{ folder: string; identifier: string }>(
    `select current_setting('data_directory') as folder, system_identifier::text as identifier
    from pg_control_system()`,
  );
  const row = answer.rows[0];
  const isSame =
    row !== undefined &&
    (await realpath(row.folder).catch(vanished)) === dataDir &&
    row.identifier === (await readSystemIdentifier(dataDir));
  if (!isSame) throw notEmbedded();
}

async function copyAll(session: Session, extraFiles: readonly string[]): Promise<BackupManifest> {
  const { client, dataDir } = session;
  const startedAt = new Date().toISOString();
  for (const file of extraFiles) await copyHomeFile(session, file);
  // Keeps the log that the copy needs until this connection ends.
  await client.query("select pg_create_physical_replication_slot($1, true, true)", [
    `slipway_backup_${process.pid}_${Date.now()}`,
  ]);
  const started = await client.query<{ lsn: string }>(
    "select pg_backup_start('slipway', fast => true)::text as lsn",
  );
  const folders = await copyDataFolder(session);
  await saveServerState(session);
  await copyControlFile(session);
  // What is committed up to here stands in the log before the record that ends the backup.
  const endedAt = new Date().toISOString();
  const ended = await client.query<{ lsn: string; labelfile: string; spcmapfile: string }>(
    "select lsn::text, labelfile, spcmapfile from pg_backup_stop(wait_for_archive => false)",
  );
  const end = ended.rows[0];
  if (end === undefined || end.spcmapfile.trim() !== "") {
    throw new HubError("db.backup_failed", "The database has tablespaces outside its data folder");
  }
  await saveText(session, "postgres/data/backup_label", end.labelfile);
  await copyLog(session, end);
  await syncFiles(
    session.draft,
    session.files.map(({ path }) => path),
  );
  return {
    format: 1,
    systemIdentifier: await readSystemIdentifier(dataDir),
    postgresMajor: POSTGRES_MAJOR,
    startedAt,
    endedAt,
    startLsn: started.rows[0]?.lsn ?? "",
    endLsn: end.lsn,
    folders,
    files: session.files.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
  };
}

async function copyDataFolder(session: Session): Promise<string[]> {
  const { folders, files } = await listTree(session.dataDir);
  const kept = folders
    .filter((path) => chooseDataFile(path) === "copy" || isEmptyFolder(path))
    .map((path) => `postgres/data/${path}`);
  for (const path of kept) await mkdir(join(session.draft, path), { recursive: true, mode: 0o700 });
  for (const path of files) {
    if (chooseDataFile(path) === "copy") await copyDataFile(session, path);
  }
  return kept;
}

// Folders whose contents are left out, but which the server does not make itself.
function isEmptyFolder(path: string): boolean {
  return ["pg_wal/archive_status", "pg_wal/summaries"].includes(path);
}

async function copyDataFile(session: Session, path: string): Promise<void> {
  const target = `postgres/data/${path}`;
  // A table that is dropped meanwhile takes its file along; the log drops it in the copy as well.
  const copied = await copyHashed(join(session.dataDir, path), join(session.draft, target)).catch(
    vanished,
  );
  if (copied !== undefined) note(session, target, copied);
}

/** Copied until two copies in a row agree: the server may be writing it. */
async function copyControlFile(session: Session): Promise<void> {
  const path = "postgres/data/global/pg_control";
  const source = join(session.dataDir, "global", "pg_control");
  const target = join(session.draft, path);
  let last: Copied | undefined;
  while (true) {
    await rm(target, { force: true });
    const copied = await copyHashed(source, target);
    if (copied.sha256 === last?.sha256) return note(session, path, copied);
    last = copied;
  }
}

/** The log from the start of the backup to its end, and what names the timeline. */
async function copyLog(
  session: Session,
  end: Readonly<{ lsn: string; labelfile: string }>,
): Promise<void> {
  const first = /\(file ([0-9A-F]{24})\)/.exec(end.labelfile)?.[1];
  const answer = await session.client.query<{ last: string }>(
    "select pg_walfile_name($1::pg_lsn - 1) as last",
    [end.lsn],
  );
  const last = answer.rows[0]?.last;
  const names = await readdir(join(session.dataDir, "pg_wal"));
  const needed = names.filter(
    (name) =>
      name.endsWith(".history") ||
      (/^[0-9A-F]{24}$/.test(name) && name >= (first ?? "") && name <= (last ?? "")),
  );
  if (first === undefined || last === undefined || ![first, last].every(isAmong(needed))) {
    throw new HubError("db.backup_failed", `The log from ${first} to ${last} is not there`);
  }
  for (const name of needed) {
    const path = `postgres/data/pg_wal/${name}`;
    const source = join(session.dataDir, "pg_wal", name);
    note(session, path, await copyHashed(source, join(session.draft, path)));
  }
}

function isAmong(names: readonly string[]): (name: string) => boolean {
  return (name) => names.includes(name);
}

async function copyHomeFile(session: Session, file: string): Promise<void> {
  const source = resolve(file);
  const path = relative(session.home, await realpath(source))
    .split(sep)
    .join("/");
  if (path.startsWith("..") || isAbsolute(path) || path.startsWith("postgres/")) {
    throw new HubError("db.backup_failed", `${source} does not stand in ${session.home}`, {
      cure: "Keep the file in the home, or save it with a tool of your own.",
    });
  }
  note(session, path, await copyHashed(source, join(session.draft, path)));
}

/** Password and identity, without what was true of this start only. */
async function saveServerState(session: Session): Promise<void> {
  const state = await readServerState(pathsOf(session.home).state);
  const text = JSON.stringify({ ...state, port: null, pid: null, startedAt: null }, null, 2);
  await saveText(session, "postgres/server.json", `${text}\n`);
}

async function saveText(session: Session, path: string, text: string): Promise<void> {
  const source = join(session.draft, `${path}.new`);
  await writeFile(source, text, { mode: 0o600 });
  await chmod(source, 0o600);
  note(session, path, await copyHashed(source, join(session.draft, path)));
  await rm(source);
}

function note(session: Session, path: string, copied: Copied): void {
  session.files.push({ path, ...copied });
}
