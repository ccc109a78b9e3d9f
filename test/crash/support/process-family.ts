import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A process and all that it has started, found in `/proc`; a server that left the family too. */
export function familyOf(pid: number, home: string): number[] {
  const parents = readParents();
  const family = [pid];
  for (const member of family) {
    for (const [child, parent] of parents) {
      if (parent === member && !family.includes(child)) family.push(child);
    }
  }
  const postmaster = readFileSync(join(home, "postgres", "data", "postmaster.pid"), "utf8");
  return [...new Set([...family, Number(postmaster.split("\n")[0])])];
}

/** Those that still run; a zombie does not, it only waits to be asked for. */
export function stillRunning(pids: readonly number[]): number[] {
  return pids.filter((pid) => {
    const fields = statOf(pid);
    return fields !== undefined && fields[0] !== "Z";
  });
}

function readParents(): Map<number, number> {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return new Map(pids.map((pid) => [Number(pid), Number(statOf(Number(pid))?.[1] ?? 0)]));
}

/** State, parent and the rest, after the name; see proc(5). */
function statOf(pid: number): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ");
  } catch (thrown) {
    if (["ENOENT", "ESRCH"].includes((thrown as NodeJS.ErrnoException).code ?? "")) {
      return undefined;
    }
    throw thrown;
  }
}
