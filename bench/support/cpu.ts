import { readdirSync, readFileSync } from "node:fs";

/** USER_HZ, which is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/**
 * The processor time that a process and its threads have used, in seconds, from
 * `/proc/<pid>/stat`; with `children` also that of its living and ended children, as for a
 * PostgreSQL server with its backends. `NaN` where there is no `/proc`.
 */
export function cpuSeconds(pid: number, options: { children?: boolean } = {}): number {
  if (options.children !== true) return ownTicks(pid) / TICKS_PER_SECOND;
  const all = [...childrenOf(pid).map(ownTicks), endedTicks(pid), ownTicks(pid)];
  return all.reduce((sum, ticks) => sum + ticks, 0) / TICKS_PER_SECOND;
}

/** Fields 14 and 15 of proc_pid_stat(5): time in user mode and in the kernel. */
function ownTicks(pid: number): number {
  const fields = statOf(pid);
  return fields === undefined ? Number.NaN : Number(fields[11]) + Number(fields[12]);
}

/** Fields 16 and 17: the same of children that were waited for. */
function endedTicks(pid: number): number {
  const fields = statOf(pid);
  return fields === undefined ? Number.NaN : Number(fields[13]) + Number(fields[14]);
}

function childrenOf(pid: number): number[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => Number(statOf(candidate)?.[1]) === pid);
}

/** The fields behind the program's name, which may hold blanks: state is the first of them. */
function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch (cause) {
    // A child that ended between listing and reading has handed its time to its parent.
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw cause;
  }
}
