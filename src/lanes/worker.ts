import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type { Pool } from "pg";
import { type Clock, pause, systemClock } from "../base/clock.ts";
import { HubError } from "../base/errors.ts";
import { type Log, silentLog } from "../base/log.ts";
import { type Listener, listen, openPool, SHORT_CONNECT_MS } from "../db/index.ts";
import { Bell } from "./bell.ts";
import { claimLanes, type PairLimit, releaseLanes, signOff } from "./claim.ts";
import { endFailedRun } from "./failed-run.ts";
import { type ClaimedLane, type DueIn, LANE_CHANNEL } from "./lane.ts";
import { GIVE_UP_AFTER_MS, LeaseKeeper } from "./lease-keeper.ts";

/** The claim loop looks at least this often, for whatever no notification told. */
const POLL_MS = 1_000;
/** How long `stop` lets runs come to their next receipt, and then to notice that they must end. */
const STOP_WITHIN_MS = 25_000;
const STOP_ABORTED_WITHIN_MS = 2_000;
const CONNECTIONS = 2;

/** What a claim loop works with, and whom it tells of lanes that change hands. */
export type LaneWorkerOptions = Readonly<{
  /** Saves the end of runs that threw. */
  pool: Pool;
  /**
   * For three connections of the worker's own: one listens, two claim and renew. Runs that use up
   * `pool` must not cost the process its leases.
   */
  url: string;
  /** Unique for every start of a process; see `newOwnerName`. */
  owner: string;
  /** The pairs to work for, read anew for each claim. */
  pairs: () => readonly PairLimit[];
  /** How many lanes this process works at once, over all pairs. */
  maxLanes: number;
  /**
   * Works one lane and ends it with `finishLane` in the transaction that saves the outcome. What it
   * throws is logged, and the lane is tried again with a growing delay. A lane that it leaves
   * without either stands still until its lease has run out.
   *
   * @param leave may be told, once that is saved, when the lane is due again: then no claim follows
   *   that could find nothing
   */
  work: (lane: ClaimedLane, signal: AbortSignal, leave: (dueIn: DueIn) => void) => Promise<void>;
  log?: Log;
  clock?: Clock;
  /** A lane of a process whose lease had run out is worked on here now. */
  onTakeOver?: (lane: ClaimedLane) => void;
  /** A lane of this process was, or may have been, taken over by another one. */
  onFenceLost?: (lane: ClaimedLane) => void;
  /** The database was put back to an older copy under this process: nothing in it is the newest. */
  onForgotten?: () => Promise<void>;
  /** How long `stop` waits for runs before it aborts them. Default 25 s. */
  stopWithinMs?: number;
}>;

/** A running claim loop. */
export type LaneWorker = Readonly<{
  lanesAtWork: () => number;
  /** Whether it claims lanes: not stopping, and in touch with the database. */
  isRunning: () => boolean;
  /**
   * Claims nothing more, lets runs end for up to 25 s, aborts those that did not, and gives their
   * lanes back.
   */
  stop: () => Promise<void>;
}>;

/** A name for this start of the process: host, process id, and what tells two starts apart. */
export function newOwnerName(): string {
  return `${hostname()}:${process.pid}:${randomBytes(4).toString("hex")}`;
}

/** Starts working lanes, now or as soon as the database answers. One worker per process. */
export function startLaneWorker(options: LaneWorkerOptions): LaneWorker {
  const loop = new ClaimLoop(options);
  loop.start();
  return {
    lanesAtWork: () => loop.lanesAtWork,
    isRunning: () => loop.isRunning,
    stop: () => loop.stop(),
  };
}

class ClaimLoop {
  readonly #options: LaneWorkerOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #pool: Pool;
  readonly #bell = new Bell();
  readonly #leases: LeaseKeeper;
  readonly #runs = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  #listening: Promise<Listener | undefined> = Promise.resolve(undefined);
  #looping: Promise<void> = Promise.resolve();
  /** A free slot may find a lane that is due: always, but where the newest claim has left none. */
  #mayHaveLeft = true;
  #isDown = false;
  #reachedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: LaneWorkerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log ?? silentLog;
    this.#pool = openPool(options.url, {
      max: CONNECTIONS,
      connectWithinMs: SHORT_CONNECT_MS,
      applicationName: "slipway-lanes",
      plansOnce: true,
      onIdleError: (error) =>
        this.#log.warn({ error: error.message }, "An idle connection of the lane worker broke"),
    });
    this.#leases = new LeaseKeeper({
      pool: this.#pool,
      owner: options.owner,
      clock: this.#clock,
      log: this.#log,
      onLost: (lane) => options.onFenceLost?.(lane),
      onForgotten: async () => options.onForgotten?.(),
      onReached: () => this.#noteReached(),
      onDown: (error) => this.#noteDown(error),
    });
  }

  get lanesAtWork(): number {
    return this.#runs.size;
  }

  get isRunning(): boolean {
    return !this.#isStopping && this.#clock.monotonicMs() - this.#reachedAtMs < GIVE_UP_AFTER_MS;
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  start(): void {
    this.#listening = this.#listen();
    this.#leases.start();
    this.#looping = this.#loop();
  }

  async stop(): Promise<void> {
    const { owner, stopWithinMs = STOP_WITHIN_MS } = this.#options;
    this.#stopping.abort();
    this.#bell.ring();
    await this.#looping;
    await (await this.#listening)?.stop();
    await this.#settle(stopWithinMs);
    this.#leases.abortAll(new HubError("run.frozen", "The hub is stopping"));
    await this.#settle(STOP_ABORTED_WITHIN_MS);
    await this.#leases.stop();
    try {
      await releaseLanes(this.#pool, owner, this.#leases.lanes);
      await signOff(this.#pool, owner);
    } catch (error) {
      // Without a database the leases end by themselves.
      this.#log.warn({ error: String(error) }, "Leases could not be given back at the stop");
    }
    await this.#pool.end();
  }

  /** Until it listens, the claim loop finds work by looking every second. */
  async #listen(): Promise<Listener | undefined> {
    while (!this.#isStopping) {
      try {
        const listener = await listen({
          url: this.#options.url,
          channel: LANE_CHANNEL,
          onMessage: (pair) => {
            if (this.#options.pairs().some((entry) => entry.pair === pair)) this.#bell.ring();
          },
          onReconnect: () => this.#bell.ring(),
          onOutage: (error) =>
            this.#log.warn({ error: String(error) }, "Woken lanes are found by looking meanwhile"),
        });
        // What was woken after the first claim and before this moment was told to nobody.
        this.#bell.ring();
        return listener;
      } catch (error) {
        this.#noteDown(error);
        await pause(POLL_MS, this.#stopping.signal);
      }
    }
    return undefined;
  }

  async #loop(): Promise<void> {
    while (!this.#isStopping) {
      let waitMs = POLL_MS;
      try {
        waitMs = await this.#claim();
        this.#noteReached();
      } catch (error) {
        this.#noteDown(error);
      }
      await this.#bell.wait(waitMs);
    }
  }

  /** One claim. Returns how long there is nothing to do but wait. */
  async #claim(): Promise<number> {
    const { owner, maxLanes } = this.#options;
    const room = maxLanes - this.#runs.size;
    const all = this.#options.pairs();
    const pairs = this.#withRoom(all);
    // Whatever ends while the claim is under way may end after it has looked.
    this.#mayHaveLeft = true;
    if (room <= 0 || pairs.length === 0) return POLL_MS;
    const leasedAtMs = this.#clock.monotonicMs();
    const claim = await claimLanes(this.#pool, { owner, pairs, room });
    const { lanes, dueInMs = POLL_MS, mayHaveLeft } = claim;
    this.#mayHaveLeft = claim.hasLeft || pairs.length < all.length;
    if (this.#isStopping) {
      await releaseLanes(this.#pool, owner, lanes);
      return 0;
    }
    const { heartbeat } = this.#leases;
    for (const lane of lanes) this.#start({ ...lane, heartbeat }, leasedAtMs);
    if (mayHaveLeft) return 0;
    return Math.min(POLL_MS, Math.max(1, Math.ceil(dueInMs)));
  }

  /**
   * The pairs that this process does not fill up alone. For those that it does a claim would find
   * nothing; the end of a run rings.
   */
  #withRoom(all: readonly PairLimit[]): PairLimit[] {
    const atWork = new Map<string, number>();
    for (const { pair } of this.#leases.lanes) atWork.set(pair, (atWork.get(pair) ?? 0) + 1);
    return all.filter(({ pair, limit }) => (atWork.get(pair) ?? 0) < limit);
  }

  #start(lane: ClaimedLane, leasedAtMs: number): void {
    const signal = this.#leases.add(lane, leasedAtMs);
    if (lane.takenOverFrom !== undefined) {
      const { pair, key, takenOverFrom: from } = lane;
      this.#log.warn({ pair, lane: key, from }, "Lane taken over: its lease had run out");
      this.#options.onTakeOver?.(lane);
    }
    // What is due later than the next look, or not at all, waits for nobody to look at once.
    let isDueSoon = true;
    const leave = (dueIn: DueIn) => {
      isDueSoon = dueIn === "in line" || (dueIn !== null && dueIn < POLL_MS);
    };
    const run = this.#run(lane, signal, leave).finally(() => {
      this.#leases.remove(lane);
      this.#runs.delete(run);
      if (isDueSoon || this.#mayHaveLeft) this.#bell.ring();
    });
    this.#runs.add(run);
  }

  async #run(lane: ClaimedLane, signal: AbortSignal, leave: (dueIn: DueIn) => void): Promise<void> {
    try {
      await this.#options.work(lane, signal, leave);
    } catch (thrown) {
      const wasFenced = await endFailedRun(this.#options.pool, lane, {
        thrown,
        isAborted: signal.aborted,
        log: this.#log,
      });
      // A lost lease has been told already, when the run was aborted for it.
      if (wasFenced && !signal.aborted) this.#options.onFenceLost?.(lane);
    }
  }

  async #settle(withinMs: number): Promise<void> {
    if (this.#runs.size === 0) return;
    const settled = new AbortController();
    const all = Promise.all(this.#runs).finally(() => settled.abort());
    await Promise.race([all, pause(withinMs, settled.signal)]);
    settled.abort();
  }

  #noteReached(): void {
    this.#reachedAtMs = this.#clock.monotonicMs();
    if (this.#isDown) this.#log.info({}, "The lane worker reaches the database again");
    this.#isDown = false;
  }

  #noteDown(error: unknown): void {
    if (this.#isDown || this.#isStopping) return;
    this.#isDown = true;
    this.#log.error({ error: String(error) }, "The lane worker does not reach the database");
  }
}
