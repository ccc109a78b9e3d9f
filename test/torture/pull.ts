import { pause } from "../../src/base/clock.ts";
import { startPulling } from "../../src/pull/index.ts";
import { openStripe } from "../../src/stripe/index.ts";
import type { Site } from "./site.ts";

const LOOK_EVERY_MS = 2;
const ROUND_MS_MAX = 10_000;
/** A process looks for due rounds when it starts; nothing else is to come by the clock. */
const NEVER_MS = 2 ** 30;

type Walk = Readonly<{ owner: string | null; round: string }>;

/**
 * Lets a worker ask Stripe for events once, as every hub does each 15 seconds. Returns how many the
 * hub did not have. A round that a kill or a freeze cuts short is taken over, as after a lease.
 */
export async function pullOnce(site: Site): Promise<number> {
  const { pool, pair, settings, log } = site;
  const worker = site.atWork[0];
  if (worker === undefined) return 0;
  const before = await countEvents(site);
  await pool.query("update event_walk set owner = null, due_at = clock_timestamp()");
  const last = await readWalk(site);
  const pulling = startPulling({
    pool: worker.pool ?? pool,
    log,
    owner: worker.life.name,
    pairs: () => [
      { id: pair, intake: "pull", eventsSince: undefined, stripe: openStripe(settings) },
    ],
    onTaken: ({ kind, stored }) => site.script.note(`${kind} brings ${stored} events`),
    lookEveryMs: NEVER_MS,
  });
  const isCut = () => worker.life.isDead || worker.life.isFrozen;
  const endMs = performance.now() + ROUND_MS_MAX;
  for (;;) {
    const walk = await readWalk(site);
    if (isCut() || (walk?.owner === null && walk.round !== last?.round)) break;
    if (performance.now() > endMs) throw new Error("a round of the pull did not come to its end");
    await pause(LOOK_EVERY_MS);
  }
  // What is cut short ends with its worker, or goes on after the thaw and finds itself fenced.
  let isStopped = false;
  const stopped = pulling.stop().then(() => {
    isStopped = true;
  });
  while (!isStopped && !isCut()) await pause(LOOK_EVERY_MS);
  if (!isStopped) {
    site.script.hit("a pull was cut short");
    site.dying.add(stopped);
  }
  return (await countEvents(site)) - before;
}

async function readWalk({ pool }: Site): Promise<Walk | undefined> {
  const found = await pool.query<Walk>(
    "select owner, round::text as round from event_walk where kind = 'pull'",
  );
  return found.rows[0];
}

async function countEvents({ pool, pair }: Site): Promise<number> {
  const found = await pool.query<{ n: number }>(
    "select count(*)::int as n from event where pair = $1",
    [pair],
  );
  return found.rows[0]?.n ?? 0;
}
