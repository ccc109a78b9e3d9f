/** Where the hub gets the time from: tests bring their own. */
export type Clock = Readonly<{
  /** The wall clock. It may step; nothing that must not be fooled by a step uses it. */
  now(): Date;
  /** Milliseconds that only ever grow, for durations and time limits. */
  monotonicMs(): number;
}>;

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
};

/** Resolves after `delayMs`, at once when `signal` aborts. */
export function pause(delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, delayMs);
    signal?.addEventListener("abort", done);
  });
}
