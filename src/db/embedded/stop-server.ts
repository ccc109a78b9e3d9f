import { pause, systemClock } from "../../base/clock.ts";
import { endOrphans } from "./orphans.ts";
import { platform } from "./platform.ts";
import type { StopMode, StopPlace } from "./platform-port.ts";

export type StopTarget = StopPlace &
  Readonly<{
    pid: number;
    startedAt: string;
    clusterName: string;
    /** How long a fast shutdown may take before the server is told to drop all. */
    fastMs: number;
    /** How long that may take before its processes are killed. */
    immediateMs: number;
  }>;

const POLL_MS = 10;

/**
 * Ends the server and all its processes: a fast shutdown (sessions end, everything is saved); after
 * `fastMs` an immediate one, after `immediateMs` a kill. Nothing committed is lost, the next start
 * only takes longer.
 */
export async function stopServer(target: StopTarget): Promise<"clean" | "forced"> {
  const steps: readonly [StopMode, number][] = [
    ["fast", target.fastMs],
    ["immediate", target.immediateMs],
  ];
  for (const [mode, waitMs] of steps) {
    if (!(await isRunning(target))) break;
    await platform.stop(target.pid, mode, target);
    if (await hasEnded(target, waitMs)) return mode === "fast" ? "clean" : "forced";
  }
  await endOrphans(target.clusterName, target);
  await hasEnded(target, target.immediateMs);
  return "forced";
}

async function isRunning({ pid, startedAt }: StopTarget): Promise<boolean> {
  return (await platform.inspect(pid))?.startedAt === startedAt;
}

async function hasEnded(target: StopTarget, waitMs: number): Promise<boolean> {
  const deadlineMs = systemClock.monotonicMs() + waitMs;
  while (await isRunning(target)) {
    if (systemClock.monotonicMs() > deadlineMs) return false;
    await pause(POLL_MS);
  }
  return true;
}
