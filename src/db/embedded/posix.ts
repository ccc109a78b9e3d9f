import { execFile, spawn } from "node:child_process";
import { chmod, chown, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { HubError } from "../../base/errors.ts";
import { systemCode } from "./fs-errors.ts";
import { INITDB_ARGUMENTS, initdbFailed } from "./initdb.ts";
import type {
  InitdbOptions,
  LaunchOptions,
  Platform,
  RunningProcess,
  StopMode,
} from "./platform-port.ts";
import { chooseUser, openFolders } from "./posix-user.ts";
import { programPath } from "./programs.ts";

const run = promisify(execFile);

// What the server sees of our environment: nothing of the hub's settings and secrets.
const SERVER_ENV = { PATH: process.env.PATH ?? "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };

const SIGNALS: Readonly<Record<StopMode, NodeJS.Signals>> = {
  fast: "SIGINT",
  immediate: "SIGQUIT",
  kill: "SIGKILL",
};

/** Linux counts start times in hundredths of a second since boot (proc(5), field 22). */
const TICKS_PER_SECOND = 100;

async function inspect(pid: number): Promise<RunningProcess | undefined> {
  return process.platform === "linux" ? inspectByProc(pid) : inspectByPs(pid);
}

async function inspectByProc(pid: number): Promise<RunningProcess | undefined> {
  let text: string;
  try {
    text = await readFile(`/proc/${pid}/stat`, "utf8");
  } catch (thrown) {
    if (["ENOENT", "ESRCH"].includes(systemCode(thrown))) return undefined;
    throw thrown;
  }
  // The command in brackets may hold anything, brackets and spaces too.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z" || fields[0] === "X") return undefined;
  const ticks = Number(fields[19]);
  const [bootId, statText] = await Promise.all([
    readFile("/proc/sys/kernel/random/boot_id", "utf8"),
    readFile("/proc/stat", "utf8"),
  ]);
  const bootedAtS = Number(/^btime (\d+)$/m.exec(statText)?.[1]);
  return {
    startedAt: `${bootId.trim()}:${ticks}`,
    startedAtEpochS: bootedAtS + ticks / TICKS_PER_SECOND,
  };
}

/** For systems without `/proc`: `ps` gives the state and the start in words. */
export async function inspectByPs(pid: number): Promise<RunningProcess | undefined> {
  const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
  let text: string;
  try {
    text = (await run("ps", ["-o", "stat=,lstart=", "-p", String(pid)], { env })).stdout.trim();
  } catch (thrown) {
    // Status 1 means that there is no such process; anything else is no answer at all.
    if (thrown instanceof Error && "code" in thrown && thrown.code === 1) return undefined;
    throw thrown;
  }
  const match = /^(\S+)\s+(.+)$/.exec(text);
  if (match === null || match[1]?.startsWith("Z") === true) return undefined;
  const words = match[2] ?? "";
  return { startedAt: words, startedAtEpochS: Date.parse(`${words} UTC`) / 1000 };
}

async function initdb(options: InitdbOptions): Promise<void> {
  const { paths, programs, user, into, password } = options;
  const passwordFile = join(paths.root, "password.new");
  await rm(passwordFile, { force: true });
  await writeFile(passwordFile, password, { mode: 0o600, flag: "wx" });
  try {
    if (user !== undefined) await chown(passwordFile, user.uid, user.gid);
    await run(
      programPath(programs, "initdb"),
      [...INITDB_ARGUMENTS, `--pgdata=${into}`, `--pwfile=${passwordFile}`],
      { ...user, env: SERVER_ENV, cwd: into },
    );
  } catch (thrown) {
    throw initdbFailed(thrown);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** Resolves once the process exists; whether it becomes a server shows in `postmaster.pid`. */
async function launch(options: LaunchOptions): Promise<number> {
  const { paths, programs, user, clusterName } = options;
  const log = await open(paths.log, "a", 0o600);
  const settings = ["-D", paths.dataFolder, "-c", `cluster_name=${clusterName}`];
  try {
    await chmod(paths.log, 0o600);
    const child = spawn(programPath(programs, "postgres"), settings, {
      ...user,
      env: SERVER_ENV,
      cwd: paths.dataFolder,
      // A session of its own: Ctrl-C in the terminal reaches the hub, and the hub stops us last.
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    child.unref();
    if (child.pid === undefined) throw new Error("no process id");
    return child.pid;
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new HubError("db.embedded_failed", `PostgreSQL could not be started: ${reason}`, {
      cause: thrown,
    });
  } finally {
    await log.close();
  }
}

async function stop(pid: number, mode: StopMode): Promise<void> {
  try {
    process.kill(pid, SIGNALS[mode]);
  } catch (thrown) {
    if (systemCode(thrown) !== "ESRCH") throw thrown;
  }
}

async function listServerProcesses(clusterName: string): Promise<number[]> {
  const titles = process.platform === "linux" ? await titlesByProc() : await titlesByPs();
  // PostgreSQL titles its processes "postgres: <cluster name>: <what they do>" (ps_status.c); the
  // first of them keeps the command line that we gave it.
  return titles.filter(({ title }) => isTitleOf(clusterName, title)).map(({ pid }) => pid);
}

function isTitleOf(clusterName: string, title: string): boolean {
  return (
    title.startsWith(`postgres: ${clusterName}: `) ||
    title.trimEnd().endsWith(` -c cluster_name=${clusterName}`)
  );
}

type Titled = Readonly<{ pid: number; title: string }>;

async function titlesByProc(): Promise<Titled[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const titled = await Promise.all(
    pids.map(async (pid) => {
      // A process may end between the two steps; then it has no title, and no interest.
      const title = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      return { pid, title: title.replaceAll("\0", " ") };
    }),
  );
  return titled;
}

/** For systems without `/proc`. */
export async function titlesByPs(): Promise<Titled[]> {
  const { stdout } = await run("ps", ["-axww", "-o", "pid=,command="], { maxBuffer: 16_000_000 });
  return stdout.split("\n").flatMap((line) => {
    const match = /^\s*(\d+)\s+(.*)$/.exec(line);
    return match === null ? [] : [{ pid: Number(match[1]), title: match[2] ?? "" }];
  });
}

/** Linux, macOS and their like. */
export const posix: Platform = {
  inspect,
  chooseUser,
  openFolders,
  initdb,
  launch,
  stop,
  listServerProcesses,
};
