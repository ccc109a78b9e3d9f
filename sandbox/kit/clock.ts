/** A longer timer would fire at once: Node keeps its delay in 31 bits. */
const TIMER_MS_MAX = 2_147_483_647;

/**
 * The time a sandbox lives in: the machine's, moved by an offset, or frozen where a test says so.
 * Timers set through `after` fire when this clock, not the machine's, reaches their moment.
 */
export class SandboxClock {
  #frozenAtMs: number | undefined;
  #offsetMs = 0;
  readonly #waiting = new Set<{ dueMs: number; run: () => void; timer?: NodeJS.Timeout }>();

  nowMs(): number {
    return this.#frozenAtMs ?? Date.now() + this.#offsetMs;
  }

  /** Runs `run` once this clock has moved `delayMs` on; returns the function that calls it off. */
  after(delayMs: number, run: () => void): () => void {
    const entry: { dueMs: number; run: () => void; timer?: NodeJS.Timeout } = {
      dueMs: this.nowMs() + delayMs,
      run,
    };
    this.#waiting.add(entry);
    this.#arm(entry);
    return () => {
      clearTimeout(entry.timer);
      this.#waiting.delete(entry);
    };
  }

  /** Stops the clock where it stands; only `advance` moves it then. */
  freeze(): void {
    this.#frozenAtMs = this.nowMs();
    this.#armAll();
  }

  /** Lets the clock run on from where it stands. */
  thaw(): void {
    if (this.#frozenAtMs === undefined) return;
    this.#offsetMs = this.#frozenAtMs - Date.now();
    this.#frozenAtMs = undefined;
    this.#armAll();
  }

  /** Moves the clock by `deltaMs` and runs what has come due, earliest first. */
  advance(deltaMs: number): void {
    if (this.#frozenAtMs === undefined) this.#offsetMs += deltaMs;
    else this.#frozenAtMs += deltaMs;
    const now = this.nowMs();
    const due = [...this.#waiting].filter((entry) => entry.dueMs <= now);
    due.sort((a, b) => a.dueMs - b.dueMs);
    for (const entry of due) this.#fire(entry);
    this.#armAll();
  }

  /** Puts the clock so far from the machine's, whatever it was moved or frozen by before. */
  shift(offsetMs: number): void {
    this.thaw();
    this.advance(offsetMs - this.#offsetMs);
  }

  /** Calls off all that waits. */
  close(): void {
    for (const entry of this.#waiting) clearTimeout(entry.timer);
    this.#waiting.clear();
  }

  #armAll(): void {
    for (const entry of this.#waiting) this.#arm(entry);
  }

  #arm(entry: { dueMs: number; run: () => void; timer?: NodeJS.Timeout }): void {
    clearTimeout(entry.timer);
    if (this.#frozenAtMs !== undefined) return;
    const delayMs = Math.min(Math.max(0, entry.dueMs - this.nowMs()), TIMER_MS_MAX);
    entry.timer = setTimeout(() => {
      if (this.nowMs() < entry.dueMs) this.#arm(entry);
      else this.#fire(entry);
    }, delayMs);
  }

  #fire(entry: { run: () => void; timer?: NodeJS.Timeout }): void {
    clearTimeout(entry.timer);
    if (this.#waiting.delete(entry as never)) entry.run();
  }
}
