import type { Pool } from "pg";
import type { Proof } from "./prove.ts";

/**
 * Says of each document that differs what the watch over SL knows of it: its finding, and who has
 * accepted it. A difference stays one all the same, since the books do differ.
 */
export async function withWatch(
  pool: Pool,
  pair: string,
  proofs: readonly Proof[],
): Promise<readonly Proof[]> {
  const ids = proofs.flatMap(({ findings }) => findings.map(({ id }) => id));
  if (ids.length === 0) return proofs;
  const { rows } = await pool.query<{ key: string; words: string }>(
    `select intent_key as key, 'watch finding ' || id || case state
       when 'accepted' then ', accepted by ' || decided_by || ' (' || reason || ')'
       when 'healing' then ', being healed' else '' end as words
     from watch_finding
     where pair = $1 and intent_key = any ($2::text[])
       and state in ('open', 'accepted', 'healing')`,
    [pair, ids],
  );
  const known = new Map(rows.map(({ key, words }) => [key, words]));
  return proofs.map((proof) => ({
    ...proof,
    findings: proof.findings.map((finding) => {
      const words = known.get(finding.id);
      return words === undefined ? finding : { ...finding, words: `${finding.words}; ${words}` };
    }),
  }));
}
