import type { Pool } from "pg";
import { type Clock, systemClock } from "../base/clock.ts";
import { HubError } from "../base/errors.ts";
import { isUnavailable } from "../db/index.ts";
import { STORE_SQL } from "./store-sql.ts";

/** An event that has passed every check and is to be stored. */
export type ArrivedEvent = Readonly<{
  pair: string;
  id: string;
  type: string;
  apiVersion: string | null;
  livemode: boolean;
  objectId: string | null;
  /** The lane to wake; null for an event that ends as not applicable, for `endReason`. */
  laneKey: string | null;
  endReason: string | null;
  createdAt: Date;
  body: Buffer;
}>;

/** `duplicate`: the pair has had this event before, and nothing was woken. */
export type StoreResult = "stored" | "duplicate";

export type GroupCommitterOptions = Readonly<{
  pool: Pool;
  clock?: Clock;
  /**
   * How long a caller waits at most. Stripe's own limit is not published; an answer within two
   * seconds keeps its connection and lets it try again on its schedule.
   */
  answerWithinMs?: number;
  /** Events that may wait; beyond it the caller is told at once that intake is not available. */
  queueEventsMax?: number;
  queueBytesMax?: number;
}>;

const ANSWER_WITHIN_MS = 1_500;
const QUEUE_EVENTS_MAX = 5_000;
const QUEUE_BYTES_MAX = 64 * 1_024 * 1_024;
/** Larger groups win no speed and make each caller wait for more. */
const GROUP_EVENTS_MAX = 128;
const GROUP_BYTES_MAX = 4 * 1_024 * 1_024;
/** While one group is being written to disk, the next one is being parsed by the server. */
const STATEMENTS_MAX = 2;
const CHECK_EVERY_MS = 100;
/** Data, integrity and size errors: the fault of one event, not of the database. */
const CONTENT_ERROR = /^(22|23|54)/;
/** Deadlock victim or serialisation failure: the same statement may be sent again. */
const TRY_AGAIN = new Set(["40P01", "40001"]);

type Waiting = {
  readonly event: ArrivedEvent;
  readonly sinceMs: number;
  isAnswered: boolean;
  readonly resolve: (result: StoreResult) => void;
  readonly reject: (error: HubError) => void;
};

/**
 * Stores events in groups: those that arrive while the database is busy share the next statement
 * and its one flush to disk. Each caller is answered after the commit, for its own event alone.
 */
export class GroupCommitter {
  readonly #pool: Pool;
  readonly #clock: Clock;
  readonly #answerWithinMs: number;
  readonly #queueEventsMax: number;
  readonly #queueBytesMax: number;
  #queue: Waiting[] = [];
  #queueBytes = 0;
  readonly #unanswered = new Set<Waiting>();
  #statements = 0;
  #isFlushPlanned = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: GroupCommitterOptions) {
    this.#pool = options.pool;
    this.#clock = options.clock ?? systemClock;
    this.#answerWithinMs = options.answerWithinMs ?? ANSWER_WITHIN_MS;
    this.#queueEventsMax = options.queueEventsMax ?? QUEUE_EVENTS_MAX;
    this.#queueBytesMax = options.queueBytesMax ?? QUEUE_BYTES_MAX;
  }

  /**
   * Resolves once the event is on disk.
   *
   * @throws HubError `intake.unavailable` within two seconds when the database does not answer: the
   *   event may have been stored all the same, and the next delivery will be its duplicate.
   *   `intake.body_invalid` when the database refuses this event for its content
   */
  add(event: ArrivedEvent): Promise<StoreResult> {
    const isFull =
      this.#queue.length >= this.#queueEventsMax ||
      this.#queueBytes + event.body.length > this.#queueBytesMax;
    if (isFull) return Promise.reject(unavailable("Too many events wait to be stored"));
    return new Promise((resolve, reject) => {
      const sinceMs = this.#clock.monotonicMs();
      const waiting = { event, sinceMs, isAnswered: false, resolve, reject };
      this.#queue.push(waiting);
      this.#queueBytes += event.body.length;
      this.#unanswered.add(waiting);
      this.#timer ??= setInterval(() => this.#answerLate(), CHECK_EVERY_MS);
      this.#planFlush();
    });
  }

  /** Events of one turn of the event loop go together, whatever connection they came by. */
  #planFlush(): void {
    if (this.#isFlushPlanned || this.#statements >= STATEMENTS_MAX) return;
    this.#isFlushPlanned = true;
    setImmediate(() => {
      this.#isFlushPlanned = false;
      this.#flush();
    });
  }

  #flush(): void {
    while (this.#statements < STATEMENTS_MAX && this.#queue.length > 0) {
      const group = this.#takeGroup();
      if (group.length === 0) continue;
      this.#statements += 1;
      void this.#commit(group).finally(() => {
        this.#statements -= 1;
        if (this.#queue.length > 0) this.#planFlush();
      });
    }
  }

  #takeGroup(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { event } of this.#queue) {
      if (count >= GROUP_EVENTS_MAX || (count > 0 && bytes + event.body.length > GROUP_BYTES_MAX)) {
        break;
      }
      bytes += event.body.length;
      count += 1;
    }
    this.#queueBytes -= bytes;
    // A caller that was told "not available" sends the event again.
    return this.#queue.splice(0, count).filter((waiting) => !waiting.isAnswered);
  }

  /** Never rejects: every member of the group gets its own answer. */
  async #commit(group: readonly Waiting[]): Promise<void> {
    const events = group.map((waiting) => waiting.event);
    try {
      const stored = await storeGroup(this.#pool, events, this.#answerWithinMs);
      for (const waiting of group) {
        const { pair, id } = waiting.event;
        // The first of equal events in a group is the one that was stored.
        this.#answer(waiting, stored.delete(`${pair}\n${id}`) ? "stored" : "duplicate");
      }
    } catch (cause) {
      await this.#recover(group, cause);
    }
  }

  async #recover(group: readonly Waiting[], cause: unknown): Promise<void> {
    const code = (cause as { code?: unknown }).code;
    const sqlState = typeof code === "string" ? code : "";
    if (TRY_AGAIN.has(sqlState)) {
      const open = group.filter((waiting) => !waiting.isAnswered);
      return open.length > 0 ? this.#commit(open) : undefined;
    }
    if (CONTENT_ERROR.test(sqlState) && !isUnavailable(cause)) {
      if (group.length === 1) {
        const message = "The database cannot hold this event";
        const error = new HubError("intake.body_invalid", message, { cause });
        return group.forEach((waiting) => {
          this.#answer(waiting, error);
        });
      }
      const middle = Math.ceil(group.length / 2);
      await this.#commit(group.slice(0, middle));
      return this.#commit(group.slice(middle));
    }
    const error = unavailable("The database does not answer", cause);
    for (const waiting of group) this.#answer(waiting, error);
  }

  #answer(waiting: Waiting, answer: StoreResult | HubError): void {
    if (waiting.isAnswered) return;
    waiting.isAnswered = true;
    this.#unanswered.delete(waiting);
    if (this.#unanswered.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    if (answer instanceof HubError) waiting.reject(answer);
    else waiting.resolve(answer);
  }

  #answerLate(): void {
    const lateSinceMs = this.#clock.monotonicMs() - this.#answerWithinMs;
    for (const waiting of this.#unanswered) {
      if (waiting.sinceMs > lateSinceMs) return;
      this.#answer(waiting, unavailable("The database did not answer in time"));
    }
  }
}

/** Returns the events that are new, as `pair⏎id`. */
async function storeGroup(
  pool: Pool,
  events: readonly ArrivedEvent[],
  withinMs: number,
): Promise<Set<string>> {
  let start = 1;
  const starts = events.map((event) => {
    start += event.body.length;
    return start - event.body.length;
  });
  const query = {
    name: "slipway_store_events",
    text: STORE_SQL,
    values: [
      events.map((event) => event.pair),
      events.map((event) => event.id),
      events.map((event) => event.type),
      events.map((event) => event.apiVersion),
      events.map((event) => event.livemode),
      events.map((event) => event.objectId),
      events.map((event) => event.laneKey),
      events.map((event) => event.endReason),
      events.map((event) => event.createdAt.getTime() / 1_000),
      starts,
      Buffer.concat(events.map((event) => event.body)),
      events.map((event) => event.body.length),
    ],
    // A connection that went dead without a word is given up, or it would hold its place for ever.
    query_timeout: withinMs,
  };
  const result = await pool.query<{ pair: string; id: string }>(query);
  return new Set(result.rows.map((row) => `${row.pair}\n${row.id}`));
}

function unavailable(message: string, cause?: unknown): HubError {
  return new HubError("intake.unavailable", message, cause === undefined ? {} : { cause });
}
