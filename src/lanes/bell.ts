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
      // Rung several times for each order: an abort would make an error with its stack each time.
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.#stopWaiting = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#stopWaiting = undefined;
    }
    this.#isRung = false;
  }
}
