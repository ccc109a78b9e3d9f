import { pause } from "../../base/clock.ts";
import { HubError } from "../../base/errors.ts";
import { type Log, silentLog } from "../../base/log.ts";
import { type EmbeddedPaths, makeHome } from "./paths.ts";
import { urlOf } from "./probe.ts";
import { installPrograms } from "./programs.ts";
import { clusterNameOf, ensureServer, findLiveServer, type RunningServer } from "./server.ts";
import { rotateServerLog } from "./server-log.ts";
import type { ServerSettings } from "./server-settings.ts";
import { withStartLock } from "./start-lock.ts";
import { readServerState } from "./state-file.ts";
import { stopServer } from "./stop-server.ts";
import { openTenure, type Tenure } from "./tenure.ts";

export { POSTGRES_MAJOR, readSystemIdentifier, refuseOtherMajor } from "./data-folder.ts";
export { pathsOf, RESTORE_STAGE } from "./paths.ts";
export { readServerState } from "./state-file.ts";

/** Which home, and how its server is run. */
export type EmbeddedOptions = Readonly<{
  /** The hub's home folder; made where it is missing. */
  home: string;
  log?: Log;
  /** PostgreSQL settings that differ from the hub's own: for tests. */
  settings?: ServerSettings;
  /** How long a fast shutdown may take before the server is forced. Default 30 s. */
  stopWaitMs?: number;
}>;

/** What became of the server at `stop`. */
export type StopOutcome = "clean" | "forced" | "left running";

/** Our use of a running embedded server. */
export type EmbeddedPostgres = Readonly<{
  /** The hub's database, with the password. */
  url: string;
  /** Whether the server ran already, left by a killed hub or shared with another one. */
  adopted: boolean;
  logPath: string;
  /** PostgreSQL's own data folder, as `backup` wants it. */
  dataDir: string;
  /**
   * Ends our use of the server, and the server itself unless another hub process uses it.
   * Close the pools first; call it last.
   */
  stop(): Promise<StopOutcome>;
}>;

const ROTATE_EVERY_MS = 60_000;
const IMMEDIATE_MS = 5_000;
const REVIVE_FIRST_MS = 200;
const REVIVE_MAX_MS = 5_000;

/**
 * Starts the embedded PostgreSQL of a home, or takes over the one that runs there.
 *
 * The server outlives a killed hub and is taken over by the next, when it takes the home's password
 * and is the server of its data. Each hub process holds a tenure on it; the last one to leave stops
 * it. A server that dies is started again on the same port.
 *
 * One home belongs to one machine or container at a time: whether a process of another one lives
 * cannot be seen.
 *
 * @throws HubError `db.embedded_failed`, `db.embedded_major`, `db.embedded_busy`
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { paths, use, server } = await open(options).catch((thrown: unknown) => {
    if (thrown instanceof HubError) throw thrown;
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new HubError("db.embedded_failed", `PostgreSQL could not be started: ${reason}`, {
      cause: thrown,
      cure: `Mend what the message names; the folder is ${options.home}.`,
    });
  });
  return {
    url: urlOf(server.port, server.password),
    adopted: server.isAdopted,
    logPath: paths.log,
    dataDir: paths.dataFolder,
    stop: () => use.stop(),
  };
}

async function open(options: EmbeddedOptions) {
  const paths = await makeHome(options.home);
  const use = new ServerUse(paths, options);
  return { paths, use, server: await use.open() };
}

class ServerUse {
  readonly #paths: EmbeddedPaths;
  readonly #settings: ServerSettings;
  readonly #stopWaitMs: number;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  #tenure: Tenure | undefined;
  #port: number | undefined;
  #reviving: Promise<void> = Promise.resolve();
  #rotation: NodeJS.Timeout | undefined;
  #outcome: Promise<StopOutcome> | undefined;

  constructor(paths: EmbeddedPaths, options: EmbeddedOptions) {
    this.#paths = paths;
    this.#settings = options.settings ?? {};
    this.#stopWaitMs = options.stopWaitMs ?? 30_000;
    this.#log = options.log ?? silentLog;
  }

  async open(): Promise<RunningServer> {
    const server = await this.#enter();
    this.#rotation = setInterval(() => {
      rotateServerLog(this.#paths.log).catch((error: unknown) => {
        this.#log.warn({ error: String(error) }, "The PostgreSQL log could not be rotated");
      });
    }, ROTATE_EVERY_MS).unref();
    return server;
  }

  stop(): Promise<StopOutcome> {
    this.#outcome ??= this.#leave();
    return this.#outcome;
  }

  /** Server and tenure in one lock: whoever stops a server must see everybody who uses it. */
  #enter(): Promise<RunningServer> {
    return withStartLock({ path: this.#paths.lock }, async () => {
      const server = await ensureServer({
        paths: this.#paths,
        settings: this.#settings,
        ...(this.#port === undefined ? {} : { port: this.#port }),
      });
      this.#tenure = await openTenure(urlOf(server.port, server.password), () => {
        this.#reviving = this.#revive();
      });
      this.#port = server.port;
      return server;
    });
  }

  /** Comes back to the server after the tenure was lost, and starts it where it died. */
  async #revive(): Promise<void> {
    this.#tenure = undefined;
    let delayMs = REVIVE_FIRST_MS;
    while (!this.#stopping.signal.aborted) {
      try {
        const server = await this.#enter();
        this.#log.warn(
          { pid: server.pid, adopted: server.isAdopted },
          "The connection to PostgreSQL was lost and is back",
        );
        return;
      } catch (thrown) {
        this.#log.error({ error: String(thrown), delayMs }, "PostgreSQL does not come back yet");
      }
      await pause(delayMs, this.#stopping.signal);
      delayMs = Math.min(delayMs * 2, REVIVE_MAX_MS);
    }
  }

  async #leave(): Promise<StopOutcome> {
    this.#stopping.abort();
    clearInterval(this.#rotation);
    await this.#reviving;
    return withStartLock({ path: this.#paths.lock }, async () => {
      const isShared = await this.#hasOthers();
      return isShared ? "left running" : this.#stopNow();
    });
  }

  /**
   * A tenure may be lost for us alone, and we may not even know it yet: others may use the server
   * still, and a fresh connection is asked. A server that says nothing to that one either is of no
   * use to anybody.
   */
  async #hasOthers(): Promise<boolean> {
    let silence: unknown;
    for (const open of [async () => this.#tenure, () => this.#openTenureAgain()]) {
      const tenure = await open();
      try {
        if (tenure !== undefined) return await tenure.hasOthers();
      } catch (error) {
        silence = error;
      } finally {
        await tenure?.close();
      }
    }
    if (silence !== undefined) {
      const facts = { error: String(silence) };
      this.#log.warn(facts, "PostgreSQL does not say who uses it: it is stopped");
    }
    return false;
  }

  async #openTenureAgain(): Promise<Tenure | undefined> {
    const state = await readServerState(this.#paths.state);
    const live = state === undefined ? undefined : await findLiveServer(this.#paths, state);
    if (state === undefined || live === undefined || live.port === null) return undefined;
    return openTenure(urlOf(live.port, state.password), () => undefined).catch(() => undefined);
  }

  async #stopNow(): Promise<StopOutcome> {
    const state = await readServerState(this.#paths.state);
    const live = state === undefined ? undefined : await findLiveServer(this.#paths, state);
    if (state === undefined || live === undefined) return "clean";
    return stopServer({
      paths: this.#paths,
      programs: await installPrograms(this.#paths),
      pid: live.pid,
      startedAt: live.startedAt,
      clusterName: clusterNameOf(state, this.#paths),
      fastMs: this.#stopWaitMs,
      immediateMs: IMMEDIATE_MS,
    });
  }
}
