import { mkdir, readdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { HubError } from "../../base/errors.ts";

/** Where things stand below the hub's home folder. */
export type EmbeddedPaths = Readonly<{
  home: string;
  /** `<home>/postgres`, the only folder that the launcher writes in. */
  root: string;
  /** One copy of the binaries for each version that ran. */
  programs: string;
  /** PostgreSQL's own data folder. */
  dataFolder: string;
  /** Port, password and identity of the server; 0600. */
  state: string;
  log: string;
  lock: string;
}>;

/** The folder in a home that holds what a restore has copied so far. */
export const RESTORE_STAGE = "restoring";

/** The places below a home folder. The home must be an absolute path without symlinks. */
export function pathsOf(home: string): EmbeddedPaths {
  const root = join(home, "postgres");
  return {
    home,
    root,
    programs: join(root, "programs"),
    dataFolder: join(root, "data"),
    state: join(root, "server.json"),
    log: join(root, "server.log"),
    lock: join(root, "start.lock"),
  };
}

/**
 * Makes the home where it is missing, closed for other people, and gives its places.
 *
 * Symlinks are resolved: the server and the launcher must mean the same folder by the same name.
 *
 * @throws HubError `db.embedded_failed` for a home that a restore has not finished
 */
export async function makeHome(home: string): Promise<EmbeddedPaths> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  const paths = pathsOf(await realpath(home));
  if ((await readdir(home)).includes(RESTORE_STAGE)) {
    // A new, empty database here would look like a hub that never booked anything.
    throw new HubError("db.embedded_failed", `A restore into ${paths.home} was cut short`, {
      cure: "Empty the folder and restore again.",
    });
  }
  await mkdir(paths.programs, { recursive: true, mode: 0o755 });
  return paths;
}
