import { pause } from "../../src/base/clock.ts";
import { startPulling } from "../../src/pull/index.ts";
import { openStripe } from "../../src/stripe/index.ts";
import type { Site } from "./site.ts";

const LOOK_FIRST_MS = 8;
const LOOK_EVERY_MS = 3;
const ROUND_MS_MAX = 10_000;
/** A process looks for due rounds when it starts; nothing else is to come by the clock. */
const NEVER_MS = 2 ** 30;

type Walk = Readonly<{ owner: string | null; round: string }>;

/** What is asked for: events, or the balance rows of which journals are made. */
type Asked = "pull" | "rows";

/** How much the hub did not have, and whether the round came to its end. */
type Pulled = Readonly<{ stored: number; isWhole: boolean }>;

/** Rows are looked for from two days ago on: those of the day that is over are among them. */
const ROWS_SINCE_SQL = "date_trunc('day', clock_timestamp() - interval '2 days')";

/**
 * Lets a worker ask Stripe for events or balance rows once, as every hub does all the time. A round
 * that a kill or a freeze cuts short is taken over, as after a lease.
 */
export async function pullOnce(site: Site, kind: Asked): Promise<Pulled> {
  const { pool, pair, settings, log } = site;
  const worker = site.atWork[0];
  if (worker === undefined) return { stored: 0, isWhole: false };
  const before = await countStored(site, kind);
  // A pair's first look at its rows is a minute away, which nobody waits for here.
  await pool.query(
    `insert into event_walk (pair, kind, since, position)
     values ($1, $2, ${ROWS_SINCE_SQL}, ${ROWS_SINCE_SQL}) on conflict do nothing`,
    [pair, "rows"],
  );
  // A round that a kill has cut short may have kept rows and woken no day for them: a later one
  // does, once they have lain for a quarter of an hour, and this is that one.
  await pool.query("update balance_row set read_at = read_at - interval '1 hour'");
  // Whatever is asked for, it is asked for as on the first look of a day: late rows lie far back.
  await pool.query(
    `update event_walk set owner = null, deep_at = null,
       due_at = clock_timestamp()
         + case when kind = $1 then interval '0' else interval '1 day' end`,
    [kind],
  );
  const last = await readWalk(site, kind);
  const isRows = kind === "rows";
  const pulling = startPulling({
    pool: worker.pool ?? pool,
    log,
    owner: worker.life.name,
    pairs: () => [
      {
        id: pair,
        intake: isRows ? "webhook" : "pull",
        eventsSince: undefined,
        stripe: openStripe(settings),
      },
    ],
    ...(isRows ? { ledger: () => ({ id: pair, settings: site.settingsNow }) } : {}),
    onTaken: (taken) => site.script.note(`${taken.kind} brings ${taken.stored} events`),
    lookEveryMs: NEVER_MS,
  });
  const isCut = () => worker.life.isDead || worker.life.isFrozen;
  const endMs = performance.now() + ROUND_MS_MAX;
  await pause(LOOK_FIRST_MS);
  for (;;) {
    const walk = await readWalk(site, kind);
    if (isCut() || (walk?.owner === null && walk.round !== (last?.round ?? "0"))) break;
    if (performance.now() > endMs) throw new Error("a round of the pull did not come to its end");
    await pause(LOOK_EVERY_MS);
  }
  // What is cut short ends with its worker, or goes on after the thaw and finds itself fenced.
  let isStopped = false;
  const stopped = pulling.stop().then(() => {
    isStopped = true;
  });
  while (!isStopped && !isCut()) await pause(LOOK_EVERY_MS);
  // Said before anything is awaited: a round that a kill has ended stops a moment later as well.
  const isWhole = isStopped;
  if (!isWhole) {
    site.script.hit("a pull was cut short");
    site.dying.add(stopped);
  }
  return { stored: (await countStored(site, kind)) - before, isWhole };
}

async function readWalk({ pool }: Site, kind: Asked): Promise<Walk | undefined> {
  const found = await pool.query<Walk>(
    "select owner, round::text as round from event_walk where kind = $1",
    [kind],
  );
  return found.rows[0];
}

async function countStored({ pool, pair }: Site, kind: Asked): Promise<number> {
  const table = kind === "rows" ? "balance_row" : "event";
  const found = await pool.query<{ n: number }>(
    `select count(*)::int as n from ${table} where pair = $1`,
    [pair],
  );
  return found.rows[0]?.n ?? 0;
}
