import type { Pool, PoolClient } from "pg";
import { pause } from "../base/clock.ts";
import type { EventsQuery, StripePort } from "../canonical/port.ts";
import { SWEPT_KINDS, type SweptKind, type SweptObject } from "../canonical/swept.ts";
import { withTransaction } from "../db/index.ts";
import { wakeLanes } from "../lanes/index.ts";
import type { ClaimedWalk } from "./claim.ts";
import { IN_FLIGHT_MS, later, moved, SWEEP_PAUSE_MS, SWEEP_TRAILING_MS } from "./span.ts";
import { type Listed, spanRound, type Way } from "./walk.ts";
import { moveMark, setOut } from "./walk-fence.ts";

type ListedObject = Listed & Readonly<{ object: SweptObject }>;

/** What of Stripe a sweep asks. */
export type SweptSource = Pick<StripePort, "listSwept" | "sweptInEvent">;

/** What a sweep works with. */
export type SweepRound = Readonly<{
  pool: Pool;
  stripe: SweptSource;
  signal: AbortSignal;
  mayGoOn: () => boolean;
  /** Told of objects that changed without an event. */
  onFound: (ids: readonly string[]) => void;
}>;

/**
 * Goes over the refunds, disputes, payouts and top-ups of the trailing 35 days once more, and wakes
 * the lanes of those that stand otherwise than the hub has seen them: by this list, or by an event.
 *
 * @returns false where the round stopped for its time
 */
export async function sweepRound(round: SweepRound, walk: ClaimedWalk): Promise<boolean> {
  const { pool } = round;
  const first = later(moved(walk.now, -SWEEP_TRAILING_MS), walk.since);
  const isBegun = walk.position > first && walk.position < walk.now;
  // A round that had to stop goes on from its mark; each new one begins with the oldest.
  const from = (await isGoingOn(pool, walk)) && isBegun ? walk.position : first;
  if (from === first) await moveBack(pool, walk, first);
  const types = SWEPT_KINDS.map((kind) => [kind]);
  // All in one window, which is parted where it has too many pages.
  const whole = { ...walk, spanMs: walk.now.getTime() - from.getTime() };
  return spanRound(whole, wayOf(round, walk), { from, to: walk.now }, types);
}

const BACK_SQL = `
update event_walk set position = $5, walk_from = null, walk_to = null
where pair = $1 and kind = $2 and owner = $3 and round = $4::bigint`;

async function moveBack(pool: Pool, walk: ClaimedWalk, position: Date): Promise<void> {
  const { pair, kind, owner, round } = walk;
  await pool.query(BACK_SQL, [pair, kind, owner, round, position]);
}

/** Whether the round before stopped on its way. */
async function isGoingOn(pool: Pool, { pair, kind }: ClaimedWalk): Promise<boolean> {
  const { rows } = await pool.query<{ is_going_on: boolean }>(
    "select walk_to is not null as is_going_on from event_walk where pair = $1 and kind = $2",
    [pair, kind],
  );
  return rows[0]?.is_going_on === true;
}

function wayOf(round: SweepRound, walk: ClaimedWalk): Way<ListedObject> {
  const { pool, stripe, signal, mayGoOn, onFound } = round;
  return {
    list: (query) => listed(stripe, query, signal),
    known: async () => new Set(),
    setOut: (from, to) => setOut(pool, walk, { from, to }),
    mayGoOn,
    save: async (found, mark) => {
      const objects = found.map(({ object }) => object);
      const changed = await withTransaction(pool, async (tx) => {
        const ids = await keepObjects(tx, { pair: walk.pair, objects, stripe, now: walk.now });
        if (mark !== undefined) await moveMark(tx, walk, mark);
        return ids;
      });
      if (changed.length > 0) onFound(changed);
    },
  };
}

/** One page after the other, ten a second at most: runs share the pair's budget. */
async function* listed(
  stripe: SweptSource,
  { from, until = new Date(), types = [] }: EventsQuery,
  signal: AbortSignal,
): AsyncIterable<Readonly<{ events: readonly ListedObject[]; isLast: boolean }>> {
  const [kind = "refund"] = types as SweptKind[];
  for await (const { objects, isLast } of stripe.listSwept({ kind, from, until }, signal)) {
    const events = objects.map((object) => {
      return { id: object.id, createdAt: object.createdAt, object };
    });
    yield { events, isLast };
    if (!isLast) await pause(SWEEP_PAUSE_MS, signal);
  }
}

const KNOWN_SQL = `
select w.id, s.state, (
  select e.body from event e where e.pair = $1 and e.object_id = w.id
  order by e.created_at desc, e.seq desc limit 1) as body
from unnest($2::text[]) as w (id)
left join swept_object s on s.pair = $1 and s.object_id = w.id`;

const KEEP_SQL = `
insert into swept_object (pair, object_id, state, created_at, woken_at, found)
select $1, k.id, k.state, k.created_at, case when k.is_woken then clock_timestamp() end,
  case when k.is_found then 1 else 0 end
from unnest($2::text[], $3::text[], $4::timestamptz[], $5::boolean[], $6::boolean[])
  as k (id, state, created_at, is_woken, is_found)
on conflict (pair, object_id) do update
set state = excluded.state, seen_at = clock_timestamp(),
  woken_at = coalesce(excluded.woken_at, swept_object.woken_at),
  found = swept_object.found + excluded.found`;

type Kept = Readonly<{
  pair: string;
  objects: readonly SweptObject[];
  stripe: Pick<SweptSource, "sweptInEvent">;
  now: Date;
}>;

/** @returns the ids of those that changed without an event */
async function keepObjects(
  tx: PoolClient,
  { pair, objects, stripe, now }: Kept,
): Promise<readonly string[]> {
  if (objects.length === 0) return [];
  const ids = objects.map(({ id }) => id);
  const { rows } = await tx.query<{ id: string; state: string | null; body: Buffer | null }>(
    KNOWN_SQL,
    [pair, ids],
  );
  const known = new Map(rows.map((row) => [row.id, row]));
  const inFlight = moved(now, -IN_FLIGHT_MS);
  const judged = objects.map((object) => {
    const { state = null, body = null } = known.get(object.id) ?? {};
    const told = body === null ? undefined : stripe.sweptInEvent(body.toString("utf8"))?.state;
    const isNews = object.state !== state && object.state !== told;
    // Of what was made a moment ago an event may still be on its way.
    const wasKnown = state !== null || object.createdAt < inFlight;
    return { object, isNews, isFound: isNews && wasKnown };
  });
  const news = judged.filter(({ isNews }) => isNews);
  await wakeLanes(
    tx,
    news.map(({ object }) => ({ pair, key: object.laneKey })),
  );
  await tx.query(KEEP_SQL, [
    ...[pair, ids, objects.map(({ state }) => state), objects.map((one) => one.createdAt)],
    ...[judged.map(({ isNews }) => isNews), judged.map(({ isFound }) => isFound)],
  ]);
  return judged.filter(({ isFound }) => isFound).map(({ object }) => object.id);
}

/** An object that changed without an event, and whose lane was woken for it. */
export type SweptFound = Readonly<{ pair: string; id: string; state: string; wokenAt: Date }>;

/** What the sweeps of the last 35 days have found, newest first. */
export async function listSweptFound(
  pool: Pool,
  pair: string | undefined,
): Promise<readonly SweptFound[]> {
  const { rows } = await pool.query<SweptFound>(
    `select pair, object_id as id, state, woken_at as "wokenAt" from swept_object
     where found > 0 and ($1::text is null or pair = $1)
       and woken_at > clock_timestamp() - interval '35 days'
     order by woken_at desc, object_id limit 200`,
    [pair ?? null],
  );
  return rows;
}
