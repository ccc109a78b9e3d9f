import type { Pool, PoolClient } from "pg";
import { toHubError } from "../base/errors.ts";
import type { ListedEvent } from "../canonical/port.ts";
import { withTransaction } from "../db/index.ts";
import { classifyEvent, type EventHead, knownEvents } from "../events/index.ts";
import { type ArrivedEvent, readArrival, storeGroup } from "../intake/index.ts";
import type { ClaimedWalk } from "./claim.ts";
import type { Mark } from "./walk.ts";
import { moveMark, setOut } from "./walk-fence.ts";

/** A page with its lanes is one statement; a database that takes longer for it is not well. */
const STORE_WITHIN_MS = 10_000;
/** The fault of one event's content, or a lane that somebody holds locked: the others can go in. */
const OF_ONE_EVENT = /^(22|23|54|55P03)/;
const CONTENT = /^(22|23|54)/;

/** What became of events that a walk came upon. */
export type Taken = Readonly<{ stored: readonly ListedEvent[]; refused: readonly ListedEvent[] }>;

/** The database's side of a round: events and mark, under the fence of the claim. */
export class WalkStore {
  readonly #pool: Pool;
  readonly #walk: ClaimedWalk;
  readonly #booksOpenInvoices: boolean;

  constructor(pool: Pool, walk: ClaimedWalk, booksOpenInvoices = false) {
    this.#booksOpenInvoices = booksOpenInvoices;
    this.#pool = pool;
    this.#walk = walk;
  }

  known(ids: readonly string[]): Promise<ReadonlySet<string>> {
    return knownEvents(this.#pool, this.#walk.pair, ids);
  }

  /** @throws HubError `lane.fenced` when another hub has the walk */
  setOut(from: Date, to: Date): Promise<void> {
    return setOut(this.#pool, this.#walk, { from, to });
  }

  /**
   * Stores events with their lanes, and the mark with them or not at all. An event that cannot be
   * stored for its own content is left out and named; it never holds up its neighbours.
   *
   * @throws HubError `lane.fenced` when another hub has the walk
   */
  async save(events: readonly ListedEvent[], mark: Mark | undefined): Promise<Taken> {
    const readable = events.map((event) => ({ event, arrived: this.#read(event) }));
    const arrivals = readable.flatMap(({ arrived }) => arrived ?? []);
    const stored = await this.#store(arrivals, mark);
    return {
      stored: events.filter(({ id }) => stored.has(id)),
      refused: readable.flatMap(({ event, arrived }) =>
        arrived === undefined || stored.get(arrived.id) === false ? event : [],
      ),
    };
  }

  #read(event: ListedEvent): ArrivedEvent | undefined {
    const { pair, kind } = this.#walk;
    const via = kind === "pull" ? "pull" : "gap";
    try {
      const classify = (head: EventHead) => classifyEvent(head, this.#booksOpenInvoices);
      return readArrival(Buffer.from(event.body), { pair, via, classify }).arrived;
    } catch (thrown) {
      if (toHubError(thrown).code !== "intake.body_invalid") throw thrown;
      return undefined;
    }
  }

  /** Which ids are new in the store now; false for those that it refused. */
  async #store(
    arrivals: readonly ArrivedEvent[],
    mark: Mark | undefined,
  ): Promise<Map<string, boolean>> {
    try {
      const stored = await withTransaction(this.#pool, async (tx) => {
        const ids = arrivals.length === 0 ? new Set() : await this.#insert(tx, arrivals);
        if (mark !== undefined) await moveMark(tx, this.#walk, mark);
        return arrivals.filter(({ pair, id }) => ids.has(`${pair}\n${id}`));
      });
      return new Map(stored.map(({ id }) => [id, true]));
    } catch (thrown) {
      if (!OF_ONE_EVENT.test(sqlStateOf(thrown))) throw thrown;
    }
    return this.#storeApart(arrivals, mark);
  }

  async #storeApart(
    arrivals: readonly ArrivedEvent[],
    mark: Mark | undefined,
  ): Promise<Map<string, boolean>> {
    const outcomes = new Map<string, boolean>();
    let locked: Error | undefined;
    for (const arrived of arrivals) {
      try {
        const ids = await this.#insert(this.#pool, [arrived]);
        if (ids.size > 0) outcomes.set(arrived.id, true);
      } catch (thrown) {
        if (CONTENT.test(sqlStateOf(thrown))) outcomes.set(arrived.id, false);
        else locked = toHubError(thrown);
      }
    }
    // The mark must not pass an event that is still to be stored.
    if (locked !== undefined) throw locked;
    if (mark !== undefined) await moveMark(this.#pool, this.#walk, mark);
    return outcomes;
  }

  #insert(tx: Pool | PoolClient, arrivals: readonly ArrivedEvent[]): Promise<Set<string>> {
    return storeGroup(tx, arrivals, STORE_WITHIN_MS);
  }
}

function sqlStateOf(thrown: unknown): string {
  const { code } = thrown as { code?: unknown };
  return typeof code === "string" ? code : "";
}
