import type { Pool } from "pg";

/** Rows that one statement deletes at most: it holds no lock for longer than a moment. */
export const FORGOTTEN_AT_ONCE = 1_000;

/**
 * $1 days, $2 rows at most. Only what stands before everything that is kept goes, so that the
 * oldest position tells what is gone. The newest stays for ever: positions count on from it.
 */
const FORGET_SQL = `
with oldest as (
  select position, occurred_at from domain_event
  where position is not null order by position limit $2
), bound as (
  select least(
    (select min(position) from oldest where occurred_at >= now() - $1 * interval '1 day'),
    (select max(position) from domain_event),
    (select min(least(s.position + 1, d.position)) from subscriber s
      left join (select subscriber, min(position) as position from delivery group by subscriber) d
        on d.subscriber = s.id)) as keep_from
)
delete from domain_event e using oldest, bound
where e.position = oldest.position and e.position < bound.keep_from`;

/**
 * Deletes the oldest events that are older than `days` and that every subscriber has taken, at
 * most `FORGOTTEN_AT_ONCE` of them. Also a disabled subscriber keeps what it was not told yet.
 *
 * @returns how many were deleted
 */
export async function forgetEvents(pool: Pool, days: number): Promise<number> {
  const { rowCount } = await pool.query(FORGET_SQL, [days, FORGOTTEN_AT_ONCE]);
  return rowCount ?? 0;
}
