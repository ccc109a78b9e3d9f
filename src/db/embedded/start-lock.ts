import { randomBytes } from "node:crypto";
import { link, mkdir, readFile, rmdir, stat, unlink, writeFile } from "node:fs/promises";
import { pause } from "../../base/clock.ts";
import { HubError } from "../../base/errors.ts";
import { isMissing, systemCode } from "./fs-errors.ts";
import { platform } from "./platform.ts";

export type LockOptions = Readonly<{
  path: string;
  /** How long to wait for the process that holds it. Default 200 s: a recovery may be on. */
  waitMs?: number;
}>;

type Holder = Readonly<{ pid: number; startedAt: string }>;

const POLL_MS = 15;
// Breaking a stale lock takes a few system calls; whoever is at it for longer has died.
const BREAKER_MS_MAX = 10_000;

/**
 * Runs `work` while no other process starts or stops the server of this home.
 *
 * The lock file names its process and when that was started; it is stale when that process is
 * dead, a zombie, or another one that got the same number.
 *
 * @throws HubError `db.embedded_busy` naming the process, when it keeps the lock too long
 */
export async function withStartLock<T>(options: LockOptions, work: () => Promise<T>): Promise<T> {
  await acquire(options);
  try {
    return await work();
  } finally {
    await unlink(options.path);
  }
}

async function acquire({ path, waitMs = 200_000 }: LockOptions): Promise<void> {
  const own = await platform.inspect(process.pid);
  const holder: Holder = { pid: process.pid, startedAt: own?.startedAt ?? "" };
  const draft = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  await writeFile(draft, JSON.stringify(holder), { mode: 0o600 });
  const deadlineMs = performance.now() + waitMs;
  try {
    // A hard link appears with its content or not at all: nobody ever reads an empty lock.
    while (!(await linked(draft, path))) {
      if (await isStale(path)) await breakLock(path);
      else if (performance.now() > deadlineMs) throw await busy(path);
      else await pause(POLL_MS);
    }
  } finally {
    await unlink(draft);
  }
}

async function linked(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (thrown) {
    if (systemCode(thrown) === "EEXIST") return false;
    throw thrown;
  }
}

async function readHolder(path: string): Promise<Holder | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
  // A lock that cannot be read was left by a full disk or a crash of the machine: no one holds it.
  const match = /^\{"pid":(\d+),"startedAt":"([^"]*)"\}$/.exec(text);
  return { pid: Number(match?.[1] ?? 0), startedAt: match?.[2] ?? "" };
}

async function isStale(path: string): Promise<boolean> {
  const holder = await readHolder(path);
  if (holder === undefined) return false;
  const running = holder.pid === 0 ? undefined : await platform.inspect(holder.pid);
  return running === undefined || running.startedAt !== holder.startedAt;
}

/**
 * Removes a stale lock. Two processes may both have seen it stale; the second must not remove the
 * fresh lock of the first, so breakers take turns and look again.
 */
async function breakLock(path: string): Promise<void> {
  const turn = `${path}.breaker`;
  try {
    await mkdir(turn);
  } catch (thrown) {
    if (systemCode(thrown) !== "EEXIST") throw thrown;
    const { mtimeMs } = await stat(turn).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > BREAKER_MS_MAX) await rmdir(turn).catch(() => undefined);
    await pause(POLL_MS);
    return;
  }
  try {
    if (await isStale(path)) await unlink(path);
  } finally {
    await rmdir(turn);
  }
}

async function busy(path: string): Promise<HubError> {
  const holder = await readHolder(path);
  return new HubError(
    "db.embedded_busy",
    `Process ${holder?.pid} is starting or stopping PostgreSQL`,
    {
      facts: { pid: holder?.pid, lock: path },
    },
  );
}
