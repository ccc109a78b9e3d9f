import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { HubError } from "../../base/errors.ts";
import { isMissing } from "./fs-errors.ts";

/** The major version of PostgreSQL that this hub brings. */
export const POSTGRES_MAJOR = "18";

/** The major version that made a data folder; undefined when there is no database in it. */
export async function readMajor(dataFolder: string): Promise<string | undefined> {
  try {
    return (await readFile(join(dataFolder, "PG_VERSION"), "utf8")).trim();
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
}

/**
 * Refuses the data folder of another major version: PostgreSQL cannot read it, and the package
 * brings no tool that moves it.
 *
 * @throws HubError `db.embedded_major` with the procedure in its message
 */
export function refuseOtherMajor(major: string, dataFolder: string): void {
  if (major === POSTGRES_MAJOR) return;
  const procedure = [
    `The data in ${dataFolder} belongs to PostgreSQL ${major}; this version of Slipway brings`,
    `PostgreSQL ${POSTGRES_MAJOR} and has changed nothing. To move the data:`,
    `1. Start the Slipway version that made it and run "slipway backup".`,
    `2. While it runs, dump its database with pg_dump of PostgreSQL ${POSTGRES_MAJOR}, from the`,
    `   client package of your system: pg_dump --format=custom --file=slipway.dump <its URL>.`,
    `3. Stop it, and rename ${dataFolder} to ${dataFolder}-${major}.`,
    `4. Start the server of this version without webhooks, and load the dump into it:`,
    `   pg_restore --clean --if-exists --dbname=<the new URL> slipway.dump.`,
    `5. Start the hub. Keep ${dataFolder}-${major} until a month is closed.`,
  ];
  throw new HubError("db.embedded_major", procedure.join("\n"), {
    facts: { found: major, expected: POSTGRES_MAJOR },
  });
}

/**
 * PostgreSQL's own name for a data folder, which every copy of it keeps.
 *
 * Read from the first eight bytes of `global/pg_control` (struct ControlFileData in PostgreSQL's
 * `pg_control.h`), in the byte order of the machine that made it: little-endian on all we run on.
 */
export async function readSystemIdentifier(dataFolder: string): Promise<string> {
  const file = await open(join(dataFolder, "global", "pg_control"), "r");
  try {
    const bytes = Buffer.alloc(8);
    await file.read(bytes, 0, 8, 0);
    return bytes.readBigUInt64LE().toString();
  } finally {
    await file.close();
  }
}
