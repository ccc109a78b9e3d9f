/** How a call ended, as the caller could see it. */
export type CallOutcome = "ok" | "refused" | "fault" | "auth" | "injected";

/** One call as it is logged; `message` is the refusal, the fault or the kind of injection. */
export type CallRecord = Readonly<{
  at: string;
  service: string;
  operation: string;
  actionType: string;
  outcome: CallOutcome;
  message: string;
}>;

/** Enough to follow one test; older calls only remain in the counters. */
const RECENT_MAX = 1000;

/** Counters of calls by operation, how many there were at once, and the most recent calls. */
export class CallLog {
  readonly #counts = new Map<string, Record<CallOutcome, number>>();
  #recent: CallRecord[] = [];
  #inFlight = 0;
  #mostInFlight = 0;

  /** A request came in; the function that it returns says that its connection is done with it. */
  begin(): () => void {
    this.#inFlight += 1;
    this.#mostInFlight = Math.max(this.#mostInFlight, this.#inFlight);
    let isOver = false;
    return () => {
      if (!isOver) this.#inFlight -= 1;
      isOver = true;
    };
  }

  add(record: CallRecord): void {
    const { service, operation, actionType } = record;
    const key = `${service}.${operation}${actionType === "" ? "" : `:${actionType}`}`;
    const counts = this.#counts.get(key) ?? { ok: 0, refused: 0, fault: 0, auth: 0, injected: 0 };
    counts[record.outcome] += 1;
    this.#counts.set(key, counts);
    this.#recent.push(record);
    // Cut in halves, so that the array is not moved on every call.
    if (this.#recent.length > 2 * RECENT_MAX) this.#recent = this.#recent.slice(-RECENT_MAX);
  }

  clear(): void {
    this.#counts.clear();
    this.#recent = [];
    this.#mostInFlight = this.#inFlight;
  }

  report(): Readonly<Record<string, unknown>> {
    const counts = [...this.#counts].sort(([a], [b]) => a.localeCompare(b));
    return {
      inFlight: this.#inFlight,
      mostInFlight: this.#mostInFlight,
      counts: Object.fromEntries(counts),
      recent: this.#recent.slice(-RECENT_MAX),
    };
  }
}
