import type { World } from "../world.ts";

/** One kind of thing that happens by itself once its time has come. */
export type Due = Readonly<{
  name: string;
  /** Beginnings of the event types that can bring work of this kind. */
  news: readonly string[];
  /** When the first of it comes due, in ms. */
  next: (world: World) => number | undefined;
  /** Does all that is due at the world's moment, each in a change of its own. */
  act: (world: World) => void;
}>;

/**
 * Runs what comes due, the earliest first, each as of the moment it came due: a clock that is moved
 * on by a month makes the payouts of thirty days, not one.
 */
export class Agenda {
  readonly #world: World;
  readonly #kinds: readonly Due[];
  readonly #nextMs = new Map<Due, number>();
  #callOff: (() => void) | undefined;
  #isRunning = false;

  constructor(world: World, kinds: readonly Due[]) {
    this.#world = world;
    this.#kinds = kinds;
    const sendEvents = world.onCommitted;
    world.onCommitted = (events) => {
      sendEvents?.(events);
      this.#hear(events.map(({ type }) => type));
    };
    this.rearm();
  }

  /** Starts over after rows or settings have changed without an event. */
  rearm(): void {
    for (const kind of this.#kinds) this.#look(kind);
    this.#arm();
  }

  #look(kind: Due): void {
    const next = kind.next(this.#world);
    if (next === undefined) this.#nextMs.delete(kind);
    else this.#nextMs.set(kind, next);
  }

  #hear(types: readonly string[]): void {
    const told = this.#kinds.filter(({ news }) =>
      news.some((beginning) => types.some((type) => type.startsWith(beginning))),
    );
    for (const kind of told) this.#look(kind);
    if (told.length > 0 && !this.#isRunning) this.#run();
  }

  #first(): { kind: Due; ms: number } | undefined {
    let first: { kind: Due; ms: number } | undefined;
    for (const [kind, ms] of this.#nextMs) {
      if (first === undefined || ms < first.ms) first = { kind, ms };
    }
    return first;
  }

  #run(): void {
    this.#isRunning = true;
    try {
      for (;;) {
        const first = this.#first();
        if (first === undefined || first.ms > this.#world.clock.nowMs()) break;
        this.#world.at(first.ms, () => first.kind.act(this.#world));
        this.#look(first.kind);
        if ((this.#nextMs.get(first.kind) ?? Infinity) <= first.ms) {
          throw new Error(`${first.kind.name} is due again at the moment it was done`);
        }
      }
    } finally {
      this.#isRunning = false;
    }
    this.#arm();
  }

  #arm(): void {
    this.#callOff?.();
    this.#callOff = undefined;
    const first = this.#first();
    if (first === undefined) return;
    const waitMs = Math.max(0, first.ms - this.#world.clock.nowMs());
    this.#callOff = this.#world.clock.after(waitMs, () => {
      this.#callOff = undefined;
      this.#run();
    });
  }
}
