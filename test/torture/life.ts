import type { Clock } from "../../src/base/clock.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** What a killed worker's code meets wherever it turns: it can reach nothing any more. */
export class Killed extends Error {
  constructor() {
    super("this process was killed");
    this.name = "Killed";
  }
}

type Freeze = {
  atMs: number;
  rests: number;
  readonly thawsAtReleaseOf: string | undefined;
  readonly thawed: Promise<void>;
  readonly thaw: () => void;
};

/**
 * Whether a worker lives. Killed: whatever it calls fails, and its calls under way are cut.
 * Frozen: it neither calls nor gets answers, and its clock stands still, as after SIGSTOP.
 */
export class Life {
  readonly name: string;
  readonly clock: Clock;
  readonly #time: VirtualTime;
  readonly #death = new AbortController();
  readonly #onKill: (() => void)[] = [];
  #freeze: Freeze | undefined;

  constructor(name: string, time: VirtualTime) {
    this.name = name;
    this.#time = time;
    this.clock = time.clock(() => this.#freeze?.atMs);
  }

  get isDead(): boolean {
    return this.#death.signal.aborted;
  }

  get isFrozen(): boolean {
    return this.#freeze !== undefined;
  }

  /** The intent key of the document before whose release by another one it goes on. */
  get thawsAtReleaseOf(): string | undefined {
    return this.#freeze?.thawsAtReleaseOf;
  }

  /** Aborts at the kill; given to every call, so that none leaves the process after it. */
  get death(): AbortSignal {
    return this.#death.signal;
  }

  onKill(act: () => void): void {
    this.#onKill.push(act);
  }

  kill(): void {
    if (this.isDead) return;
    this.#death.abort(new Killed());
    this.thaw();
    for (const act of this.#onKill) act();
  }

  freeze(rests: number, thawsAtReleaseOf?: string): void {
    if (this.isDead || this.isFrozen) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const atMs = this.#time.nowMs();
    this.#freeze = { atMs, rests, thawsAtReleaseOf, thawed: promise, thaw: resolve };
  }

  thaw(): void {
    const freeze = this.#freeze;
    this.#freeze = undefined;
    freeze?.thaw();
  }

  /** The world has come to rest once more; a frozen worker goes on after its number of rests. */
  rest(): boolean {
    const freeze = this.#freeze;
    if (freeze === undefined || freeze.thawsAtReleaseOf !== undefined) return false;
    freeze.rests -= 1;
    if (freeze.rests >= 0) return false;
    this.thaw();
    return true;
  }

  /** Returns while the worker runs; waits while it is frozen. @throws Killed */
  async pass(): Promise<void> {
    while (this.#freeze !== undefined) await this.#freeze.thawed;
    if (this.isDead) throw new Killed();
  }

  /** Returns at once while the worker lives, frozen or not. @throws Killed */
  passAlive(): Promise<void> {
    return this.isDead ? Promise.reject(new Killed()) : Promise.resolve();
  }

  /** Makes a call of this worker: neither it nor its answer gets through a freeze or a kill. */
  async guard<T>(call: () => Promise<T>): Promise<T> {
    await this.pass();
    try {
      return await call();
    } finally {
      await this.pass();
    }
  }

  /**
   * Makes a call that is past its worker's last look at the clock: a freeze holds back its answer
   * and not the call, which no guard could stop any more.
   */
  async carry<T>(call: () => Promise<T>): Promise<T> {
    await this.passAlive();
    try {
      return await call();
    } finally {
      await this.pass();
    }
  }

  /** The signal of a run, which the kill aborts as well. */
  link(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.death : AbortSignal.any([signal, this.death]);
  }
}
