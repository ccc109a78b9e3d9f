import { pause } from "../../src/base/clock.ts";

// What comes soon is seen soon; a long wait does not spend the time of those who work.
const FIRST_LOOK_MS = 10;
const LONGEST_PAUSE_MS = 150;

/** What has not come yet. A count of nothing is nothing: zero would end every wait at once. */
type NotYet = undefined | null | false | 0 | 0n | "";

/**
 * Waits until `look` gives something, and returns it: undefined, null, false, zero and an empty
 * text are not yet anything. Fails with the words of `what` after `withinMs`.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T> | T,
  withinMs = 90_000,
): Promise<Exclude<T, NotYet>> {
  const startedMs = performance.now();
  let lastError: unknown;
  for (;;) {
    try {
      const found = await look();
      if (isFound(found)) return found;
      lastError = undefined;
    } catch (thrown) {
      lastError = thrown;
    }
    if (performance.now() - startedMs > withinMs) {
      throw new Error(`Waited ${withinMs} ms in vain for ${what}`, { cause: lastError });
    }
    const waitedMs = performance.now() - startedMs;
    await pause(Math.min(LONGEST_PAUSE_MS, FIRST_LOOK_MS + waitedMs / 8));
  }
}

function isFound<T>(found: T): found is Exclude<T, NotYet> {
  return Boolean(found);
}
