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
  if (await haveEnded(clusterName, at, GENTLE_MS)) return found.length;
  for (const pid of await platform.listServerProcesses(clusterName, at.paths)) {
    await platform.stop(pid, "kill", at);
  }
  if (await haveEnded(clusterName, at, KILL_MS)) return found.length;
  const left = await platform.listServerProcesses(clusterName, at.paths);
  throw new HubError(
    "db.embedded_busy",
    `Processes ${left.join(", ")} of an old server do not end`,
    {
      facts: { pids: left.join(", ") },
    },
  );
}

async function haveEnded(clusterName: string, at: StopPlace, waitMs: number): Promise<boolean> {
  const deadlineMs = systemClock.monotonicMs() + waitMs;
  while (true) {
    // A killed process whose parent does not ask for it stays listed as a zombie without a title.
    if ((await platform.listServerProcesses(clusterName, at.paths)).length === 0) return true;
    if (systemClock.monotonicMs() > deadlineMs) return false;
    await pause(POLL_MS);
  }
}
