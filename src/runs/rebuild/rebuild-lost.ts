import type { Pool } from "pg";
import {
  isJournalPurpose,
  JOURNAL_PURPOSES,
  type JournalPurpose,
  REFUND_PURPOSES,
  type RefundPurpose,
  SUMMARY_PURPOSES,
} from "../../base/ids.ts";
import { withTransaction } from "../../db/index.ts";
import type { BatchReading, ErpScreen } from "../../erp/port.ts";
import { lockLanes, wakeLanes } from "../../lanes/index.ts";
import type { PairRuntime } from "../pair-runtime.ts";
import { reopenReversals } from "../reverse/reverse-lost.ts";
import type { Stage } from "../write/intent.ts";
import { SETTLED_AFTER_SECONDS } from "../write/lineage.ts";

/** Something that the hub wrote to SL, or was writing, and SL does not hold. */
export type LostRecord = Readonly<{
  key: string;
  what: string;
  laneKey: string;
  /** Where its intent goes on; after `abandoned` the next generation is booked. */
  fallBack: Stage;
}>;

/** Waits for so many milliseconds; a rebuild in a test moves time on instead. */
export type Pause = (delayMs: number) => Promise<void>;

type Grouped = JournalPurpose | RefundPurpose;

type IntentRow = {
  key: string;
  purpose:
    | "invoice"
    | "summary"
    | "payment"
    | "return"
    | "reverse"
    | "apply"
    | "customer"
    | Grouped;
  stage: Stage;
  bat_nbr: string | null;
  number: string | null;
  /** What its draft is; of one that a rebuild took over a memo is told by SL's type, or nothing. */
  kind: string;
  /** Whether a rebuild took it over, without its draft. */
  is_adopted: boolean;
  lane_key: string;
  age_ms: number;
};

const ROWS_AT_ONCE = 500;
const IN_SL = [
  ...["invoice", "summary", "payment", "return", "reverse", "apply", "customer"],
  ...[...REFUND_PURPOSES, ...JOURNAL_PURPOSES],
];

const COLUMNS = `key, purpose, stage, bat_nbr,
  coalesce(receipt ->> 'refNbr', receipt ->> 'customerId') as number,
  coalesce(draft ->> 'kind',
    case when receipt ->> 'type' in ('CM', 'DM') then 'memo' else '' end) as kind,
  draft ->> 'kind' is null as is_adopted,
  coalesce(nullif(lane_key, ''), object) as lane_key,
  (extract(epoch from clock_timestamp() - updated_at) * 1000)::float8 as age_ms`;

/** $1 pair, $2 the key before the first, $3 purposes: what stands in SL if it is no older copy. */
const WRITTEN_SQL = `
select ${COLUMNS}
from intent
where pair = $1 and key > $2
  and purpose = any ($3::text[]) and draft ->> 'kind' is distinct from 'collected'
  and (stage = 'done'
    or purpose <> 'customer' and stage in ('reserved', 'filling', 'filled', 'releasing'))
order by key limit ${ROWS_AT_ONCE}`;

/** $1 pair, $2 keys, $3 the stage of each. */
const FALL_BACK_SQL = `
update intent i set updated_at = now(), receipt = null, stage = f.stage
from unnest($2::text[], $3::text[]) as f (key, stage)
where i.pair = $1 and i.key = f.key`;

/**
 * What the hub wrote and SL does not hold. Views may lag behind SL's tables, and a run may have
 * written a moment ago: only a record that nothing has touched for a minute, that no view shows and
 * that its own batch does not hold counts as lost. Waits for that minute where it must.
 *
 * @param search.held keys that SL was just seen to hold
 */
export async function findLost(
  pool: Pool,
  pair: PairRuntime,
  search: { held: ReadonlySet<string>; pause: Pause },
): Promise<LostRecord[]> {
  const lost: LostRecord[] = [];
  let after = "";
  for (;;) {
    const { rows } = await pool.query<IntentRow>(WRITTEN_SQL, [pair.id, after, IN_SL]);
    for (const row of rows) {
      if (row.stage === "done" && search.held.has(row.key)) continue;
      const missingMs = SETTLED_AFTER_SECONDS * 1_000 - row.age_ms;
      if (missingMs > 0) await search.pause(missingMs);
      const fallBack = await fallBackOf(pair, row);
      if (fallBack !== undefined) lost.push(lostRecord(row, fallBack));
    }
    const last = rows.at(-1);
    if (last === undefined) return lost;
    after = last.key;
  }
}

/** The same of one document, by its key; undefined where it still stands, or was never written. */
export async function findLostOf(
  pool: Pool,
  pair: PairRuntime,
  key: string,
): Promise<LostRecord | undefined> {
  const { rows } = await pool.query<IntentRow>(
    `select ${COLUMNS} from intent
     where pair = $1 and key = $2 and purpose = any ($3::text[]) and stage not in
       ('planned', 'abandoned')`,
    [pair.id, key, IN_SL],
  );
  const [row] = rows;
  const fallBack = row && (await fallBackOf(pair, row));
  return row && fallBack && lostRecord(row, fallBack);
}

/** Where SL's copy leaves a record: the stage to go back to, or undefined where it still stands. */
async function fallBackOf({ erp }: PairRuntime, row: IntentRow): Promise<Stage | undefined> {
  const { key, purpose, stage, bat_nbr: batNbr, number } = row;
  if (purpose === "customer") {
    // It keeps its id, which Stripe's metadata names: it is made again under its key.
    return (await erp.readCustomer(number ?? "")) === undefined ? "planned" : undefined;
  }
  if (purpose === "apply") return fallBackOfApplication(erp, row);
  const batch =
    batNbr === null ? undefined : await erp.readBatch(screenOf(purpose, row.kind), batNbr);
  const holdsOurs = holdsKey(batch, key);
  const isAsLeft = stage === "done" ? batch?.isReleased === true && holdsOurs : batch?.key === key;
  if (isAsLeft || (stage !== "done" && holdsOurs)) return undefined;
  // Somebody may have voided the batch, and the same key stands in another one.
  const keyed = await erp.findByKey(key);
  // A released batch without its document books nothing.
  if (keyed.some(({ isReleased, type }) => isReleased && type !== "")) return undefined;
  if (!holdsOurs) return "abandoned";
  // The copy was made between fill and release: the document is there, and only counts no more. One
  // without a draft is drafted anew first, and found in its batch by its key.
  return row.is_adopted ? "planned" : "filled";
}

/** A journal's batch is its document; one without lines holds nothing yet. */
function holdsKey(batch: BatchReading | undefined, key: string): boolean {
  if (batch?.journal !== undefined) return batch.key === key && batch.journal.lines.length > 0;
  return batch?.documents.some((document) => document.key === key) === true;
}

/**
 * An application has no document to be found by, only its batch. One that is planned again reads
 * first what is applied, so it is given up wherever SL does not show that batch as it was left.
 */
async function fallBackOfApplication(
  erp: PairRuntime["erp"],
  { key, stage, bat_nbr: batNbr }: IntentRow,
): Promise<Stage | undefined> {
  const batch = batNbr === null ? undefined : await erp.readBatch("payment", batNbr);
  const isThere = batch?.key === key && (stage !== "done" || batch.isReleased);
  return isThere ? undefined : "abandoned";
}

/** $1 pair, $2 keys: rows of theirs are without an owner again. */
const UNSETTLE_SQL = `
update balance_row b set settled_at = null, woken_at = null
from row_owner o
where o.pair = $1 and o.intent_key = any ($2::text[]) and b.pair = o.pair and b.row_id = o.row_id`;

/**
 * $1 pair, $2 keys, $3 purposes: what was collected for a day's documents waits for them again, or
 * for an application of theirs, which is named after both of their numbers.
 */
const COLLECT_AGAIN_SQL = `
update intent c set stage = 'collected', receipt = null, updated_at = now()
from intent l
join collected_document d on d.pair = l.pair and 'day:' || d.day = l.object
where l.pair = $1 and l.key = any ($2::text[])
  and c.pair = d.pair and c.key = d.intent_key and c.stage = 'done'
  and case when l.purpose = any ($3::text[]) then d.part = l.part
      and d.kind = case when l.purpose in ('summary', 'payment') then 'sale' else 'refund' end
    else c.receipt ->> 'refNbr' = any (string_to_array(l.part, '/')) end`;

/** $1 pair, $2 keys: how charges are shared out goes on where one of their payments is lost. */
const SHARE_AGAIN_SQL = `
update intent s set stage = 'planned', receipt = null, updated_at = now()
from intent l
where l.pair = $1 and l.key = any ($2::text[]) and s.pair = l.pair and s.object = l.object
  and s.purpose = 'share-out' and s.stage = 'done'`;

/**
 * SL has lost them: their numbers will be given out again, so the facts are booked once more, each
 * by its lane, which is woken here: its events may have ended long ago.
 */
export async function reopenLost(
  pool: Pool,
  pair: string,
  lost: readonly LostRecord[],
): Promise<void> {
  for (let from = 0; from < lost.length; from += ROWS_AT_ONCE) {
    const part = lost.slice(from, from + ROWS_AT_ONCE);
    const keys = part.map(({ key }) => key);
    const lanes = [...new Set(part.map(({ laneKey: key }) => key))].map((key) => ({ pair, key }));
    await withTransaction(pool, async (tx) => {
      // As runs do: their lanes first, and what these have booked after that.
      await lockLanes(tx, lanes);
      await tx.query(UNSETTLE_SQL, [pair, keys]);
      for (const table of ["receipt", "row_owner", "link"]) {
        await tx.query(`delete from ${table} where pair = $1 and intent_key = any ($2::text[])`, [
          pair,
          keys,
        ]);
      }
      await reopenReversals(tx, pair, keys);
      await tx.query(FALL_BACK_SQL, [pair, keys, part.map(({ fallBack }) => fallBack)]);
      await tx.query(SHARE_AGAIN_SQL, [pair, keys]);
      await tx.query(COLLECT_AGAIN_SQL, [pair, keys, SUMMARY_PURPOSES]);
      await wakeLanes(tx, lanes);
    });
  }
}

/** Memos stand in the screen of invoices, also those of a dispute; journals in their own. */
function screenOf(
  purpose: Exclude<IntentRow["purpose"], "apply" | "customer">,
  kind: string,
): ErpScreen {
  if (purpose === "payment") return "payment";
  if (kind === "journal") return "journal";
  return isJournalPurpose(purpose) && kind !== "memo" ? "journal" : "invoice";
}

function lostRecord(row: IntentRow, fallBack: Stage): LostRecord {
  const { key, purpose, number, bat_nbr: batNbr, lane_key: laneKey } = row;
  return { key, laneKey, fallBack, what: `${purpose} ${number ?? `in batch ${batNbr}`}` };
}
