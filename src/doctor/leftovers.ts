import type { Pool } from "pg";
import { isProbeKey } from "../base/ids.ts";
import type { KeyedBatch } from "../erp/port.ts";
import type { PairRuntime } from "../runs/index.ts";
import type { Finding } from "./check.ts";

/** Batches read at most; a site with more has a trouble of its own, and is told to void these. */
const PAGES_MAX = 25;
const NAMED_MAX = 20;

type IntentRow = { key: string; stage: string; bat_nbr: string | null };

/**
 * Lists unreleased batches that carry a key of ours and that no run will ever release: empty
 * reservations whose answer was lost, the second batch of a key, and what a probe left on hold.
 * They book nothing, and only a person can void them.
 */
export async function lookAtLeftovers(pool: Pool, pair: PairRuntime): Promise<Finding> {
  if (pair.erp.capabilities["find-by-key"] !== "yes") {
    return {
      warning: "unreleased batches of ours cannot be listed without the views",
      cure: "Install the views of site/sql in the SL database.",
    };
  }
  const { useless, strange } = await sortOut(pool, await readUnreleased(pair));
  if (useless.length + strange.length === 0) return "no unreleased batch of ours is left over";
  const parts = [
    ...named(useless, "unreleased and of no use any more"),
    ...named(strange, "unreleased under keys that this hub does not know"),
  ];
  const unlessOther =
    strange.length === 0 ? "" : ", those of unknown keys only if no other hub books here";
  return { warning: parts.join("; "), cure: `Void them in their screen in SL${unlessOther}.` };
}

async function readUnreleased(pair: PairRuntime): Promise<readonly KeyedBatch[]> {
  const all: KeyedBatch[] = [];
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    const { rows, isLast } = await pair.erp.listUnreleased(page);
    all.push(...rows);
    if (isLast) break;
  }
  return all;
}

async function sortOut(pool: Pool, batches: readonly KeyedBatch[]) {
  const keys = batches.map(({ key }) => key);
  const { rows } = await pool.query<IntentRow>(
    "select key, stage, bat_nbr from intent where key = any ($1::text[])",
    [keys],
  );
  const intents = new Map(rows.map((row) => [row.key, row]));
  const useless: KeyedBatch[] = [];
  const strange: KeyedBatch[] = [];
  for (const batch of batches) {
    const intent = intents.get(batch.key);
    if (isProbeKey(batch.key)) useless.push(batch);
    else if (intent === undefined) strange.push(batch);
    else if (isOfNoUse(batch, intent)) useless.push(batch);
  }
  return { useless, strange };
}

const SCREENS = {
  invoice: "08.010",
  payment: "08.030",
  journal: "01.010",
} as const satisfies Record<KeyedBatch["screen"], string>;

/** A batch that its intent has not chosen, once it has chosen another or is over. */
function isOfNoUse({ batNbr }: KeyedBatch, { stage, bat_nbr: chosen }: IntentRow): boolean {
  if (stage === "abandoned") return true;
  return chosen !== null && chosen !== batNbr;
}

function named(batches: readonly KeyedBatch[], what: string): string[] {
  if (batches.length === 0) return [];
  const names = batches
    .slice(0, NAMED_MAX)
    .map(({ batNbr, screen }) => `${batNbr} (${SCREENS[screen]})`);
  const more = batches.length > NAMED_MAX ? ` and ${batches.length - NAMED_MAX} more` : "";
  return [`batches ${names.join(", ")}${more}: ${what}`];
}
