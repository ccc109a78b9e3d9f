import { createHash } from "node:crypto";
import { lstat, mkdir, open, readdir } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { HubError } from "../base/errors.ts";

/** What becomes of one path: into the backup, or not. */
export type Choice = "copy" | "leave";

// Contents that a restored server makes anew, and files that would mislead it: PostgreSQL manual,
// "Making a Base Backup Using the Low Level API".
const EMPTIED = [
  "pg_wal",
  "pg_dynshmem",
  "pg_notify",
  "pg_replslot",
  "pg_serial",
  "pg_snapshots",
  "pg_stat_tmp",
  "pg_subtrans",
];
const LEFT_OUT = new Set([
  "postmaster.pid",
  "postmaster.opts",
  "backup_label",
  "backup_label.old",
  "tablespace_map",
  "tablespace_map.old",
  "current_logfiles.tmp",
  "postgresql.auto.conf.tmp",
  // Copied last, by itself: it must not be older than what the other files already hold.
  "global/pg_control",
]);
const LEFT_OUT_ANYWHERE = /(^|\/)(pgsql_tmp[^/]*|pg_internal\.init[^/]*)(\/|$)/;

/** Whether a file of a data folder belongs into a backup; `path` is relative to it, with `/`. */
export function chooseDataFile(path: string): Choice {
  if (LEFT_OUT.has(path) || LEFT_OUT_ANYWHERE.test(path)) return "leave";
  return EMPTIED.some((folder) => path.startsWith(`${folder}/`)) ? "leave" : "copy";
}

export type Tree = Readonly<{ folders: string[]; files: string[] }>;

/**
 * Lists a folder that may change while it is read: paths relative to it, with `/`.
 *
 * @throws HubError `db.backup_failed` for a symlink, whose target would silently be left out
 */
export async function listTree(root: string): Promise<Tree> {
  const folders: string[] = [];
  const files: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true }).catch(vanished);
    for (const entry of entries ?? []) {
      const path = join(folder, entry.name);
      const name = relative(root, path).split(sep).join("/");
      if (entry.isDirectory()) {
        folders.push(name);
        await walk(path);
      } else if (entry.isFile()) files.push(name);
      else throw new HubError("db.backup_failed", `${path} is neither a file nor a folder`);
    }
  };
  await walk(root);
  return { folders: folders.sort(), files: files.sort() };
}

/** Undefined for what a running server removed meanwhile; its log knows of the removal. */
export function vanished(thrown: unknown): undefined {
  if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return undefined;
  throw thrown;
}

export type Copied = Readonly<{ sizeBytes: number; sha256: string; mode: number }>;

const CHUNK_BYTES = 1 << 20;

/**
 * Copies a file with its mode and gives the checksum of what was written; `syncFiles` brings it to
 * disk. The folders of the target are made.
 */
export async function copyHashed(source: string, target: string): Promise<Copied> {
  const from = await open(source, "r");
  try {
    const mode = (await from.stat()).mode & 0o777;
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    const into = await open(target, "wx", mode);
    try {
      await into.chmod(mode);
      const hash = createHash("sha256");
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      let sizeBytes = 0;
      while (true) {
        const { bytesRead } = await from.read(chunk, 0, CHUNK_BYTES, sizeBytes);
        if (bytesRead === 0) break;
        const part = chunk.subarray(0, bytesRead);
        hash.update(part);
        await into.write(part, 0, bytesRead, sizeBytes);
        sizeBytes += bytesRead;
      }
      return { sizeBytes, sha256: hash.digest("hex"), mode };
    } finally {
      await into.close();
    }
  } finally {
    await from.close();
  }
}

const SYNCS_AT_ONCE = 16;

/** Brings files to disk. Many at once, after all are written: the disk then groups the work. */
export async function syncFiles(root: string, paths: readonly string[]): Promise<void> {
  const waiting = [...paths];
  const worker = async () => {
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      const file = await open(join(root, path), "r+");
      try {
        await file.datasync();
      } finally {
        await file.close();
      }
    }
  };
  await Promise.all(Array.from({ length: SYNCS_AT_ONCE }, worker));
}

/** Whether a folder is absent or empty. */
export async function isFreeFolder(path: string): Promise<boolean> {
  const found = await lstat(path).catch(vanished);
  if (found === undefined) return true;
  return found.isDirectory() && (await readdir(path)).length === 0;
}
