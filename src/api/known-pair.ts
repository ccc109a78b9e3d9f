import { HubError } from "../base/errors.ts";
import type { ApiDeps } from "./deps.ts";

/**
 * Refuses a pair that nobody knows, so that a misspelt one is not taken for one without work. A
 * pair that was taken out of the settings stays known by its rows: what it did is still asked for.
 *
 * @throws HubError `config.pair_unknown` with the pairs that there are
 */
export async function requireKnownPair(
  { pool, pairs }: Pick<ApiDeps, "pool" | "pairs">,
  pair: string | undefined,
): Promise<void> {
  if (pair === undefined) return;
  const known = await pairs.list();
  if (known.some(({ id }) => id === pair)) return;
  const { rowCount } = await pool.query(
    `(select 1 from event where pair = $1 limit 1)
     union all (select 1 from lane where pair = $1 limit 1)`,
    [pair],
  );
  if (rowCount !== 0) return;
  throw unknownPair(pair, known);
}

/** Says that there is no such pair, and which ones there are. */
export function unknownPair(pair: string, known: readonly Readonly<{ id: string }>[]): HubError {
  const named = known.map(({ id }) => id).join(", ") || "none yet";
  return new HubError("config.pair_unknown", `There is no pair "${pair}"; there are: ${named}`, {
    facts: { field: "pair" },
  });
}
