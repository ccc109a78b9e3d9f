import type { Pool } from "pg";
import { toHubError } from "../base/errors.ts";

/** How a pair's look stands: under way, or as the last one ended. */
export type WatchState = Readonly<{
  pair: string;
  isFull: boolean;
  startedAt: Date | null;
  endedAt: Date | null;
  /** When the last look that went over everything ended. */
  fullAt: Date | null;
  dueAt: Date;
  /** Somebody wants one now. */
  isAsked: boolean;
  isRunning: boolean;
  checked: number;
  total: number;
  /** Since when a look is due that has not ended, or has ended in trouble. */
  behindSeconds: number;
  troubleCode: string | null;
  trouble: string | null;
  troubleCure: string | null;
}>;

const STATE_SQL = `
select pair, is_full as "isFull", started_at as "startedAt", ended_at as "endedAt",
  full_at as "fullAt", due_at as "dueAt", asked_at is not null as "isAsked",
  started_at is not null and (ended_at is null or ended_at < started_at) as "isRunning",
  checked, total, trouble_code as "troubleCode", trouble, trouble_cure as "troubleCure",
  extract(epoch from clock_timestamp() - coalesce(ended_at, started_at, due_at))::float8
    as "behindSeconds"
from watch_round where $1::text is null or pair = $1 order by pair`;

/** How the looks of all pairs stand, or that of one. */
export async function readWatchStates(pool: Pool, pair?: string): Promise<readonly WatchState[]> {
  return (await pool.query<WatchState>(STATE_SQL, [pair ?? null])).rows;
}

/** Lets a look at a pair begin at once; one that is under way is followed by another. */
export async function askWatch(pool: Pool, pair: string, isFull: boolean): Promise<void> {
  await pool.query(
    `insert into watch_round (pair, asked_at, asked_full) values ($1, clock_timestamp(), $2)
     on conflict (pair) do update set asked_at = clock_timestamp(),
       asked_full = watch_round.asked_full or excluded.asked_full`,
    [pair, isFull],
  );
}

/** Makes a row for each pair that has none: nothing is looked at while a pair is being set up. */
export async function meetPairs(
  pool: Pool,
  pairs: readonly string[],
  firstInMs: number,
): Promise<void> {
  await pool.query(
    `insert into watch_round (pair, due_at)
     select p, clock_timestamp() + $2 * interval '1 millisecond' from unnest($1::text[]) as p
     on conflict (pair) do nothing`,
    [pairs, firstInMs],
  );
}

/** The pairs whose look is due or was asked for. */
export async function duePairs(pool: Pool, pairs: readonly string[]): Promise<readonly string[]> {
  const { rows } = await pool.query<{ pair: string }>(
    `select pair from watch_round where pair = any ($1::text[])
       and (due_at <= clock_timestamp() or asked_at is not null)
     order by asked_at nulls last, due_at`,
    [pairs],
  );
  return rows.map(({ pair }) => pair);
}

/**
 * Marks a look as begun; undefined where another hub has begun it meanwhile. One that goes over
 * everything and ended with its process is begun again as such.
 */
export async function beginRound(
  pool: Pool,
  pair: string,
): Promise<Readonly<{ isFull: boolean }> | undefined> {
  const { rows } = await pool.query<{ isFull: boolean }>(
    `update watch_round set started_at = clock_timestamp(),
       is_full = asked_full
         or is_full and started_at is not null and (ended_at is null or ended_at < started_at),
       asked_at = null, asked_full = false, checked = 0, total = 0,
       -- One that ends with its process stays due.
       due_at = least(due_at, clock_timestamp())
     where pair = $1 and (due_at <= clock_timestamp() or asked_at is not null)
     returning is_full as "isFull"`,
    [pair],
  );
  return rows[0];
}

export async function noteProgress(
  pool: Pool,
  pair: string,
  { checked, total }: Readonly<{ checked: number; total: number }>,
): Promise<void> {
  await pool.query("update watch_round set checked = $2, total = $3 where pair = $1", [
    pair,
    checked,
    total,
  ]);
}

/** How a look ended: with all of it done, or with the trouble that it came upon. */
export async function endRound(
  pool: Pool,
  pair: string,
  end: Readonly<{ dueInMs: number; thrown?: unknown }>,
): Promise<void> {
  const error = end.thrown === undefined ? undefined : toHubError(end.thrown);
  await pool.query(
    `update watch_round set ended_at = clock_timestamp(), trouble_code = $3, trouble = $4,
       trouble_cure = $5,
       trouble_since = case when $3::text is not null
         then coalesce(trouble_since, clock_timestamp()) end,
       full_at = case when is_full and $3::text is null then clock_timestamp() else full_at end,
       due_at = clock_timestamp() + $2 * interval '1 millisecond'
     where pair = $1`,
    [pair, end.dueInMs, error?.code ?? null, error?.message ?? null, error?.cure ?? null],
  );
}

/** 1397512791 is 'SLWA'. */
const LOCK_CLASS = 1_397_512_791;

/**
 * Runs `work` while no other hub looks at this pair; false where one does. The lock falls with the
 * connection, so a look that was killed is begun anew by the next one that is due.
 */
export async function whileAlone(
  pool: Pool,
  pair: string,
  work: () => Promise<void>,
): Promise<boolean> {
  const client = await pool.connect();
  try {
    const lock = await client.query<{ got: boolean }>(
      "select pg_try_advisory_lock($1, hashtext($2)) as got",
      [LOCK_CLASS, pair],
    );
    if (lock.rows[0]?.got !== true) return false;
    try {
      await work();
    } finally {
      await client.query("select pg_advisory_unlock($1, hashtext($2))", [LOCK_CLASS, pair]);
    }
    return true;
  } finally {
    client.release();
  }
}
