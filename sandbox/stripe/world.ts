import { SandboxClock } from "../kit/clock.ts";
import { StripeError } from "./errors.ts";
import type { EventRow, RequestOrigin } from "./store/catalog-rows.ts";
import { defaultSettings, type Settings } from "./store/settings.ts";
import { Store, type Tables } from "./store/store.ts";

const NOBODY: RequestOrigin = { id: null, idempotency_key: null };

/** The account behind the sandbox: its rows, its time, and the events of the running change. */
export class World {
  readonly store: Store;
  readonly clock = new SandboxClock();
  /** Told of the events of each committed change; the webhook sender hangs here. */
  onCommitted: ((events: EventRow[]) => void) | undefined;
  #origin: RequestOrigin = NOBODY;
  #momentMs: number | undefined;
  #fresh: EventRow[] = [];

  /** @param journalPath where rows are kept, or undefined for memory only. */
  constructor(journalPath: string | undefined) {
    this.store = new Store(journalPath);
    if (this.store.tables.settings.size === 0) {
      this.store.change(() => this.store.tables.settings.put(defaultSettings()));
    }
  }

  get tables(): Tables {
    return this.store.tables;
  }

  get settings(): Settings {
    return this.store.tables.settings.get("settings") ?? defaultSettings();
  }

  /** Whose request is running; null ids for what the sandbox does by itself. */
  get origin(): RequestOrigin {
    return this.#origin;
  }

  /** The clock's time, or the moment that `at` speaks of. */
  nowMs(): number {
    return this.#momentMs ?? this.clock.nowMs();
  }

  nowSeconds(): number {
    return Math.floor(this.nowMs() / 1000);
  }

  /**
   * Runs `work` as of an earlier moment: what came due while the clock was moved on by days has
   * the date it came due on.
   */
  at<T>(momentMs: number, work: () => T): T {
    const before = this.#momentMs;
    this.#momentMs = Math.min(momentMs, this.clock.nowMs());
    try {
      return work();
    } finally {
      this.#momentMs = before;
    }
  }

  /** Adds an event to the running change; it goes out when the change is committed. */
  record(event: EventRow): void {
    this.tables.event.put(event);
    this.#fresh.push(event);
  }

  /**
   * Runs one change and commits it; its events are handed on afterwards. A `StripeError` that keeps
   * its rows (a declined card) is committed and thrown on.
   */
  change<T>(work: () => T, origin: RequestOrigin = NOBODY): T {
    this.#origin = origin;
    this.#fresh = [];
    try {
      return this.store.change(work, (error) => error instanceof StripeError && error.keepsRows);
    } catch (error) {
      if (!(error instanceof StripeError && error.keepsRows)) this.#fresh = [];
      throw error;
    } finally {
      this.#origin = NOBODY;
      const events = this.#fresh;
      this.#fresh = [];
      if (events.length > 0) this.onCommitted?.(events);
    }
  }
}
