import { chmod, lchown, readdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { HubError } from "../../base/errors.ts";
import { isMissing } from "./fs-errors.ts";
import type { EmbeddedPaths } from "./paths.ts";
import type { ServerUser } from "./platform-port.ts";

type KnownUser = ServerUser & Readonly<{ name: string }>;

// Users without rights that systems have; macOS numbers its nobody below zero, which no call takes.
const UNPRIVILEGED = ["nobody", "daemon"];
const UID_MAX = 2 ** 31 - 1;

/**
 * The user that the server runs as: PostgreSQL refuses to run as root.
 *
 * Not root: ourselves. Root: the owner of the data, else the owner of the folder that the home
 * stands in (so `sudo` in somebody's folder leaves files of theirs), else `nobody`. Only users that
 * `/etc/passwd` knows.
 */
export async function chooseUser(paths: EmbeddedPaths): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const known = parseUsers(await readFile("/etc/passwd", "utf8"));
  for (const path of [paths.dataFolder, paths.home, dirname(paths.home)]) {
    const owner = await ownerOf(path);
    const user = known.find(({ uid }) => uid === owner && uid !== 0);
    if (user !== undefined) return { uid: user.uid, gid: user.gid };
  }
  for (const name of UNPRIVILEGED) {
    const user = known.find((candidate) => candidate.name === name);
    if (user !== undefined) return { uid: user.uid, gid: user.gid };
  }
  throw new HubError("db.embedded_failed", "PostgreSQL must not run as root", {
    cure: "Run the hub as an ordinary user, or add a user named nobody, or set DATABASE_URL.",
  });
}

/** Users of a passwd(5) file whose numbers a process can be given. */
export function parseUsers(passwd: string): KnownUser[] {
  return passwd.split("\n").flatMap((line) => {
    const [name = "", , uidText, gidText] = line.split(":");
    const uid = Number(uidText);
    const gid = Number(gidText);
    const isUsable = [uid, gid].every((id) => Number.isInteger(id) && id >= 0 && id <= UID_MAX);
    return name !== "" && uidText !== undefined && isUsable ? [{ name, uid, gid }] : [];
  });
}

async function ownerOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).uid;
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
}

/**
 * Lets the server's user through to its folder, and gives it the data where root owns them (as
 * after a copy by hand).
 *
 * The home itself gets the right to pass, not to list; its files keep their own modes. Folders
 * above the home are not ours to open.
 *
 * @throws HubError `db.embedded_failed` naming the folder that is closed
 */
export async function openFolders(
  paths: EmbeddedPaths,
  user: ServerUser | undefined,
): Promise<void> {
  if (user === undefined) return;
  for (const path of [paths.programs, paths.root, paths.home]) {
    const { mode } = await stat(path);
    if ((mode & 0o011) !== 0o011) await chmod(path, (mode & 0o7777) | 0o011);
  }
  await refuseClosedFolders(dirname(paths.home), user);
  if ((await ownerOf(paths.dataFolder)) === 0) await giveTree(paths.dataFolder, user);
}

async function refuseClosedFolders(start: string, user: ServerUser): Promise<void> {
  let path = start;
  while (true) {
    const { mode, uid, gid } = await stat(path);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) {
      throw new HubError(
        "db.embedded_failed",
        `PostgreSQL must not run as root, and user ${user.uid} may not pass ${path}`,
        {
          facts: { folder: path, uid: user.uid },
          cure: "Set SLIPWAY_HOME to, say, /var/lib/slipway, or run as an ordinary user.",
        },
      );
    }
    if (path === dirname(path)) return;
    path = dirname(path);
  }
}

/** Changes the owner of a folder and all in it, the folder last: a crash leaves it to be redone. */
async function giveTree(folder: string, user: ServerUser): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    await lchown(join(entry.parentPath, entry.name), user.uid, user.gid);
  }
  await lchown(folder, user.uid, user.gid);
}
