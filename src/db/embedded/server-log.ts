import { copyFile, open, rename, stat, truncate } from "node:fs/promises";
import { isMissing } from "./fs-errors.ts";

/** Size at which the log is put aside; with three old ones, 20 MB of log at most. */
const LOG_BYTES_MAX = 5_000_000;
const OLD_LOGS = 3;
const TAIL_BYTES = 2_000;

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (thrown) {
    if (isMissing(thrown)) return 0;
    throw thrown;
  }
}

async function shiftOldLogs(path: string): Promise<void> {
  for (let nr = OLD_LOGS - 1; nr >= 1; nr--) {
    await rename(`${path}.${nr}`, `${path}.${nr + 1}`).catch((thrown: unknown) => {
      if (!isMissing(thrown)) throw thrown;
    });
  }
}

/**
 * Puts a log aside that has grown over `bytesMax` and says whether it did.
 *
 * The server keeps writing to the file it was given, in append mode, so the file is copied and cut
 * rather than renamed. Lines written between the two steps are lost: a log may, data may not.
 */
export async function rotateServerLog(path: string, bytesMax = LOG_BYTES_MAX): Promise<boolean> {
  if ((await sizeOf(path)) <= bytesMax) return false;
  await shiftOldLogs(path);
  await copyFile(path, `${path}.1`);
  await truncate(path, 0);
  return true;
}

/** The last lines of the log after a position, for words about a server that did not start. */
export async function readLogTail(path: string, from: number): Promise<string> {
  const size = await sizeOf(path);
  const start = Math.max(from, size - TAIL_BYTES);
  if (size <= start) return "";
  const file = await open(path, "r");
  try {
    const bytes = Buffer.alloc(size - start);
    await file.read(bytes, 0, bytes.length, start);
    return bytes.toString("utf8").trim();
  } finally {
    await file.close();
  }
}

/** Where the next line of the log will stand. */
export const endOfLog: (path: string) => Promise<number> = sizeOf;
