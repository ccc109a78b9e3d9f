import type { Pool, PoolClient } from "pg";
import { present } from "../base/assert.ts";
import { HubError } from "../base/errors.ts";
import type { Match } from "./match.ts";

type MatchRow = {
  id: string;
  pair: string;
  currency: string;
  finding_ids: string[];
  made_at: Date;
  made_by: string;
  reason: string;
  undone_at: Date | null;
  undone_by: string | null;
};

const COLUMNS = `id::text as id, pair, currency, finding_ids, made_at, made_by, reason, undone_at,
  undone_by`;
/** Longest list of them; each is made by a person. */
const LISTED_MAX = 1_000;

function toMatch(row: MatchRow): Match {
  const { id, pair, currency, reason } = row;
  return {
    ...{ id, pair, currency, reason, findingIds: row.finding_ids },
    ...{ madeAt: row.made_at, madeBy: row.made_by },
    ...{ undoneAt: row.undone_at ?? undefined, undoneBy: row.undone_by ?? "" },
  };
}

/** All matches of a currency that count, oldest first; one left out would be a difference. */
export async function readMatches(
  pool: Pool,
  of: Readonly<{ pair: string; currency: string }>,
): Promise<readonly Match[]> {
  const { rows } = await pool.query<MatchRow>(
    `select ${COLUMNS} from proof_match
     where pair = $1 and currency = $2 and undone_at is null
     order by proof_match.id`,
    [of.pair, of.currency],
  );
  return rows.map(toMatch);
}

/** What was ever matched of a pair, newest first: the last thousand. */
export async function listMatches(pool: Pool, pair: string): Promise<readonly Match[]> {
  const { rows } = await pool.query<MatchRow>(
    `select ${COLUMNS} from proof_match where pair = $1
     order by proof_match.id desc limit ${LISTED_MAX}`,
    [pair],
  );
  return rows.map(toMatch);
}

/** What a person matches, and why. */
export type NewMatch = Readonly<Pick<Match, "pair" | "currency" | "findingIds" | "reason">> &
  Readonly<{ by: string }>;

/** Keeps a match; every later proof counts it. */
export async function addMatch(tx: PoolClient, made: NewMatch): Promise<Match> {
  const { rows } = await tx.query<MatchRow>(
    `insert into proof_match (pair, currency, finding_ids, made_by, reason)
     values ($1, $2, $3, $4, $5) returning ${COLUMNS}`,
    [made.pair, made.currency, made.findingIds, made.by, made.reason],
  );
  return toMatch(present(rows[0], "The match that was kept"));
}

/** @throws HubError `api.not_found` */
async function readMatch(
  db: Pool | PoolClient,
  { pair, id }: Readonly<{ pair: string; id: string }>,
): Promise<Match> {
  const { rows } = await db.query<MatchRow>(
    `select ${COLUMNS} from proof_match where pair = $1 and id = $2::bigint`,
    [pair, id],
  );
  const [row] = rows;
  if (row === undefined) throw new HubError("api.not_found", `Pair ${pair} has no match ${id}`);
  return toMatch(row);
}

/**
 * Takes a match back: what it named is a difference again.
 *
 * @throws HubError `api.not_found`, `conflict.version` where it was taken back before
 */
export async function undoMatch(
  tx: PoolClient,
  { pair, id, by }: Readonly<{ pair: string; id: string; by: string }>,
): Promise<Match> {
  const { rows } = await tx.query<MatchRow>(
    `update proof_match set undone_at = clock_timestamp(), undone_by = $3
     where pair = $1 and id = $2::bigint and undone_at is null returning ${COLUMNS}`,
    [pair, id, by],
  );
  const [row] = rows;
  if (row !== undefined) return toMatch(row);
  const { undoneBy } = await readMatch(tx, { pair, id });
  throw new HubError("conflict.version", `Match ${id} was taken back before, by ${undoneBy}`);
}
