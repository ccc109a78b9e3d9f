import type { Pool } from "pg";
import type { CapabilityRow } from "../api/contract.ts";
import { CAPABILITIES, type Capability } from "../erp/port.ts";
import { learnAnswers, type PairRuntime, type SiteAnswer } from "../runs/index.ts";

type StoredAnswer = SiteAnswer & { detail: string; server_version: string; probed_at: Date };

const NAMES = Object.keys(CAPABILITIES) as Capability[];

/** What the pair's site can do, and how that is known. */
export async function listCapabilities(pool: Pool, pair: PairRuntime): Promise<CapabilityRow[]> {
  const { rows } = await pool.query<StoredAnswer>(
    `select name, site, answer, detail, server_version, probed_at from site_probe
     where pair = $1 and site = $2`,
    [pair.id, pair.erp.site],
  );
  learnAnswers(pair.erp, rows);
  const stored = new Map(rows.map((row) => [row.name, row]));
  return NAMES.map((name) => rowOf(pair, name, stored.get(name)));
}

function rowOf(
  pair: PairRuntime,
  name: Capability,
  stored: StoredAnswer | undefined,
): CapabilityRow {
  const answer = pair.erp.capabilities[name];
  const source = pair.erp.sourceOf(name);
  const isProbed = source === "probe" && stored !== undefined;
  return {
    pair: pair.id,
    capability: name,
    meaning: CAPABILITIES[name],
    answer: answer === "probe" ? "unknown" : answer,
    source,
    probedAt: isProbed ? stored.probed_at.toISOString() : null,
    serverVersion: isProbed ? stored.server_version : null,
    detail: isProbed ? stored.detail : null,
  };
}
