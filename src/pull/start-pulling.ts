import type { Pool } from "pg";
import { type RepeatedWork, repeatWork } from "../base/repeated-work.ts";
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
export type Pulling = RepeatedWork;

/**
 * Asks Stripe for events: every 15 seconds for the pairs that pull, and at the start and every hour
 * for what no pair got delivered; every five minutes for balance transactions, and every day for
 * what changed without an event. Of many hubs one does a round of a pair.
 */
export function startPulling(options: PullingOptions): Pulling {
  const rounds = new Rounds(options);
  const claiming = repeatWork({
    everyMs: options.lookEveryMs ?? LOOK_EVERY_MS,
    log: options.log,
    later: "Stripe's events are asked for a little later",
    work: (signal) => rounds.claim(signal),
  });
  return {
    lookNow: claiming.lookNow,
    stop: async () => {
      await claiming.stop();
      await rounds.ended();
    },
  };
}

class Rounds {
  readonly #options: PullingOptions;
  readonly #running = new Map<string, Promise<void>>();
  /** Walks whose rows are there, with the day that they were met with. */
  readonly #met = new Set<string>();
  #metSinceMs = Number.NEGATIVE_INFINITY;
  #hasStarted = false;

  constructor(options: PullingOptions) {
    this.#options = options;
  }

  async ended(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  /** Begins the rounds that are due, as many as there is room for. */
  async claim(signal: AbortSignal): Promise<void> {
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
      const deps = { ...this.#options, signal };
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
