import type { Pool } from "pg";
import { type HubError, toHubError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { type RepeatedWork, repeatWork } from "../base/repeated-work.ts";
import type { PairRuntime } from "../runs/index.ts";
import { lookAtHealing, watchPair } from "./round.ts";
import { beginRound, duePairs, endRound, meetPairs, noteProgress, whileAlone } from "./rounds.ts";

/** How often a process sees whether a look is due: one small statement. */
const LOOK_EVERY_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** A look takes a twenty-fourth of the time at most: a large one comes less often. */
const REST_SHARE = 23;
/** A look that ended in trouble is taken again by then; an SL that is away is back soon mostly. */
const AGAIN_AFTER_MS = 10 * MINUTE_MS;
const FIRST_AFTER_MS = 10 * MINUTE_MS;
/** What is being healed is looked at by itself. */
const HEALING_EVERY_MS = 5_000;

export type WatchOptions = Readonly<{
  pool: Pool;
  log: Log;
  /** The pairs as guests; read anew at each look. */
  pairs: () => readonly PairRuntime[];
}>;

/** The looks at work. */
export type Watching = RepeatedWork;

/**
 * Compares each pair's documents with SL as often as it wants, and when somebody asks for it, in
 * one hub of all. Pairs take turns, so that no more than one page of documents is held.
 */
export function startWatching(options: WatchOptions): Watching {
  const looks = new Looks(options);
  return repeatWork({
    everyMs: LOOK_EVERY_MS,
    log: options.log,
    later: "SL's documents are looked at later",
    work: (signal) => looks.lookAtAll(signal),
  });
}

class Looks {
  readonly #options: WatchOptions;
  #met = "";
  #healedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  async lookAtAll(signal: AbortSignal): Promise<void> {
    const { pool, pairs } = this.#options;
    const all = pairs();
    const ids = all.map(({ id }) => id);
    const named = ids.join(" ");
    if (named !== this.#met) await meetPairs(pool, ids, FIRST_AFTER_MS);
    this.#met = named;
    const due = new Set(await duePairs(pool, ids));
    for (const pair of all) if (due.has(pair.id)) await this.#lookAt(pair, signal);
    if (performance.now() - this.#healedAtMs < HEALING_EVERY_MS) return;
    this.#healedAtMs = performance.now();
    for (const pair of all) await lookAtHealing({ pool, pair, signal });
  }

  async #lookAt(pair: PairRuntime, signal: AbortSignal): Promise<void> {
    const { pool } = this.#options;
    await whileAlone(pool, pair.id, async () => {
      const begun = await beginRound(pool, pair.id);
      if (begun !== undefined) await this.#goRound(pair, begun.isFull, signal);
    });
  }

  async #goRound(pair: PairRuntime, isFull: boolean, signal: AbortSignal): Promise<void> {
    const { pool, log } = this.#options;
    const startedMs = performance.now();
    try {
      const onProgress = (progress: Readonly<{ checked: number; total: number }>) =>
        noteProgress(pool, pair.id, progress);
      const onLeftOut = (customerId: string, { code, message }: HubError) => {
        log.warn({ pair: pair.id, customerId, code }, `Returns are not looked for: ${message}`);
      };
      const watched = { isFull, now: new Date(), onLeftOut, onProgress };
      await watchPair({ pool, pair, signal }, watched);
      const tookMs = performance.now() - startedMs;
      const everyMs = pair.settings.sl.watchEvery * HOUR_MS;
      await endRound(pool, pair.id, { dueInMs: Math.max(everyMs, tookMs * REST_SHARE) });
    } catch (thrown) {
      // A process that stops leaves the look to the next, without a word.
      if (signal.aborted) return;
      const { code, message } = toHubError(thrown);
      log.warn({ pair: pair.id, code }, `SL's documents could not be compared: ${message}`);
      await endRound(pool, pair.id, { dueInMs: AGAIN_AFTER_MS, thrown });
    }
  }
}
