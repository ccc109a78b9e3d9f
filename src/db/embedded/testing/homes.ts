import { type ChildProcess, spawn } from "node:child_process";
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { until } from "../../../../test/support/wait.ts";
import { present } from "../../../base/assert.ts";
import { startEmbeddedPostgres } from "../index.ts";
import { pathsOf } from "../paths.ts";
import { platform } from "../platform.ts";
import { readPostmasterFile } from "../postmaster-file.ts";
import { readServerState, type ServerState } from "../state-file.ts";

/** Homes for the tests of one file, all removed at its end together with their servers. */
export type Homes = Readonly<{
  /** An empty folder. */
  fresh(): Promise<string>;
  /** A home with a database whose server is stopped. */
  seeded(): Promise<string>;
  removeAll(): Promise<void>;
}>;

// Of all tests of a file: a test that failed leaves its hub to the end of the file.
const hubs = new Set<ChildProcess>();

/** Opens the homes; the seed is made once and copied, since initdb takes a second. */
export function openHomes(): Homes {
  const made: string[] = [];
  let seed: Promise<string> | undefined;
  const fresh = async () => {
    const home = await mkdtemp(join(tmpdir(), "slipway-embedded-"));
    made.push(home);
    return home;
  };
  const makeSeed = async () => {
    const home = await fresh();
    await (await startEmbeddedPostgres({ home })).stop();
    return home;
  };
  return {
    fresh,
    seeded: async () => {
      seed ??= makeSeed();
      const home = await fresh();
      const from = pathsOf(await seed);
      const into = pathsOf(home);
      await mkdir(into.root, { mode: 0o711 });
      // The binaries are shared: copying them each time would take longer than the test.
      await symlink(from.programs, into.programs);
      await copyFile(from.state, into.state);
      await cp(from.dataFolder, into.dataFolder, { recursive: true });
      return home;
    },
    removeAll: async () => {
      for (const child of hubs) child.kill("SIGKILL");
      for (const home of made) {
        await endServer(home);
        await rm(home, { recursive: true, force: true });
      }
    },
  };
}

async function endServer(home: string): Promise<void> {
  const file = await readPostmasterFile(pathsOf(home).dataFolder);
  const running = file === undefined ? undefined : await platform.inspect(file.pid);
  // Some tests put a foreign process number into the file: only a server that is ours is ended.
  const isOurs = running !== undefined && (await commandOf(file?.pid ?? 0)).includes(home);
  if (file === undefined || !isOurs) return;
  process.kill(file.pid, "SIGQUIT");
  await until("the server to end", async () => (await platform.inspect(file.pid)) === undefined);
}

async function commandOf(pid: number): Promise<string> {
  return readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
}

/** The state file of a home that has one. */
export async function stateOf(home: string): Promise<ServerState> {
  return present(await readServerState(pathsOf(home).state), "state");
}

/** The process number of the server that runs in a home. */
export async function serverPidOf(home: string): Promise<number> {
  return present(await readPostmasterFile(pathsOf(home).dataFolder), "postmaster.pid").pid;
}

/** Runs one query on a connection of its own. */
export async function ask(url: string, sql: string): Promise<Readonly<Record<string, unknown>>> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    const answer = await client.query<Record<string, unknown>>(sql);
    return answer.rows[0] ?? {};
  } finally {
    await client.end();
  }
}

/** A hub in a process of its own. */
export type HubProcess = Readonly<{
  child: ChildProcess;
  adopted: boolean;
  url: string;
  /** Ends it as `kill -9` or a signal would, and waits for it. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Stops it in good order and gives what became of the server. */
  stop(): Promise<string>;
}>;

/** Starts a hub process, the leader of its own group as in a terminal. */
export async function startHubProcess(home: string): Promise<HubProcess> {
  const script = fileURLToPath(new URL("hub.ts", import.meta.url));
  const child = spawn(process.execPath, [script, home], {
    stdio: ["pipe", "pipe", "inherit"],
    detached: true,
  });
  hubs.add(child);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async () => {
    const line = await lines.next();
    return line.done === true ? "" : line.value;
  };
  const said = JSON.parse(await nextLine()) as { adopted: boolean; url: string };
  return {
    child,
    ...said,
    kill: async (signal) => {
      process.kill(-present(child.pid, "process"), signal);
      await ended;
    },
    stop: async () => {
      child.stdin.end();
      const outcome = await nextLine();
      await ended;
      return outcome;
    },
  };
}
