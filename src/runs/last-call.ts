import { AsyncLocalStorage } from "node:async_hooks";

/** Whether SL has answered the newest call of a run; false before its first. */
export type LastCall = { isAnswered: boolean };

/** What SL itself says. A proxy or a web server may speak for an SL that is away. */
const ANSWERS: ReadonlySet<string> = new Set(["ok", "erp.refused"]);

const lastCalls = new AsyncLocalStorage<LastCall>();

/** Does `work` and keeps in `last` how its newest call to SL has ended so far. */
export function followCalls<T>(last: LastCall, work: () => Promise<T>): Promise<T> {
  return lastCalls.run(last, work);
}

/**
 * Notes the outcome of a call, `ok` or an error code, for the run on whose behalf it was made: the
 * connector is shared by all runs, so it is the flow of the call that says whose it is.
 */
export function noteCall(outcome: string): void {
  const last = lastCalls.getStore();
  if (last !== undefined) last.isAnswered = ANSWERS.has(outcome);
}
