import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { HubError } from "../base/errors.ts";

/** The migrations that this version of the hub brings. */
export const MIGRATIONS_FOLDER = fileURLToPath(new URL("../../migrations/", import.meta.url));

export type MigrationFile = Readonly<{ name: string; sql: string; sha256: string }>;

const FILE_NAME = /^\d{4}_[a-z0-9_]+\.sql$/;

/**
 * Reads the migrations of a folder in their order; none when the folder is empty.
 *
 * Line ends count as `\n`: a checkout on Windows must not look like a changed file.
 *
 * @throws HubError `db.migration_failed` for a file that is not named `NNNN_name.sql`, or a number
 * given twice
 */
export async function readMigrations(folder: string): Promise<MigrationFile[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  const files: MigrationFile[] = [];
  for (const name of names) {
    if (!FILE_NAME.test(name)) {
      throw new HubError("db.migration_failed", `${name} is not named NNNN_name.sql`);
    }
    const twin = files.find((file) => file.name.slice(0, 4) === name.slice(0, 4));
    if (twin !== undefined) {
      throw new HubError("db.migration_failed", `${twin.name} and ${name} have the same number`);
    }
    const sql = (await readFile(join(folder, name), "utf8")).replaceAll("\r\n", "\n");
    files.push({ name, sql, sha256: createHash("sha256").update(sql).digest("hex") });
  }
  return files;
}
