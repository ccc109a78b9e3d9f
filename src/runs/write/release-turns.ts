import { AsyncResource } from "node:async_hooks";
import type { Pool, PoolClient } from "pg";

const TAKE_SQL = "select slipway_take_turn($1) as is_ours";
const FREE_SQL = "select pg_advisory_unlock(1397512788, hashtext($1))";
/** Connections held for turns at most: runs must not starve because many pairs release at once. */
const HELD_MAX = 4;
/** Releases in a row before other hubs of the same pair get their turn. */
const IN_A_ROW_MAX = 8;

/**
 * How long a release waits for those before it in this process. Where SL takes a third of a minute
 * for each, as many as the default call limit lets in still come one by one.
 */
const WAITED_MAX_MS = 60_000;

type Waiting = () => Promise<void>;

/**
 * One release at a time for each pair, over all hubs: SL's release takes locks across tables, and
 * two at once make one of them the deadlock victim.
 *
 * A process queues its own releases and holds one advisory lock while it works some off. A lock
 * that is lost with its connection costs no more than a deadlock, which is retried.
 */
export class ReleaseTurns {
  readonly #pool: Pool;
  readonly #queues = new Map<string, Waiting[]>();
  #held = 0;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /**
   * Runs `release` when it is its turn, or after a minute without one: a release that hangs must
   * not hold up the others. What it throws comes through.
   */
  take<T>(pair: string, release: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      // Whichever run works it off, its calls are those of the run that waits for it.
      const turn: Waiting = AsyncResource.bind(() => {
        clearTimeout(timer);
        return release().then(resolve, reject);
      });
      const timer = setTimeout(() => {
        const waiting = this.#queues.get(pair);
        const place = waiting?.indexOf(turn) ?? -1;
        if (place === -1) return;
        waiting?.splice(place, 1);
        void turn();
      }, WAITED_MAX_MS);
      const queue = this.#queues.get(pair);
      if (queue !== undefined) {
        queue.push(turn);
        return;
      }
      this.#queues.set(pair, [turn]);
      void this.#workOff(pair);
    });
  }

  async #workOff(pair: string): Promise<void> {
    const queue = this.#queues.get(pair) ?? [];
    while (queue.length > 0) {
      const client = await this.#lock(pair);
      try {
        for (let done = 0; done < IN_A_ROW_MAX; done += 1) {
          const turn = queue.shift();
          if (turn === undefined) break;
          await turn();
        }
      } finally {
        await this.#unlock(pair, client);
      }
    }
    this.#queues.delete(pair);
  }

  /**
   * The connection that holds the lock. Undefined where the turn cannot be had, since its holder is
   * frozen, many pairs release at once, or the database is away: two releases at once do no harm
   * that a retry does not mend.
   */
  async #lock(pair: string): Promise<PoolClient | undefined> {
    if (this.#held >= HELD_MAX) return undefined;
    this.#held += 1;
    const client = await this.#connectAndTake(pair);
    if (client === undefined) this.#held -= 1;
    return client;
  }

  async #connectAndTake(pair: string): Promise<PoolClient | undefined> {
    const client = await this.#pool.connect().catch(() => undefined);
    if (client === undefined) return undefined;
    try {
      const turn = await client.query<{ is_ours: boolean }>(TAKE_SQL, [pair]);
      if (turn.rows[0]?.is_ours === true) return client;
      client.release();
    } catch {
      client.release(true);
    }
    return undefined;
  }

  async #unlock(pair: string, client: PoolClient | undefined): Promise<void> {
    if (client === undefined) return;
    this.#held -= 1;
    try {
      await client.query(FREE_SQL, [pair]);
      client.release();
    } catch {
      // The connection is gone, and the lock with it.
      client.release(true);
    }
  }
}

const turnsOfPool = new WeakMap<Pool, ReleaseTurns>();

/** The turns of this process: runs that share a pool share one queue for each pair. */
export function releaseTurnsOf(pool: Pool): ReleaseTurns {
  const known = turnsOfPool.get(pool);
  if (known !== undefined) return known;
  const turns = new ReleaseTurns(pool);
  turnsOfPool.set(pool, turns);
  return turns;
}
