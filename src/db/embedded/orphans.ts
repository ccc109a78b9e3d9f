import { pause, systemClock } from "../../base/clock.ts";
import { HubError } from "../../base/errors.ts";
import { platform } from "./platform.ts";
import type { StopPlace } from "./platform-port.ts";

const POLL_MS = 10;
const GENTLE_MS = 3_000;
const KILL_MS = 5_000;

/**
 * Ends what is left of a server whose first process died: its backends may still write to the
 * shared memory and the files that the next server would use.
 *
 * They are told to drop all and go, and killed after 3 s. Nothing committed is lost: the next start
 * replays the log.
 *
 * @throws HubError `db.embedded_busy` when one of them outlives even that
 */
export async function endOrphans(clusterName: string, at: StopPlace): Promise<number> {
  const found = await platform.listServerProcesses(clusterName, at.paths);
  if (found.length === 0) return 0;
  for (const pid of found) await platform.stop(pid, "immediate", at);
  let left = await stillRunning(found, GENTLE_MS);
  for (const pid of left) await platform.stop(pid, "kill", at);
  // One that was only just born when we looked is found now; there is nobody to make more of them.
  for (const pid of await platform.listServerProcesses(clusterName, at.paths)) {
    await platform.stop(pid, "kill", at);
    left = [...left, pid];
  }
  left = await stillRunning(left, KILL_MS);
  if (left.length === 0) return found.length;
  throw new HubError(
    "db.embedded_busy",
    `Processes ${left.join(", ")} of an old server do not end`,
    {
      facts: { pids: left.join(", ") },
    },
  );
}

/** Those that run still after the time; zombies do not, they only wait to be asked for. */
async function stillRunning(pids: readonly number[], waitMs: number): Promise<number[]> {
  const deadlineMs = systemClock.monotonicMs() + waitMs;
  let running = [...pids];
  while (true) {
    const found = await Promise.all(running.map((pid) => platform.inspect(pid)));
    running = running.filter((_pid, index) => found[index] !== undefined);
    if (running.length === 0 || systemClock.monotonicMs() > deadlineMs) return running;
    await pause(POLL_MS);
  }
}
