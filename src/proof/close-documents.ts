import type { Pool, PoolClient } from "pg";

/**
 * A document of a period, by its key, with a hash over all that is kept of it. Of what a rebuild
 * took over only the receipt tells the period.
 */
const DOCUMENTS = `
select key, encode(sha256(convert_to(
    concat_ws(' ', key, draft_hash, bat_nbr, receipt::text), 'UTF8')), 'hex') as hash,
  concat_ws(' ', purpose, 'of', object || ',', coalesce(receipt ->> 'type', ''),
    coalesce(receipt ->> 'refNbr', ''), 'in batch', bat_nbr) as document
from intent where pair = $1 and done_at is not null
  and (draft ->> 'period' = $2 or draft_hash = 'rebuilt' and receipt ->> 'period' = $2)`;

/** Keeps each document of a period that was closed, beside the snapshot that was signed. */
export async function keepDocuments(
  tx: PoolClient,
  pair: string,
  of: Readonly<{ period: string; nr: number }>,
): Promise<void> {
  await tx.query(
    `insert into period_close_document (pair, period, nr, key, hash, document)
     select $1, $2, $3, key, hash, document from (${DOCUMENTS}) as now`,
    [pair, of.period, of.nr],
  );
}

/** How many documents a period has, and one hash over all of them. */
export async function hashDocuments(
  pool: Pool,
  pair: string,
  period: string,
): Promise<Readonly<{ count: number; hash: string }>> {
  const { rows } = await pool.query<{ count: number; hash: string }>(
    `select count(*)::int as count, encode(sha256(convert_to(coalesce(string_agg(
         key || ' ' || hash, E'\\n' order by key), ''), 'UTF8')), 'hex') as hash
     from (${DOCUMENTS}) as now`,
    [pair, period],
  );
  return rows[0] ?? { count: 0, hash: "" };
}

/** What became of a document of a closed period since. */
export type LaterChange = Readonly<{
  how: "added" | "gone" | "changed" | "changed-in-sl";
  key: string;
  document: string;
}>;

/** The newest snapshot of a period against what there is now. */
export type Compared = Readonly<{
  period: string;
  nr: number;
  closedAt: Date;
  closedBy: string;
  hash: string;
  changes: readonly LaterChange[];
  look: LastLook;
}>;

/** What is changed in SL is known as of the hub's last look there. */
export type LastLook = Readonly<{
  /** When it began, since what came later it may have passed by; undefined where there was none. */
  at: Date | undefined;
  /** When the last one that went over everything ended: others leave old closed periods out. */
  fullAt: Date | undefined;
  /** Why the last one did not come to its end. */
  trouble: string | undefined;
}>;

const CHANGES_SQL = `
with kept as (
  select key, hash, document from period_close_document
  where pair = $1 and period = $2 and nr = $3
), now as (${DOCUMENTS})
select case when kept.key is null then 'added' when now.key is null then 'gone'
    else 'changed' end as how,
  coalesce(kept.key, now.key) as key, coalesce(now.document, kept.document) as document
from kept full join now on now.key = kept.key
where kept.hash is distinct from now.hash
union all
select 'changed-in-sl', f.intent_key, f.document || ': ' || f.kind || ', watch finding ' || f.id
from watch_finding f
where f.pair = $1 and f.period = $2 and f.state in ('open', 'accepted', 'healing')
  -- No period closes with one that is not accepted, and what is accepted is open once it changes.
  and (f.state <> 'accepted' or f.decided_at > $4)
order by how, document, key`;

/**
 * Every document that came to a period, left it or changed in it after it was closed, by the stored
 * hashes, and those that SL shows otherwise by now. Undefined where the period was never closed.
 */
export async function compareClosed(
  pool: Pool,
  pair: string,
  period: string,
): Promise<Compared | undefined> {
  const { rows } = await pool.query<{
    nr: number;
    closed_at: Date;
    closed_by: string;
    hash: string;
  }>(
    `select nr, closed_at, closed_by, hash from period_close
     where pair = $1 and period = $2 order by nr desc limit 1`,
    [pair, period],
  );
  const [last] = rows;
  if (last === undefined) return undefined;
  const { nr, closed_at: closedAt, closed_by: closedBy, hash } = last;
  const changes = await pool.query<LaterChange>(CHANGES_SQL, [pair, period, nr, closedAt]);
  const look = await lastLook(pool, pair);
  return { period, nr, closedAt, closedBy, hash, changes: changes.rows, look };
}

async function lastLook(pool: Pool, pair: string): Promise<LastLook> {
  const { rows } = await pool.query<{ at: Date; fullAt: Date | null; trouble: string | null }>(
    // Of one under way the beginning says nothing: then the end of the one before counts.
    `select least(started_at, ended_at) as at, full_at as "fullAt", trouble
     from watch_round where pair = $1 and ended_at is not null`,
    [pair],
  );
  const [round] = rows;
  return {
    at: round?.at,
    fullAt: round?.fullAt ?? undefined,
    trouble: round?.trouble ?? undefined,
  };
}
