import { createHash } from "node:crypto";
import { chown, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { pause, systemClock } from "../../base/clock.ts";
import { HubError } from "../../base/errors.ts";
import { readMajor, refuseOtherMajor } from "./data-folder.ts";
import { findFreePort, isPortFree } from "./free-port.ts";
import { endOrphans } from "./orphans.ts";
import type { EmbeddedPaths } from "./paths.ts";
import { platform } from "./platform.ts";
import type { RunningProcess, ServerUser } from "./platform-port.ts";
import { type PostmasterFile, readPostmasterFile } from "./postmaster-file.ts";
import { foreign, proveServer } from "./probe.ts";
import { installPrograms, type Programs, removeOtherPrograms } from "./programs.ts";
import { endOfLog, readLogTail, rotateServerLog } from "./server-log.ts";
import { type ServerSettings, writeSettings } from "./server-settings.ts";
import {
  newServerState,
  readServerState,
  type ServerState,
  writeServerState,
} from "./state-file.ts";

/** A server that answers, started now or found. */
export type RunningServer = Readonly<{
  pid: number;
  startedAt: string;
  port: number;
  password: string;
  isAdopted: boolean;
}>;

export type EnsureOptions = Readonly<{
  paths: EmbeddedPaths;
  settings: ServerSettings;
  /** The one port that will do: pools hold URLs with it. Default: any. */
  port?: number;
}>;

const POLL_MS = 5;
// Replaying the log of a crashed server takes seconds for each 100 MB of it.
const READY_MS_MAX = 180_000;
const ANSWER_MS_MAX = 30_000;
const PORT_TRIES = 5;
// The server notes its start in whole seconds, and some time after the system did.
const START_TOLERANCE_S = 3;

/** The name in the titles of this data folder's processes: of this state, in this place. */
export function clusterNameOf(state: ServerState, paths: EmbeddedPaths): string {
  const hash = createHash("sha256").update(`${state.id}\n${paths.dataFolder}`).digest("hex");
  return `slipway-${hash.slice(0, 16)}`;
}

/**
 * Gives the server of this home: the one that runs and proves to be ours, else a new one.
 * The caller holds the start lock.
 *
 * @throws HubError `db.embedded_major`, `db.embedded_busy`, `db.embedded_failed`
 */
export async function ensureServer(options: EnsureOptions): Promise<RunningServer> {
  const { paths } = options;
  const major = await readMajor(paths.dataFolder);
  if (major !== undefined) refuseOtherMajor(major, paths.dataFolder);
  const state = await loadState(paths, major !== undefined);
  const live = await findLiveServer(paths, state);
  if (live !== undefined) {
    const adopted = await adopt(paths, state, live);
    if (adopted !== undefined) return adopted;
  }
  const programs = await installPrograms(paths);
  await endOrphans(clusterNameOf(state, paths), { paths, programs });
  await rm(join(paths.dataFolder, "postmaster.pid"), { force: true });
  await removeOtherPrograms(paths, programs);
  const user = await platform.chooseUser(paths);
  await platform.openFolders(paths, user);
  if (major === undefined) await makeDataFolder({ paths, programs, user, state });
  await rotateServerLog(paths.log);
  return startOnFreePort({ ...options, programs, user, state });
}

async function loadState(paths: EmbeddedPaths, hasDatabase: boolean): Promise<ServerState> {
  const state = await readServerState(paths.state);
  if (state !== undefined) return state;
  if (hasDatabase) {
    throw new HubError(
      "db.embedded_failed",
      `${paths.state} is missing, and with it the password of the database in ${paths.dataFolder}`,
      { cure: "Put the file back from a backup, or restore the backup into an empty home." },
    );
  }
  // Saved before the database is made with it: a crash between the two costs nothing.
  const fresh = newServerState();
  await writeServerState(paths.state, fresh);
  return fresh;
}

/**
 * The live server that `postmaster.pid` names; undefined when that process is dead, a zombie, or
 * another one that got the same number.
 */
export async function findLiveServer(
  paths: EmbeddedPaths,
  state: ServerState,
): Promise<(PostmasterFile & RunningProcess) | undefined> {
  const file = await readPostmasterFile(paths.dataFolder);
  const running = file === undefined ? undefined : await platform.inspect(file.pid);
  if (file === undefined || running === undefined) return undefined;
  // What we noted ourselves holds through a step of the clock; the server's own note does not.
  const isSame =
    state.pid === file.pid
      ? state.startedAt === running.startedAt
      : Math.abs(running.startedAtEpochS - file.startedAtEpochS) <= START_TOLERANCE_S;
  return isSame ? { ...running, ...file, startedAtEpochS: file.startedAtEpochS } : undefined;
}

/** Undefined when the found server was stopping and is gone now. */
async function adopt(
  paths: EmbeddedPaths,
  state: ServerState,
  { pid, startedAt }: Readonly<{ pid: number; startedAt: string }>,
): Promise<RunningServer | undefined> {
  const { password } = state;
  const { dataFolder } = paths;
  const deadlineMs = systemClock.monotonicMs() + ANSWER_MS_MAX;
  while (true) {
    const port = await untilReady(paths, { pid, startedAt });
    if (port === undefined) return undefined;
    const probe = { pid, port, password, dataFolder };
    const systemIdentifier = await proveServer(probe);
    if (systemIdentifier !== undefined) {
      await writeServerState(paths.state, { ...state, port, systemIdentifier, pid, startedAt });
      return { pid, startedAt, port, password, isAdopted: true };
    }
    // Its last word is that it is ready, but it may have begun to stop, or to die, since: one that
    // was killed leaves that word behind for ever.
    const running = await platform.inspect(pid);
    if (running?.startedAt !== startedAt) return undefined;
    if (systemClock.monotonicMs() > deadlineMs) throw foreign(probe, "takes no connections");
    await pause(POLL_MS);
  }
}

/** The port once the server takes connections; undefined when it ended instead. */
async function untilReady(
  paths: EmbeddedPaths,
  server: Readonly<{ pid: number; startedAt: string }>,
): Promise<number | undefined> {
  const deadlineMs = systemClock.monotonicMs() + READY_MS_MAX;
  while (true) {
    const file = await readPostmasterFile(paths.dataFolder);
    if (file?.pid === server.pid && file.status === "ready" && file.port !== null) return file.port;
    const running = await platform.inspect(server.pid);
    if (running?.startedAt !== server.startedAt) return undefined;
    if (systemClock.monotonicMs() > deadlineMs) {
      throw new HubError("db.embedded_failed", `PostgreSQL is not ready; see ${paths.log}`, {
        cure: "It may still replay its log: start again, and the hub takes it over.",
        facts: { pid: server.pid, log: paths.log },
      });
    }
    await pause(POLL_MS);
  }
}

type StartOptions = EnsureOptions &
  Readonly<{ programs: Programs; user: ServerUser | undefined; state: ServerState }>;

async function makeDataFolder(options: Omit<StartOptions, "settings">): Promise<void> {
  const { paths, programs, user, state } = options;
  const draft = `${paths.dataFolder}.new`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  if (user !== undefined) await chown(draft, user.uid, user.gid);
  await platform.initdb({ paths, programs, user, into: draft, password: state.password });
  // An empty folder may stand in the way; one with files makes this fail, as it must.
  await rename(draft, paths.dataFolder);
}

async function startOnFreePort(options: StartOptions): Promise<RunningServer> {
  const { paths, programs, user, state } = options;
  const clusterName = clusterNameOf(state, paths);
  for (let nr = 1; ; nr++) {
    const port = options.port ?? (await findFreePort(nr === 1 ? state.port : null));
    await writeSettings(paths.dataFolder, { port, clusterName }, options.settings);
    const logStart = await endOfLog(paths.log);
    const pid = await platform.launch({ paths, programs, user, clusterName });
    const startedAt = (await platform.inspect(pid))?.startedAt ?? "";
    const noted = { ...state, port, pid, startedAt };
    await writeServerState(paths.state, noted);
    if ((await untilReady(paths, { pid, startedAt })) !== undefined) {
      const { password } = state;
      const { dataFolder } = paths;
      const systemIdentifier = await proveServer({ pid, port, password, dataFolder });
      if (systemIdentifier !== undefined && state.systemIdentifier !== systemIdentifier) {
        await writeServerState(paths.state, { ...noted, systemIdentifier });
      }
      return { pid, startedAt, port, password, isAdopted: false };
    }
    // Somebody may have taken the port since we looked; then another one will do.
    const isPortTaken = !(await isPortFree(port));
    if (!isPortTaken || options.port !== undefined || nr >= PORT_TRIES) {
      const tail = await readLogTail(paths.log, logStart);
      throw new HubError("db.embedded_failed", `PostgreSQL did not start; ${paths.log}:\n${tail}`, {
        facts: { log: paths.log, port },
      });
    }
  }
}
