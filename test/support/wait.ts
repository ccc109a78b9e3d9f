import { pause } from "../../src/base/clock.ts";

const LOOK_EVERY_MS = 25;

/** What has not come yet. A count of nothing is nothing: zero would end every wait at once. */
type NotYet = undefined | null | false | 0 | 0n | "";

/**
 * Waits until `look` gives something, and returns it: undefined, null, false, zero and an empty
 * text are not yet anything. Fails with the words of `what` after `withinMs`.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T> | T,
  withinMs = 45_000,
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
    await pause(LOOK_EVERY_MS);
  }
}

function isFound<T>(found: T): found is Exclude<T, NotYet> {
  return Boolean(found);
}
