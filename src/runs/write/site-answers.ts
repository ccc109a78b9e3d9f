import type { Pool } from "pg";
import type { Capabilities, CapabilityAnswer, ErpConnector } from "../../erp/port.ts";

/** An answer of a probe as the table `site_probe` keeps it. */
export type SiteAnswer = Readonly<{
  name: string;
  site: string;
  answer: Exclude<CapabilityAnswer, "probe">;
}>;

/** $1 pair: all answers as one value, so that the statement that starts a run brings them along. */
export const ANSWERS_SQL = `
  select json_agg(json_build_object('name', p.name, 'site', p.site, 'answer', p.answer))
  from site_probe p where p.pair = $1`;

/** Reads what probes found out for a pair, whatever the site was. */
export async function readSiteAnswers(pool: Pool, pair: string): Promise<readonly SiteAnswer[]> {
  const rows = await pool.query<SiteAnswer>(
    "select name, site, answer from site_probe where pair = $1",
    [pair],
  );
  return rows.rows;
}

/**
 * Lets the connector choose its routes by the answers. Done at the start of every run, so that each
 * hub follows a probe that another one made; answers of another site are not believed.
 */
export function learnAnswers(
  erp: Pick<ErpConnector, "site" | "learn">,
  answers: readonly SiteAnswer[],
): void {
  const ours = answers.filter(({ site }) => site === erp.site);
  erp.learn(
    Object.fromEntries(ours.map(({ name, answer }) => [name, answer])) as Partial<Capabilities>,
  );
}
