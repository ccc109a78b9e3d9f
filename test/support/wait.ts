import { pause } from "../../src/base/clock.ts";

const LOOK_EVERY_MS = 25;

/**
 * Waits until `look` gives a value other than undefined and false, and returns it. Fails with the
 * words of `what` after `withinMs`.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs = 20_000,
): Promise<T> {
  const startedMs = performance.now();
  let lastError: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
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
