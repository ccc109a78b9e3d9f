import type { EmbeddedPaths } from "./paths.ts";
import type { Programs } from "./programs.ts";

/** The user that the server runs as when the hub itself runs as root. */
export type ServerUser = Readonly<{ uid: number; gid: number }>;

export type LaunchOptions = Readonly<{
  paths: EmbeddedPaths;
  programs: Programs;
  user: ServerUser | undefined;
  /** Stands in the title of each of the server's processes. */
  clusterName: string;
}>;

export type InitdbOptions = Readonly<{
  paths: EmbeddedPaths;
  programs: Programs;
  user: ServerUser | undefined;
  /** An empty folder that the user owns. */
  into: string;
  password: string;
}>;

/** A process that runs now: its id, and when it was started. */
export type RunningProcess = Readonly<{
  /** Equal for equal processes, also after a step of the clock; in the platform's own form. */
  startedAt: string;
  /** Seconds since 1970 as the clock counts now. */
  startedAtEpochS: number;
}>;

/** Where the server runs from; `pg_ctl` wants to know. */
export type StopPlace = Readonly<{ paths: EmbeddedPaths; programs: Programs }>;

/** fast: ends sessions and saves all; immediate: saves nothing, the log is replayed; kill: none. */
export type StopMode = "fast" | "immediate" | "kill";

/** What differs between POSIX and Windows. */
export type Platform = Readonly<{
  /** The process, or undefined when it is dead or a zombie. */
  inspect(pid: number): Promise<RunningProcess | undefined>;
  /** The user to drop to; undefined to stay who we are. */
  chooseUser(paths: EmbeddedPaths): Promise<ServerUser | undefined>;
  /** Lets that user reach its folder, and own it. */
  openFolders(paths: EmbeddedPaths, user: ServerUser | undefined): Promise<void>;
  /** Makes a new data folder in `into`; its superuser is `slipway` with this password. */
  initdb(options: InitdbOptions): Promise<void>;
  /** Starts the server in a session of its own and gives its process id. */
  launch(options: LaunchOptions): Promise<number>;
  stop(pid: number, mode: StopMode, at: StopPlace): Promise<void>;
  /** Live processes of this data folder, its server among them, found by the cluster's name. */
  listServerProcesses(clusterName: string, paths: EmbeddedPaths): Promise<number[]>;
}>;
