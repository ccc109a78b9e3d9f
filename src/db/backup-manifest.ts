import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HubError } from "../base/errors.ts";

/** One saved file, named by its path below the hub's home, with `/` on every system. */
export type SavedFile = Readonly<{ path: string; sizeBytes: number; sha256: string; mode: number }>;

/** What a backup holds and how to know that it holds it unharmed. */
export type BackupManifest = Readonly<{
  format: 1;
  systemIdentifier: string;
  postgresMajor: string;
  startedAt: string;
  /** All that was committed before this moment is in the backup. */
  endedAt: string;
  startLsn: string;
  endLsn: string;
  folders: readonly string[];
  files: readonly SavedFile[];
}>;

const NAME = "manifest.json";

/** Writes the manifest with a checksum of itself: a cut manifest must not pass as a short one. */
export async function writeManifest(folder: string, manifest: BackupManifest): Promise<void> {
  const text = JSON.stringify(manifest);
  const sha256 = hashOf(text);
  await writeFile(join(folder, NAME), JSON.stringify({ sha256, manifest }, null, 1), {
    mode: 0o600,
    flush: true,
  });
}

/**
 * Reads the manifest of a backup.
 *
 * @throws HubError `db.restore_refused` when it is missing, damaged, or of another format
 */
export async function readManifest(folder: string): Promise<BackupManifest> {
  const path = join(folder, NAME);
  try {
    const saved = JSON.parse(await readFile(path, "utf8")) as {
      sha256: string;
      manifest: BackupManifest;
    };
    if (hashOf(JSON.stringify(saved.manifest)) !== saved.sha256) throw new Error("wrong checksum");
    if (saved.manifest.format !== 1) throw new Error(`format ${String(saved.manifest.format)}`);
    return saved.manifest;
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new HubError(
      "db.restore_refused",
      `${path} is no manifest of a whole backup: ${reason}`,
      {
        cause: thrown,
        cure: "Use another backup: this one was cut short or damaged.",
      },
    );
  }
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
