import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isMissing } from "./fs-errors.ts";

/** What a running server writes about itself into `postmaster.pid`. */
export type PostmasterFile = Readonly<{
  pid: number;
  /** Seconds since 1970, by the server's clock when it started. */
  startedAtEpochS: number;
  port: number | null;
  status: "starting" | "ready" | "stopping" | "";
}>;

/**
 * Reads `postmaster.pid`; undefined when there is none, or one that is only just being written.
 *
 * Lines as in PostgreSQL's `pidfile.h`: 1 process id, 3 start time, 4 port, 8 state.
 */
export async function readPostmasterFile(dataFolder: string): Promise<PostmasterFile | undefined> {
  let text: string;
  try {
    text = await readFile(join(dataFolder, "postmaster.pid"), "utf8");
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
  const lines = text.split("\n").map((line) => line.trim());
  const pid = Number(lines[0]);
  const startedAtEpochS = Number(lines[2]);
  if (!Number.isInteger(pid) || pid === 0 || !Number.isInteger(startedAtEpochS)) return undefined;
  const port = lines[3] === undefined || lines[3] === "" ? null : Number(lines[3]);
  const status = lines[7] === "ready" || lines[7] === "standby" ? "ready" : (lines[7] ?? "");
  // A server in single-user mode writes its process id with a minus sign.
  return {
    pid: Math.abs(pid),
    startedAtEpochS,
    port,
    status: status === "ready" || status === "starting" || status === "stopping" ? status : "",
  };
}
