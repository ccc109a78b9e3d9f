import type { Pool } from "pg";
import { JOURNAL_PURPOSES } from "../../base/ids.ts";
import type { KeyedDocument } from "../../erp/port.ts";
import type { PairRuntime } from "../pair-runtime.ts";

/** How many of the newest documents of each side are compared. */
const NEWEST_COMPARED = 50;
/** Younger ones may be on their way, or not yet shown by a lagging look-up. */
export const SETTLED_AFTER_SECONDS = 60;

const COMPARED = ["invoice", "summary", "payment", ...JOURNAL_PURPOSES];

export type Lineage = Readonly<{ isGreen: boolean; reason: string }>;
/** When nothing was ever compared, this is the time of it. */
const NEVER = new Date(0);

/** What hub and SL do not have in common; all empty means that the sides agree. */
export type LineageGap = Readonly<{
  /** Booked in SL under a key of ours that this hub never meant to write: the hub is older. */
  unknownToHub: readonly KeyedDocument[];
  /**
   * The same of what is on hold, without effect in SL: a rebuild leaves it to the run that looks it
   * up, which may come much later.
   */
  heldUnknown: readonly KeyedDocument[];
  /** Documents that the hub has a receipt for and SL does not hold: SL is older. */
  missingInSl: readonly Readonly<{ key: string; refNbr: string }>[];
}>;

/** The newest verdict; a pair that was never compared is not green, so its first writes look up. */
export async function readLineage(
  pool: Pool,
  pair: string,
): Promise<Lineage & Readonly<{ checkedAt: Date }>> {
  const rows = await pool.query<{ is_green: boolean; reason: string; checked_at: Date }>(
    "select is_green, reason, checked_at from lineage where pair = $1",
    [pair],
  );
  const row = rows.rows[0];
  return row === undefined
    ? { isGreen: false, reason: "hub and SL were not compared yet", checkedAt: NEVER }
    : { isGreen: row.is_green, reason: row.reason, checkedAt: row.checked_at };
}

/** Saves the verdict; a hub that starts, or meets its database again, saves "not compared yet". */
export async function saveLineage(pool: Pool, pair: string, lineage: Lineage): Promise<void> {
  await pool.query(
    `insert into lineage (pair, checked_at, is_green, reason) values ($1, now(), $2, $3)
     on conflict (pair) do update
       set checked_at = now(), is_green = excluded.is_green, reason = excluded.reason`,
    [pair, lineage.isGreen, lineage.reason],
  );
}

/**
 * Compares the newest documents of both sides by key. Costs one read of SL, and one more for each
 * document of ours that is not among SL's newest.
 */
export async function compareLineage(
  pool: Pool,
  pair: PairRuntime,
  signal: AbortSignal,
): Promise<LineageGap> {
  const inSl = await pair.erp.newestKeyed(NEWEST_COMPARED, signal);
  const known = await knownKeys(
    pool,
    inSl.map((document) => document.key),
  );
  const unknown = inSl.filter((document) => !known.has(document.key));
  const seen = new Set(inSl.map((document) => document.key));
  const missingInSl: { key: string; refNbr: string }[] = [];
  for (const document of await newestBooked(pool, pair.id)) {
    if (seen.has(document.key)) continue;
    const found = await pair.erp.findByKey(document.key, signal);
    if (!found.some((candidate) => candidate.isReleased)) missingInSl.push(document);
  }
  return {
    unknownToHub: unknown.filter(({ isReleased }) => isReleased),
    heldUnknown: unknown.filter(({ isReleased }) => !isReleased),
    missingInSl,
  };
}

/** Whether only a rebuild closes it; what is on hold does no harm while first writes look SL up. */
export function needsRebuild({ unknownToHub, missingInSl }: LineageGap): boolean {
  return unknownToHub.length + missingInSl.length > 0;
}

/** The gap in a sentence, or undefined where there is none. */
export function describeGap(gap: LineageGap): string | undefined {
  const parts: string[] = [];
  const missing = gap.missingInSl.map(({ refNbr }) => refNbr);
  const unknown = named(gap.unknownToHub.map(name));
  const held = named(gap.heldUnknown.map(name));
  if (unknown !== "") parts.push(`SL holds ${unknown} that this hub does not know`);
  if (held !== "") parts.push(`SL holds ${held} on hold, which this hub does not know`);
  if (missing.length > 0) parts.push(`SL no longer holds ${named(missing)} that the hub booked`);
  return parts.length === 0 ? undefined : parts.join("; ");
}

function name({ type, refNbr }: KeyedDocument): string {
  return `${type} ${refNbr}`;
}

function named(numbers: readonly string[]): string {
  const shown = numbers.slice(0, 5).join(", ");
  return numbers.length > 5 ? `${shown} and ${numbers.length - 5} more` : shown;
}

/** Of any pair: two Stripe accounts may be joined to one SL company. */
async function knownKeys(pool: Pool, keys: string[]): Promise<Set<string>> {
  const rows = await pool.query<{ key: string }>(
    "select key from intent where key = any ($1::text[])",
    [keys],
  );
  return new Set(rows.rows.map((row) => row.key));
}

// What was collected for a day's documents has a receipt of theirs, and no document of its own.
async function newestBooked(pool: Pool, pair: string) {
  const rows = await pool.query<{ key: string; ref_nbr: string }>(
    `select key, receipt ->> 'refNbr' as ref_nbr from intent
     where pair = $1 and purpose = any ($4::text[])
       and draft ->> 'kind' is distinct from 'collected'
       and done_at < now() - make_interval(secs => $2)
     order by done_at desc limit $3`,
    [pair, SETTLED_AFTER_SECONDS, NEWEST_COMPARED, COMPARED],
  );
  return rows.rows.map((row) => ({ key: row.key, refNbr: row.ref_nbr }));
}
