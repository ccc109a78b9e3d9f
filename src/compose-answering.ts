import type { Pool } from "pg";
import type { Telling } from "./api/index.ts";
import { systemClock } from "./base/clock.ts";
import type { Log } from "./base/log.ts";
import type { StartedParts } from "./base/started-parts.ts";
import type { HubEnv } from "./config/index.ts";
import { createLookups, type Lookups } from "./lookups/index.ts";
import type { PairBook } from "./pairs/index.ts";
import { Teller } from "./subscribers/index.ts";

/** What serves others beside the lanes: subscribers and readers, and who asks SL. */
export type Answering = Readonly<{ telling: Telling; lookups: Lookups }>;

/** Starts what tells others of the books, and makes what answers who asks. */
export function openAnswering(
  parts: Readonly<{
    pool: Pool;
    log: Log;
    owner: string;
    env: Pick<HubEnv, "eventDays">;
    key: () => Uint8Array;
    book: PairBook;
    signal: AbortSignal;
    started: StartedParts;
  }>,
): Answering {
  const { env, pool, log, owner, key, book, signal, started } = parts;
  const teller = new Teller({ pool, log, owner, key, keepDays: env.eventDays });
  started.add(() => teller.stop());
  const lookups = createLookups({
    ...{ pool, owner, clock: systemClock, signal },
    pair: (id) => book.require(id),
  });
  return { telling: { teller, sealingKey: key }, lookups };
}
