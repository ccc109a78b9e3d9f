import type { Pool } from "pg";
import { pause } from "../base/clock.ts";
import { toHubError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { isUnavailable } from "../db/index.ts";
import {
  DELIVERY_LEASE_MS,
  type DeliveryDeps,
  type DeliverySchedule,
  deliverTo,
  WRITTEN_SCHEDULE,
} from "./deliver.ts";
import { CLAIM_SQL } from "./delivery-sql.ts";
import { FORGOTTEN_AT_ONCE, forgetEvents } from "./forget-events.ts";
import { Connections } from "./post.ts";
import { NUMBERED_AT_ONCE } from "./read-events.ts";
import type { SealingKey } from "./secrets.ts";

/** How often events get their positions while somebody waits for them, and while nobody does. */
const LOOK_EVERY_MS = 250;
const LOOK_IDLE_MS = 5_000;
const KEEP_DAYS = 90;
/** How often it is looked whether events are old enough to be deleted. */
const FORGET_EVERY_MS = 60 * 60_000;
/** Subscribers that one process tells at once. */
const SUBSCRIBERS_AT_ONCE = 16;

const LOOK_SQL = `
select slipway_number_events($1) as newest,
  exists (select from subscriber where state = 'enabled') as "hasSubscribers"`;

/** What the loop needs of its process. */
export type TellerOptions = Readonly<{
  pool: Pool;
  log: Log;
  /** The process, as its lanes name it. */
  owner: string;
  key: SealingKey;
  /** Default: the written one. */
  schedule?: DeliverySchedule;
  /** Days for which events are kept that everybody has taken; default 90. */
  keepDays?: number;
}>;

/**
 * The loop of a process that gives events their positions and tells subscribers and readers of
 * them. Any number of processes may run it: one of them numbers at a time, and each subscriber is
 * told by one, under a lease.
 */
export class Teller {
  readonly #deps: DeliveryDeps;
  readonly #stopping = new AbortController();
  readonly #atWork = new Set<Promise<void>>();
  readonly #readers = new Set<(newest: bigint) => void>();
  #poked = new AbortController();
  #newest = 0n;
  #claims = 0;
  #forgetAt = 0;
  readonly #keepDays: number;
  #loop: Promise<void>;

  constructor(options: TellerOptions) {
    const { schedule = WRITTEN_SCHEDULE, keepDays = KEEP_DAYS, ...rest } = options;
    this.#keepDays = keepDays;
    const signal = this.#stopping.signal;
    this.#deps = { ...rest, schedule, signal, connections: new Connections() };
    this.#loop = this.#run();
  }

  /** The newest position that this process knows of. */
  get newest(): bigint {
    return this.#newest;
  }

  /** Calls `onNewest` whenever there are events of a newer position; returns how to end that. */
  listen(onNewest: (newest: bigint) => void): () => void {
    this.#readers.add(onNewest);
    this.lookNow();
    return () => void this.#readers.delete(onNewest);
  }

  /** Looks at once: a subscriber was added, enabled or replayed. */
  lookNow(): void {
    this.#poked.abort();
  }

  /** Stops it; posts under way are cut off and sent again by whoever goes on. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#poked.abort();
    await this.#loop;
    await Promise.all(this.#atWork);
    this.#deps.connections.close();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const waitMs = await this.#look().catch((thrown: unknown) => {
        this.#tellTrouble(thrown);
        return LOOK_IDLE_MS;
      });
      await pause(waitMs, this.#poked.signal);
      if (!signal.aborted) this.#poked = new AbortController();
    }
  }

  /** One round; returns how long to wait for the next. */
  async #look(): Promise<number> {
    const before = this.#newest;
    const { rows } = await this.#deps.pool.query<{ newest: bigint; hasSubscribers: boolean }>({
      name: "slipway_number_events",
      text: LOOK_SQL,
      values: [NUMBERED_AT_ONCE],
    });
    const { newest = 0n, hasSubscribers = false } = rows[0] ?? {};
    this.#newest = newest;
    if (newest !== before) for (const onNewest of this.#readers) onNewest(newest);
    if (hasSubscribers) await this.#claim(newest);
    if (performance.now() >= this.#forgetAt) await this.#forget();
    if (newest - before >= NUMBERED_AT_ONCE && before > 0n) return 0;
    return hasSubscribers || this.#readers.size > 0 ? LOOK_EVERY_MS : LOOK_IDLE_MS;
  }

  async #forget(): Promise<void> {
    const count = await forgetEvents(this.#deps.pool, this.#keepDays);
    if (count < FORGOTTEN_AT_ONCE) this.#forgetAt = performance.now() + FORGET_EVERY_MS;
  }

  async #claim(newest: bigint): Promise<void> {
    const room = SUBSCRIBERS_AT_ONCE - this.#atWork.size;
    if (room <= 0) return;
    const { pool } = this.#deps;
    // Each claim has a name of its own: one that a replay has ended, with a post still under way,
    // must not save anything for the next one of the same process.
    this.#claims += 1;
    const owner = `${this.#deps.owner}/${this.#claims}`;
    const values = [owner, String(newest), room, DELIVERY_LEASE_MS];
    const { rows } = await pool.query<{ id: string; url: string }>(CLAIM_SQL, values);
    for (const subscriber of rows) {
      const work = deliverTo({ ...this.#deps, owner }, subscriber)
        .catch((thrown: unknown) => this.#tellTrouble(thrown))
        .finally(() => this.#atWork.delete(work));
      this.#atWork.add(work);
    }
  }

  #tellTrouble(thrown: unknown): void {
    const error = toHubError(thrown);
    const { log, signal } = this.#deps;
    if (signal.aborted && isUnavailable(thrown)) return;
    log.warn({ code: error.code }, `Events are told again in a moment: ${error.message}`);
  }
}
