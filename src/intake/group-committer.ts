import type { Pool } from "pg";
import { type Clock, systemClock } from "../base/clock.ts";
import { HubError } from "../base/errors.ts";
import { type ArrivedEvent, storeGroup } from "./store-group.ts";

/** `duplicate`: the pair has had this event before, and nothing was woken. */
export type StoreResult = "stored" | "duplicate";

/** The limits of the intake; the defaults suit a hub. */
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
/**
 * After a group, the next one waits this long for as many events as there were, at most. Callers
 * that have just been answered come again within it, and a flush to disk costs more than a
 * millisecond: without it half the callers would always miss the group that they could have shared.
 */
const GATHER_MS = 1;
const CHECK_EVERY_MS = 100;
/** Data, integrity and size errors: the fault of one event, not of the database. */
const CONTENT_ERROR = /^(22|23|54)/;
/** Deadlock victim or serialisation failure: the same statement may be sent again. */
const TRY_AGAIN = new Set(["40P01", "40001"]);
/** SQLSTATE of a lock that was waited for in vain: here the lane of one of the events. */
const LOCK_NOT_AVAILABLE = "55P03";
/** Statements at once while the events of a group are stored apart from each other. */
const APART_STATEMENTS_MAX = 4;

const NO_ANSWER = "The database does not answer";

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
  #isCommitting = false;
  #flushPlan: NodeJS.Immediate | undefined;
  #gathering: NodeJS.Timeout | undefined;
  /** While gathering: with so many events nobody else is waited for. */
  #expectedEvents = 0;
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
    if (this.#isCommitting || this.#queue.length === 0) return;
    if (this.#gathering !== undefined && this.#queue.length < this.#expectedEvents) return;
    this.#flushPlan ??= setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#flushPlan = undefined;
    this.#stopGathering();
    const group = this.#takeGroup();
    if (group.length === 0) {
      this.#planFlush();
      return;
    }
    this.#isCommitting = true;
    void this.#commit(group).finally(() => {
      this.#isCommitting = false;
      this.#gather(group.length);
      this.#planFlush();
    });
  }

  #gather(answered: number): void {
    if (answered < 2) return;
    this.#expectedEvents = Math.min(answered + this.#queue.length, GROUP_EVENTS_MAX);
    this.#gathering = setTimeout(() => {
      this.#stopGathering();
      this.#planFlush();
    }, GATHER_MS);
  }

  #stopGathering(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
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
    const lanes = byLane(group);
    if (sqlState === LOCK_NOT_AVAILABLE && lanes.length > 1) return this.#commitApart(lanes);
    if (!CONTENT_ERROR.test(sqlState)) return this.#answerAll(group, unavailable(NO_ANSWER, cause));
    if (group.length === 1) return this.#answerAll(group, unstorable(cause));
    const middle = Math.ceil(group.length / 2);
    await this.#commit(group.slice(0, middle));
    return this.#commit(group.slice(middle));
  }

  async #commitApart(groups: readonly Waiting[][]): Promise<void> {
    const left = [...groups];
    const worker = async () => {
      for (let group = left.pop(); group !== undefined; group = left.pop()) {
        await this.#commit(group);
      }
    };
    await Promise.all(Array.from({ length: APART_STATEMENTS_MAX }, worker));
  }

  #answerAll(group: readonly Waiting[], error: HubError): void {
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

function byLane(group: readonly Waiting[]): Waiting[][] {
  return [...Map.groupBy(group, ({ event }) => `${event.pair}\n${event.laneKey}`).values()];
}

function unstorable(cause: unknown): HubError {
  return new HubError("intake.body_invalid", "The database cannot hold this event", { cause });
}

function unavailable(message: string, cause?: unknown): HubError {
  return new HubError("intake.unavailable", message, cause === undefined ? {} : { cause });
}
