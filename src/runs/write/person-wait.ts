import type { Pool } from "pg";
import { type ClaimedLane, FENCE_CTE } from "../../lanes/index.ts";

/** What a person is to do in SL before a run can go on. */
export type PersonWait = Readonly<{
  kind: "release" | "apply" | "cancel";
  /** SL's screen, as people name it: `Payment Application (08.030)`. */
  screen: string;
  /** Empty where no batch of ours stands there. */
  batNbr: string;
  /** How SL shows the batch, or the order, just now: `on hold (H)`; empty where there is none. */
  batchState: string;
  what: string;
  toDo: string;
}>;

/** A wait as it is listed, with its age by the database's clock. */
export type ListedWait = PersonWait &
  Readonly<{
    pair: string;
    laneKey: string;
    intentKey: string;
    /** The Stripe object, and what of it is to be written. */
    object: string;
    purpose: string;
    since: Date;
    ageMs: number;
    looks: number;
    lookedAt: Date;
    /** When the run looks again; undefined while it is at work, or sleeps until it is resumed. */
    nextLookAt: Date | undefined;
  }>;

/** How often SL is looked at, by the age of the wait: a person may come at any time of the day. */
export const LOOKS = [
  { untilAgeMs: 10 * 60_000, everyMs: 60_000 },
  { untilAgeMs: 60 * 60_000, everyMs: 5 * 60_000 },
  { untilAgeMs: 8 * 60 * 60_000, everyMs: 15 * 60_000 },
] as const;
/** And from then on. A wait that was parked for its age is still looked at. */
export const LATE_LOOK_MS = 60 * 60_000;

/** How long until the next look at a wait of this age. */
export function nextLookMs(ageMs: number): number {
  return LOOKS.find(({ untilAgeMs }) => ageMs < untilAgeMs)?.everyMs ?? LATE_LOOK_MS;
}

/** $5 intent, $6 kind, $7 screen, $8 batch, $9 state, $10 what, $11 what to do. */
const NOTE_SQL = `
with ${FENCE_CTE}
insert into person_wait (pair, lane_key, intent_key, kind, screen, bat_nbr, batch_state, what,
  to_do)
select $1, $2, $5, $6, $7, $8, $9, $10, $11 from fence
on conflict (pair, intent_key) do update
  set kind = excluded.kind, screen = excluded.screen, bat_nbr = excluded.bat_nbr,
      batch_state = excluded.batch_state, what = excluded.what, to_do = excluded.to_do,
      lane_key = excluded.lane_key, looks = person_wait.looks + 1, looked_at = clock_timestamp()
returning extract(epoch from clock_timestamp() - since) * 1000 as age_ms`;

/**
 * Notes a look at what waits for a person.
 *
 * @returns how long it has waited, by the database's clock; nothing at the first look
 */
export async function noteWait(
  pool: Pool,
  lane: ClaimedLane,
  noted: Readonly<{ intentKey: string; wait: PersonWait }>,
): Promise<number> {
  const { pair, key, owner, attempt } = lane;
  const { kind, screen, batNbr, batchState, what, toDo } = noted.wait;
  const values = [noted.intentKey, kind, screen, batNbr, batchState, what, toDo];
  const found = await pool.query<{ age_ms: string }>(NOTE_SQL, [
    ...[pair, key, owner, attempt],
    ...values,
  ]);
  // No row: the fence is lost, which the next write of the run finds out.
  return Math.max(0, Number(found.rows[0]?.age_ms ?? 0));
}

type WaitRow = {
  pair: string;
  lane_key: string;
  intent_key: string;
  object: string;
  purpose: string;
  kind: PersonWait["kind"];
  screen: string;
  bat_nbr: string;
  batch_state: string;
  what: string;
  to_do: string;
  since: Date;
  age_ms: string;
  looks: number;
  looked_at: Date;
  due_at: Date | null;
};

const LIST_SQL = `
select w.pair, w.lane_key, w.intent_key, i.object, i.purpose, w.kind, w.screen, w.bat_nbr,
  w.batch_state, w.what, w.to_do, w.since, w.looks, w.looked_at, l.due_at,
  extract(epoch from clock_timestamp() - w.since) * 1000 as age_ms
from person_wait w
join intent i on i.pair = w.pair and i.key = w.intent_key
  and i.stage not in ('done', 'abandoned')
left join lane l on l.pair = w.pair and l.key = w.lane_key
where ($1::text is null or w.pair = $1)
  and w.since <= clock_timestamp() - $2 * interval '1 millisecond'
order by w.since, w.pair, w.intent_key limit $3`;

/** Waits listed at once at most: a list for people, and for alerts that count. */
const LISTED_MAX = 1_000;

/** What waits for a person in SL, the oldest first: of one pair or all, and of this age or more. */
export async function listPersonWaits(
  pool: Pool,
  wanted: Readonly<{ pair?: string | undefined; minAgeMs?: number; limit?: number }> = {},
): Promise<readonly ListedWait[]> {
  const { pair = null, minAgeMs = 0, limit = LISTED_MAX } = wanted;
  const found = await pool.query<WaitRow>(LIST_SQL, [pair, minAgeMs, limit]);
  return found.rows.map((row) => ({
    pair: row.pair,
    laneKey: row.lane_key,
    intentKey: row.intent_key,
    object: row.object,
    purpose: row.purpose,
    kind: row.kind,
    screen: row.screen,
    batNbr: row.bat_nbr,
    batchState: row.batch_state,
    what: row.what,
    toDo: row.to_do,
    since: row.since,
    ageMs: Math.max(0, Number(row.age_ms)),
    looks: row.looks,
    lookedAt: row.looked_at,
    nextLookAt: row.due_at ?? undefined,
  }));
}
