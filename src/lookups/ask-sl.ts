import type { Pool } from "pg";
import { HubError, toHubError } from "../base/errors.ts";
import { callAsGuest, readPairStates } from "../lanes/index.ts";
import type { PairRuntime } from "../runs/index.ts";

/** Look-ups of one pair that wait in one process at most. */
const WAITING_MAX = 20;

/** Who asks and until when. */
export type Asking = Readonly<{
  pair: PairRuntime;
  withinMs: number;
  /** The caller's own end: it went away, or the process stops. */
  signal: AbortSignal;
}>;

/**
 * The one door of look-ups to SL: within a time limit, never while the circuit is open, one at a
 * time for each pair and process, in the place of the pair's guest. So look-ups take one call of
 * the pair's limit at most, and runs keep the others.
 */
export class SlDoor {
  readonly #pool: Pool;
  readonly #owner: string;
  readonly #waiting = new Map<string, number>();
  readonly #tails = new Map<string, Promise<void>>();

  constructor(pool: Pool, owner: string) {
    this.#pool = pool;
    this.#owner = owner;
  }

  /**
   * @throws HubError `lookup.timeout`, `lookup.busy`, `lookup.unavailable`, and what SL refuses
   */
  async ask<T>(asking: Asking, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { pair, withinMs } = asking;
    await this.#refuseWhileOpen(pair.id);
    const limit = AbortSignal.timeout(withinMs);
    const signal = AbortSignal.any([asking.signal, limit]);
    try {
      return await this.#inTurn(pair.id, signal, () =>
        callAsGuest(
          {
            pool: this.#pool,
            pair: pair.id,
            limit: pair.settings.sl.callLimit,
            owner: this.#owner,
            signal,
            withinMs,
          },
          () => call(signal),
        ),
      );
    } catch (thrown) {
      if (limit.aborted) throw tooLate(pair.id, withinMs, thrown);
      throw asUnavailable(pair.id, thrown);
    }
  }

  async #refuseWhileOpen(pair: string): Promise<void> {
    const states = await readPairStates(this.#pool);
    const state = states.find((known) => known.pair === pair);
    if (state?.circuit !== "open") return;
    const since = state.circuitOpenedAt?.toISOString() ?? "some time";
    throw new HubError("lookup.unavailable", `SL of ${pair} does not answer since ${since}`, {
      facts: { pair, since, probeAt: state.probeAt?.toISOString() },
    });
  }

  /** One after the other: a queue here spares the database one of guests that wait for a place. */
  async #inTurn<T>(pair: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const waiting = this.#waiting.get(pair) ?? 0;
    if (waiting >= WAITING_MAX) {
      throw new HubError("lookup.busy", `${waiting} look-ups of ${pair} wait already`);
    }
    this.#waiting.set(pair, waiting + 1);
    const before = this.#tails.get(pair) ?? Promise.resolve();
    const { promise: mine, resolve: done } = Promise.withResolvers<void>();
    this.#tails.set(
      pair,
      before.then(() => mine),
    );
    try {
      await Promise.race([before, aborted(signal)]);
      signal.throwIfAborted();
      return await work();
    } finally {
      this.#waiting.set(pair, (this.#waiting.get(pair) ?? 1) - 1);
      done();
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function tooLate(pair: string, withinMs: number, cause: unknown): HubError {
  const message = `SL of ${pair} did not answer within ${withinMs / 1_000} s`;
  return new HubError("lookup.timeout", message, { facts: { pair, withinMs }, cause });
}

function asUnavailable(pair: string, thrown: unknown): unknown {
  const error = toHubError(thrown);
  if (error.code !== "erp.unavailable" && error.code !== "erp.busy") return thrown;
  return new HubError("lookup.unavailable", `SL of ${pair} could not be asked: ${error.message}`, {
    facts: { pair },
    cause: thrown,
  });
}
