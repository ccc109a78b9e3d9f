import type { Pool } from "pg";
import type { Clock } from "../base/clock.ts";
import type { HubError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { renewLeases } from "./claim.ts";
import { type ClaimedLane, fenced } from "./lane.ts";

const RENEW_EVERY_MS = 4_000;
/**
 * A process that could not renew for this long stops its runs: four seconds before another process
 * may take the lanes, which is room for a call under way to notice.
 */
export const GIVE_UP_AFTER_MS = 8_000;
const CHECK_EVERY_MS = 500;

export type LeaseKeeperOptions = Readonly<{
  pool: Pool;
  owner: string;
  clock: Clock;
  log: Log;
  /** A lane was, or may have been, taken over; its run has been told to stop. */
  onLost: (lane: ClaimedLane) => void;
  /**
   * The database does not know this process's last heartbeat: it was put back to an older copy.
   * Until this has come through, the process takes up no new heartbeat and believes in nothing.
   */
  onForgotten: () => Promise<void>;
  onReached: () => void;
  onDown: (error: unknown) => void;
}>;

type Held = { readonly lane: ClaimedLane; readonly abort: AbortController; leasedAtMs: number };

/** The lanes that this process works on: renews their leases, stops runs that lost theirs. */
export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  readonly #held = new Map<string, Held>();
  #timers: NodeJS.Timeout[] = [];
  #renewing: Promise<void> | undefined;
  #heartbeat: string | undefined;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
  }

  get lanes(): ClaimedLane[] {
    return [...this.#held.values()].map((held) => held.lane);
  }

  /** The newest heartbeat that the database took. */
  get heartbeat(): string | undefined {
    return this.#heartbeat;
  }

  start(): void {
    void this.#renew();
    this.#timers = [
      setInterval(() => void this.#renew(), RENEW_EVERY_MS),
      setInterval(() => this.#giveUpStale(), CHECK_EVERY_MS),
    ];
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#renewing;
  }

  /**
   * @param leasedAtMs when the claim was asked for, on the monotonic clock: its lease began later
   * @returns the signal that aborts when the lane is lost
   */
  add(lane: ClaimedLane, leasedAtMs: number): AbortSignal {
    // Our own lease may have run out unnoticed, and we are the ones who take the lane over.
    for (const { lane: other } of this.#held.values()) {
      if (other.pair === lane.pair && other.key === lane.key) this.#lose(other);
    }
    const held = { lane, abort: new AbortController(), leasedAtMs };
    this.#held.set(slot(lane), held);
    return held.abort.signal;
  }

  remove(lane: ClaimedLane): void {
    this.#held.delete(slot(lane));
  }

  /** Tells every run to stop; each does so when it next looks. */
  abortAll(reason: HubError): void {
    for (const held of this.#held.values()) held.abort.abort(reason);
  }

  #renew(): Promise<void> {
    // A call that hangs is not joined by another: the leases grow old, and the check sees it.
    this.#renewing ??= this.#renewNow().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #renewNow(): Promise<void> {
    const { pool, owner, clock, onReached, onDown } = this.#options;
    const lanes = this.lanes;
    const leasedAtMs = clock.monotonicMs();
    try {
      const renewal = await renewLeases(pool, { owner, heartbeat: this.#heartbeat }, lanes);
      const renewed = new Set(renewal.lanes);
      onReached();
      await this.#note(renewal.heartbeat);
      for (const lane of lanes) {
        const held = this.#held.get(slot(lane));
        if (!renewed.has(lane)) this.#lose(lane);
        else if (held !== undefined) held.leasedAtMs = leasedAtMs;
      }
    } catch (error) {
      onDown(error);
    }
  }

  async #note(heartbeat: string | undefined): Promise<void> {
    if (heartbeat === undefined && this.#heartbeat !== undefined) {
      const facts = { heartbeat: this.#heartbeat };
      this.#options.log.error(facts, "The database was put back to an older copy");
      await this.#options.onForgotten();
    }
    this.#heartbeat = heartbeat;
  }

  #giveUpStale(): void {
    const oldestMs = this.#options.clock.monotonicMs() - GIVE_UP_AFTER_MS;
    for (const held of this.#held.values()) if (held.leasedAtMs < oldestMs) this.#lose(held.lane);
  }

  #lose(lane: ClaimedLane): void {
    const held = this.#held.get(slot(lane));
    // A run that has just ended has left its lane by itself.
    if (held === undefined || held.abort.signal.aborted) return;
    const facts = { pair: lane.pair, lane: lane.key };
    this.#options.log.warn(facts, "The lease of a lane could not be kept");
    held.abort.abort(fenced(lane));
    this.#options.onLost(lane);
  }
}

function slot(lane: ClaimedLane): string {
  return `${lane.pair}\n${lane.key}\n${lane.attempt}`;
}
