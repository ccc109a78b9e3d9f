import { AsyncLocalStorage } from "node:async_hooks";

const looks = new AsyncLocalStorage<() => boolean>();

/**
 * Makes `call`, whose write may leave this process only while `mayLeave` holds. What the call reads
 * first takes its time, and a process can stand still anywhere: so it is asked where the first byte
 * leaves, by a client that all runs share, and the flow of the call says on whose behalf.
 */
export function sendOnlyWhile<T>(mayLeave: () => boolean, call: () => Promise<T>): Promise<T> {
  return looks.run(mayLeave, call);
}

/** The last look of whoever makes this call; one that nobody has bound may always leave. */
export function lastLook(): () => boolean {
  return looks.getStore() ?? always;
}

function always(): boolean {
  return true;
}
