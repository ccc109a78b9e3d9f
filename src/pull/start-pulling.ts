import type { Pool } from "pg";
import { toHubError } from "../base/errors.ts";
import { checkGapsNow, claimWalks, meetWalks, type WalkId } from "./claim.ts";
import { type EventSource, goRound, type RoundDeps } from "./rounds.ts";
import type { WalkKind } from "./walk.ts";

/** How often a process looks for walks that are due: one small statement. */
const LOOK_EVERY_MS = 1_000;
/** Rounds at once in one process: each reads page after page, so more would only hold memory. */
const ROUNDS_AT_ONCE = 4;

/** How often the rows of all walks are made sure of. */
const MEET_EVERY_MS = 60_000;

/** A pair as the rounds need it. */
export type PulledPair = Readonly<{
  id: string;
  intake: "webhook" | "pull" | "both";
  eventsSince: string | undefined;
  stripe: EventSource;
}>;

export type PullingOptions = Omit<RoundDeps, "signal"> &
  Readonly<{
    /** Names this process, as its heartbeats do. */
    owner: string;
    /** Read anew at each look. */
    pairs: () => readonly PulledPair[];
    /** Default: a second. */
    lookEveryMs?: number;
  }>;

/** The rounds at work. */
export type Pulling = Readonly<{ stop(): Promise<void> }>;

/**
 * Asks Stripe for events: every 15 seconds for the pairs that pull, and at the start and every hour
 * for what no pair got delivered; every five minutes for balance transactions, and every day for
 * what changed without an event. Of many hubs one does a round of a pair.
 */
export function startPulling(options: PullingOptions): Pulling {
  const closing = new AbortController();
  const rounds = new Rounds(options, closing.signal);
  const timer = setInterval(() => rounds.look(), options.lookEveryMs ?? LOOK_EVERY_MS);
  rounds.look();
  return {
    stop: async () => {
      clearInterval(timer);
      closing.abort();
      await rounds.ended();
    },
  };
}

class Rounds {
  readonly #options: PullingOptions;
  readonly #signal: AbortSignal;
  readonly #running = new Map<string, Promise<void>>();
  /** Walks whose rows are there, with the day that they were met with. */
  readonly #met = new Set<string>();
  #metSinceMs = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;
  #hasStarted = false;
  #hasFailed = false;

  constructor(options: PullingOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  look(): void {
    if (this.#signal.aborted) return;
    this.#looking ??= this.#claim()
      .then(() => {
        this.#hasFailed = false;
      })
      .catch((thrown: unknown) => {
        const { code, message } = toHubError(thrown);
        // Once a row: a database that is away for an hour is not told of every second.
        if (this.#hasFailed) return;
        this.#hasFailed = true;
        this.#options.log.warn(
          { code },
          `Stripe's events are asked for a little later: ${message}`,
        );
      })
      .finally(() => {
        this.#looking = undefined;
      });
  }

  async ended(): Promise<void> {
    await this.#looking;
    await Promise.all(this.#running.values());
  }

  async #claim(): Promise<void> {
    const { pool, owner, pairs } = this.#options;
    const byId = new Map(pairs().map((pair) => [pair.id, pair]));
    const hasRows = this.#options.ledger !== undefined;
    const walks = [...byId.values()].flatMap((pair) => walksOf(pair, hasRows));
    await this.#meet(pool, walks);
    const idle = walks.filter((walk) => !this.#running.has(nameOf(walk)));
    const room = ROUNDS_AT_ONCE - this.#running.size;
    if (room <= 0 || idle.length === 0) return;
    for (const walk of await claimWalks(pool, owner, { walks: idle, room })) {
      const stripe = byId.get(walk.pair)?.stripe;
      if (stripe === undefined) continue;
      const deps = { ...this.#options, signal: this.#signal };
      const name = nameOf(walk);
      const round = goRound(deps, walk, stripe).finally(() => this.#running.delete(name));
      this.#running.set(name, round);
    }
  }

  async #meet(pool: Pool, walks: readonly WalkId[]): Promise<void> {
    // A database that was put back under the hub may not know a pair any more.
    if (performance.now() - this.#metSinceMs > MEET_EVERY_MS) this.#met.clear();
    const isNew = (walk: WalkId) => !this.#met.has(metName(walk));
    const fresh = walks.filter(isNew);
    if (fresh.length === 0) return;
    await meetWalks(pool, fresh);
    if (this.#met.size === 0) this.#metSinceMs = performance.now();
    for (const walk of fresh) this.#met.add(metName(walk));
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    await checkGapsNow(pool, [...new Set(fresh.map(({ pair }) => pair))]);
  }
}

function walksOf({ id, intake, eventsSince }: PulledPair, hasRows: boolean): WalkId[] {
  const ofEvents: WalkKind[] = intake === "webhook" ? ["gap"] : ["gap", "pull"];
  const kinds: WalkKind[] = hasRows ? [...ofEvents, "rows", "sweep"] : ofEvents;
  return kinds.map((kind) => ({ pair: id, kind, eventsSince }));
}

function nameOf({ pair, kind }: Readonly<{ pair: string; kind: WalkKind }>): string {
  return `${pair} ${kind}`;
}

function metName(walk: WalkId): string {
  return `${nameOf(walk)} ${walk.eventsSince ?? ""}`;
}
