import { pause } from "../base/clock.ts";

/** Wakes one waiter; a ring while nobody waits is kept for the next one. */
export class Bell {
  #isRung = false;
  #stopWaiting: (() => void) | undefined;

  ring(): void {
    this.#isRung = true;
    this.#stopWaiting?.();
  }

  /** Resolves when it rings, at the latest after `timeoutMs`. */
  async wait(timeoutMs: number): Promise<void> {
    if (!this.#isRung && timeoutMs > 0) {
      const waiting = new AbortController();
      this.#stopWaiting = () => waiting.abort();
      await pause(timeoutMs, waiting.signal);
      this.#stopWaiting = undefined;
    }
    this.#isRung = false;
  }
}
