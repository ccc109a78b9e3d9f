import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { platform } from "../../src/db/embedded/platform.ts";
import { startEmbeddedPostgres } from "../../src/db/index.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The home of this run's embedded PostgreSQL. */
    postgresHome: string;
  }
}

/** Settings of a server that may lose everything when the machine crashes: tests start anew. */
export const TEST_SETTINGS = {
  fsync: "off",
  full_page_writes: "off",
  synchronous_commit: "off",
  max_wal_size: "512MB",
  // Every hub of every file that runs side by side is on this one server.
  max_connections: "600",
} as const;

const PREFIX = "slipway-test-";
const OWNER = "owner.json";

/** Makes a temporary home that names the process of this run. */
export async function makeTestHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), PREFIX));
  await own(home);
  return home;
}

async function own(home: string): Promise<void> {
  const self = await platform.inspect(process.pid);
  await writeFile(join(home, OWNER), JSON.stringify([process.pid, self?.startedAt]));
}

/** Makes a dead run's home this process's. False where another sweep was faster. */
async function takeOver(home: string): Promise<boolean> {
  try {
    await rename(join(home, OWNER), join(home, `${OWNER}.before`));
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw thrown;
  }
  await own(home);
  return true;
}

/** Stops the server of a home, where one was started, and deletes the home. */
export async function removeTestHome(home: string): Promise<void> {
  const hasServer = await stat(join(home, "postgres", "data", "postmaster.pid")).then(
    () => true,
    () => false,
  );
  if (hasServer) {
    const server = await startEmbeddedPostgres({ home, settings: TEST_SETTINGS });
    await server.stop();
  }
  await rm(home, { recursive: true, force: true });
}

/** Removes the homes of runs that were killed. */
export async function sweepTestHomes(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue;
    const home = join(tmpdir(), name);
    const owner = await readFile(join(home, OWNER), "utf8").catch(() => undefined);
    // Without the note it is being made right now, or belongs to somebody else.
    if (owner === undefined) continue;
    const [pid, startedAt] = JSON.parse(owner) as [number, string];
    const running = await platform.inspect(pid);
    const isDead = running?.startedAt !== startedAt;
    if (isDead && (await takeOver(home))) await removeTestHome(home);
  }
}
