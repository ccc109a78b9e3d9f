import type { Pool } from "pg";
import { toHubError } from "../base/errors.ts";

/** How far a pair's days are proved, and what has kept the hub from the next one. */
export type ProofRound = Readonly<{
  /** The last day, `YYYY-MM-DD`. */
  provedUntil: string;
  trouble: Readonly<{ code: string; message: string; cure: string }> | undefined;
}>;

/** Begins to prove a pair's days after this one; nothing where that has begun. */
export async function meetPair(pool: Pool, pair: string, provedUntil: string): Promise<void> {
  await pool.query(
    `insert into proof_round (pair, proved_until) values ($1, $2) on conflict (pair) do nothing`,
    [pair, provedUntil],
  );
}

/** How it stands; undefined before a hub has met the pair. */
export async function readProofRound(pool: Pool, pair: string): Promise<ProofRound | undefined> {
  const { rows } = await pool.query<{
    until: string;
    code: string | null;
    message: string;
    cure: string;
  }>(
    `select proved_until as until, trouble_code as code, trouble as message, trouble_cure as cure
     from proof_round where pair = $1`,
    [pair],
  );
  return rows.map(({ until: provedUntil, code, message, cure }) => {
    return { provedUntil, trouble: code === null ? undefined : { code, message, cure } };
  })[0];
}

/**
 * Takes a round that is due, for so long: a hub that dies with it leaves it to another one then.
 *
 * @returns false where none is due
 */
export async function claimRound(pool: Pool, pair: string, forMs: number): Promise<boolean> {
  const { rowCount } = await pool.query(
    `update proof_round set due_at = clock_timestamp() + $2 * interval '1 ms'
     where pair = $1 and due_at <= clock_timestamp()`,
    [pair, forMs],
  );
  return rowCount === 1;
}

/** Gives a round back that was not gone to its end: what troubled the ones before stays told. */
export async function leaveRound(pool: Pool, pair: string): Promise<void> {
  await pool.query("update proof_round set due_at = clock_timestamp() where pair = $1", [pair]);
}

/** Notes that a day is proved, where those until `from` were before. */
export async function noteProved(
  pool: Pool,
  pair: string,
  { from, day }: Readonly<{ from: string; day: string }>,
): Promise<void> {
  await pool.query(
    "update proof_round set proved_until = $3, tries = 0 where pair = $1 and proved_until = $2",
    [pair, from, day],
  );
}

/** Counts a look at the next day that did not hold. */
export async function countTry(pool: Pool, pair: string): Promise<number> {
  const { rows } = await pool.query<{ tries: number }>(
    "update proof_round set tries = tries + 1 where pair = $1 returning tries",
    [pair],
  );
  return rows[0]?.tries ?? 0;
}

/** How a round ended: with all days proved, or with the trouble that it came upon. */
export async function endRound(
  pool: Pool,
  pair: string,
  end: Readonly<{ dueInMs: number; thrown?: unknown }>,
): Promise<void> {
  const error = end.thrown === undefined ? undefined : toHubError(end.thrown);
  await pool.query(
    `update proof_round set due_at = clock_timestamp() + $2 * interval '1 ms', trouble_code = $3,
       trouble = $4, trouble_cure = $5, trouble_since = case when $3::text is not null
         then coalesce(trouble_since, clock_timestamp()) end
     where pair = $1`,
    [pair, end.dueInMs, error?.code ?? null, error?.message ?? null, error?.cure ?? null],
  );
}
