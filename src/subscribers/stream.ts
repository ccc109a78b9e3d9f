import type { Pool } from "pg";
import { pause } from "../base/clock.ts";
import type { DomainEventEnvelope } from "../hub-events/index.ts";
import { type EventFilter, numberEvents, readDomainEvents } from "./read-events.ts";
import type { Teller } from "./teller.ts";

/** Events that are in memory for one reader at most. */
const CHUNK = 100;

/** What a reader gets: some events, and the position that it has seen everything up to. */
export type Chunk = Readonly<{ events: readonly DomainEventEnvelope[]; position: bigint }>;

/** What one reader wants, and from where. */
export type Reading = EventFilter &
  Readonly<{
    after: bigint;
    signal: AbortSignal;
    /** Whether it waits for what is still to come. */
    follows: boolean;
    /** A chunk without events comes after so long without any. */
    restMs: number;
  }>;

/**
 * The events after a position, chunk by chunk, each read when the one before it was taken: a slow
 * reader costs the memory of one chunk. Ends when `signal` aborts, or at the newest event.
 */
export async function* readStream(
  deps: { pool: Pool; teller: Teller },
  reading: Reading,
): AsyncGenerator<Chunk> {
  const { signal, follows, restMs } = reading;
  let after = reading.after;
  let woken = new AbortController();
  // What was committed a moment ago is there for who comes now.
  const first = await numberEvents(deps.pool);
  const leave = deps.teller.listen(() => woken.abort());
  let known = 0n;
  try {
    while (!signal.aborted) {
      woken = new AbortController();
      // The database was put back to an older copy: the reader is told so when it comes again.
      if (deps.teller.newest < known) return;
      known = deps.teller.newest;
      const upTo = bigger(first, known);
      const events =
        upTo > after
          ? await readDomainEvents(deps.pool, { after, upTo, limit: CHUNK }, reading)
          : [];
      const isAll = events.length < CHUNK;
      const last = events.at(-1);
      after = isAll || last === undefined ? bigger(after, upTo) : BigInt(last.position);
      if (events.length > 0) yield { events, position: after };
      if (!isAll) continue;
      if (!follows) return;
      if (deps.teller.newest <= upTo) {
        await pause(restMs, AbortSignal.any([signal, woken.signal]));
        if (!woken.signal.aborted && !signal.aborted) yield { events: [], position: after };
      }
    }
  } finally {
    leave();
  }
}

function bigger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
