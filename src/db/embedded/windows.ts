import { execFile } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { HubError } from "../../base/errors.ts";
import { INITDB_ARGUMENTS, initdbFailed } from "./initdb.ts";
import type { EmbeddedPaths } from "./paths.ts";
import type {
  InitdbOptions,
  LaunchOptions,
  Platform,
  RunningProcess,
  StopMode,
  StopPlace,
} from "./platform-port.ts";
import { readPostmasterFile } from "./postmaster-file.ts";
import { programPath } from "./programs.ts";

const run = promisify(execFile);

// NTSTATUS codes that Windows ends a program with when a DLL, or an entry in one, is missing.
const DLL_MISSING = new Set([0xc0000135, 0xc0000139, 0xc000007b]);
const DLL_MISSING_SIGNED = new Set([...DLL_MISSING].map((code) => code - 2 ** 32));

/** The error for a missing run-time library, or undefined when the program failed otherwise. */
export function missingRuntime(thrown: unknown): HubError | undefined {
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
  if (typeof code !== "number") return undefined;
  if (!DLL_MISSING.has(code) && !DLL_MISSING_SIGNED.has(code)) return undefined;
  return new HubError(
    "db.embedded_failed",
    "PostgreSQL needs the Microsoft Visual C++ Redistributable (x64), which is not installed",
    {
      cause: thrown,
      cure: "Install the Visual C++ Redistributable 2015-2022 (x64) from Microsoft; start again.",
    },
  );
}

async function powershell(script: string): Promise<string> {
  const options = ["-NoProfile", "-NonInteractive", "-Command", script];
  return (await run("powershell.exe", options, { windowsHide: true })).stdout.trim();
}

async function inspect(pid: number): Promise<RunningProcess | undefined> {
  const ticks = await powershell(
    `$p = Get-Process -Id ${pid} -ErrorAction SilentlyContinue; ` +
      "if ($p) { $p.StartTime.ToUniversalTime().Ticks }",
  );
  if (ticks === "") return undefined;
  // .NET counts tenths of a microsecond since the year 1.
  return { startedAt: ticks, startedAtEpochS: Number(ticks) / 1e7 - 62_135_596_800 };
}

async function initdb(options: InitdbOptions): Promise<void> {
  const passwordFile = join(options.paths.root, "password.new");
  await writeFile(passwordFile, options.password, { mode: 0o600 });
  try {
    await run(
      programPath(options.programs, "initdb"),
      [...INITDB_ARGUMENTS, `--pgdata=${options.into}`, `--pwfile=${passwordFile}`],
      { windowsHide: true },
    );
  } catch (thrown) {
    throw missingRuntime(thrown) ?? initdbFailed(thrown);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** `pg_ctl` gives up the rights of an administrator, which PostgreSQL refuses to run with. */
async function launch({ paths, programs }: LaunchOptions): Promise<number> {
  const options = ["start", "--wait", "--silent", "-D", paths.dataFolder, "-l", paths.log];
  try {
    await run(programPath(programs, "pg_ctl"), options, { windowsHide: true });
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw (
      missingRuntime(thrown) ??
      new HubError("db.embedded_failed", `PostgreSQL did not start: ${reason}; see ${paths.log}`, {
        cause: thrown,
      })
    );
  }
  const file = await readPostmasterFile(paths.dataFolder);
  if (file === undefined) {
    throw new HubError("db.embedded_failed", `PostgreSQL ended at once; see ${paths.log}`);
  }
  return file.pid;
}

async function stop(pid: number, mode: StopMode, at: StopPlace): Promise<void> {
  const { paths, programs } = at;
  if (mode === "kill") {
    await run("taskkill.exe", ["/F", "/PID", String(pid)], { windowsHide: true });
    return;
  }
  const options = ["stop", "--no-wait", "--silent", "-m", mode, "-D", paths.dataFolder];
  await run(programPath(programs, "pg_ctl"), options, { windowsHide: true });
}

/** Windows shows no titles, but each server process carries the data folder in its command. */
async function listServerProcesses(
  _clusterName: string,
  { dataFolder, programs }: EmbeddedPaths,
): Promise<number[]> {
  const rows = await powershell(
    "Get-CimInstance Win32_Process -Filter \"Name='postgres.exe'\" | " +
      'ForEach-Object { "$($_.ProcessId) $($_.ExecutablePath) $($_.CommandLine)" }',
  );
  return rows
    .split(/\r?\n/)
    .filter((row) => row.includes(dataFolder) || row.includes(programs))
    .map((row) => Number.parseInt(row, 10));
}

/** Windows: no users to drop to, no signals; `pg_ctl` does both its own way. */
export const windows: Platform = {
  inspect,
  chooseUser: () => Promise.resolve(undefined),
  openFolders: () => Promise.resolve(),
  initdb,
  launch,
  stop,
  listServerProcesses,
};
