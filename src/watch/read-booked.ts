import type { Pool } from "pg";
import { fromJson } from "../base/json.ts";
import type { DocumentDraft } from "../erp/port.ts";
import { isCollected } from "../mapping/index.ts";
import { applicationsIn, appliedOf, type KnownApplication } from "./applied.ts";
import type { Booked } from "./compare.ts";

/** The batches of receivables and those of the ledger are counted apart. */
export type Module = "AR" | "GL";

/** A released document with what is kept of a finding about it. */
export type BookedDocument = Booked &
  Readonly<{
    laneKey: string;
    object: string;
    purpose: string;
    batNbr: string;
    /** Its run is at work or waits for a person: what is open of it may move any moment. */
    isMoving: boolean;
  }>;

/** A document is looked at once it is this old: views may lag behind SL's tables. */
const SETTLED_AFTER_SECONDS = 60;
/** Documents of one page: SL is asked for the batches between its first and its last. */
const PAGE_DOCUMENTS = 200;

/** Receipts of documents; customers, orders and write-backs have others. */
const TYPES: Readonly<Record<Module, readonly string[]>> = {
  AR: ["IN", "PA", "PP", "CM", "DM"],
  GL: ["GJ"],
};
const NO_DOCUMENT = ["apply", "customer", "order", "share-out"];

/** $1 pair, $2 types, $3 purposes that make no document, $4 seconds. */
const RELEASED = `
  i.pair = $1 and i.done_at < now() - make_interval(secs => $4) and i.bat_nbr is not null
  and i.receipt ->> 'type' = any ($2) and i.purpose <> all ($3)`;

/** Of a module alone: the index of the batches begins with whether it is the ledger's. */
const RELEASED_OF: Readonly<Record<Module, string>> = {
  AR: `${RELEASED} and (i.receipt ->> 'type' = 'GJ') = false`,
  GL: `${RELEASED} and (i.receipt ->> 'type' = 'GJ') = true`,
};

const COLUMNS = `
select i.key, i.lane_key, i.object, i.purpose, i.bat_nbr, i.draft::text as draft,
  i.receipt::text as receipt,
  exists (select from unapplied u where u.pair = i.pair and u.intent_key = i.key) as is_left_open,
  -- What a rebuild found taken back: of what was applied then it knows nothing.
  exists (
    select from intent b
    where b.pair = i.pair and b.key = i.reversed_by and b.draft_hash = 'rebuilt') as is_back_found,
  exists (
    select from intent o where o.lane_key = i.lane_key and o.pair = i.pair
      and o.stage not in ('done', 'abandoned')) or exists (
    select from lane l where l.pair = i.pair and l.key = i.lane_key
      and (l.owner is not null or l.due_at <= now())) or exists (
    select from parked p where p.pair = i.pair and p.lane_key = i.lane_key and p.state = 'open')
    as is_moving
from intent i where `;

type BookedRow = {
  key: string;
  lane_key: string;
  object: string;
  purpose: string;
  bat_nbr: string;
  draft: string;
  receipt: string;
  is_left_open: boolean;
  is_back_found: boolean;
  is_moving: boolean;
};

const valuesOf = (pair: string, module: Module) => {
  return [pair, TYPES[module], NO_DOCUMENT, SETTLED_AFTER_SECONDS];
};

/** Where a page ended: the next one begins behind it. */
export type After = Readonly<{ batNbr: string; key: string }>;
export const BEGINNING: After = { batNbr: "", key: "" };

/** A page of the released documents of a module, in the order of their batches. */
export async function readBookedPage(
  pool: Pool,
  of: Readonly<{ pair: string; module: Module; after: After }>,
): Promise<readonly BookedDocument[]> {
  const { pair, module, after } = of;
  const { rows } = await pool.query<BookedRow>(
    `${COLUMNS} ${RELEASED_OF[module]} and (i.bat_nbr, i.key) > ($5, $6)
     order by i.bat_nbr, i.key limit ${PAGE_DOCUMENTS}`,
    [...valuesOf(pair, module), after.batNbr, after.key],
  );
  return withApplied(pool, pair, rows);
}

/** These documents as the hub has them now; those that are released no more are left out. */
export async function readBookedByKey(
  pool: Pool,
  pair: string,
  keys: readonly string[],
): Promise<readonly BookedDocument[]> {
  const values = [pair, [...TYPES.AR, ...TYPES.GL], NO_DOCUMENT, 0, keys];
  const { rows } = await pool.query<BookedRow>(
    `${COLUMNS} ${RELEASED} and i.key = any ($5)`,
    values,
  );
  return withApplied(pool, pair, rows);
}

/** How many documents of a module there are from a batch on. */
export async function countBooked(
  pool: Pool,
  of: Readonly<{ pair: string; module: Module; after: After }>,
): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `select count(*)::int as count from intent i
     where ${RELEASED_OF[of.module]} and (i.bat_nbr, i.key) > ($5, $6)`,
    [...valuesOf(of.pair, of.module), of.after.batNbr, of.after.key],
  );
  return rows[0]?.count ?? 0;
}

/**
 * The place before the first document of a day or a later one. Batches are counted up, so behind it
 * stand all that were booked since, also those of an earlier day. What a rebuild took over has no
 * draft: it counts by its period, which is that of its day or a later one, and always where an
 * earlier version kept none.
 *
 * @param of `period` is that of the day
 */
export async function placeBefore(
  pool: Pool,
  of: Readonly<{ pair: string; module: Module; day: string; period: string }>,
): Promise<After | undefined> {
  const found = `select i.bat_nbr from intent i where ${RELEASED_OF[of.module]}`;
  const { rows } = await pool.query<{ bat_nbr: string | null }>(
    // By day and period: for the least number alone all batches would be read in their order.
    `select min(bat_nbr) as bat_nbr from (
       (${found} and i.draft ->> 'documentDate' >= $5 offset 0)
       union all
       (${found} and i.draft_hash = 'rebuilt'
         and (i.receipt ->> 'period' >= $6 or i.receipt ->> 'period' = '') offset 0)) as found`,
    [...valuesOf(of.pair, of.module), of.day, of.period],
  );
  const batNbr = rows[0]?.bat_nbr ?? null;
  return batNbr === null ? undefined : { batNbr, key: "" };
}

type ApplyingRow = {
  lane_key: string;
  part: string;
  draft: string;
  receipt: string;
  is_given_back: boolean;
};

/**
 * Money that went back from invoices which SL had before: a person had taken back first what was
 * applied of it to them.
 */
const GIVEN_BACK = `reversed_by is not null and (purpose = 'apply' or part <> '')`;

/** $1 pair, $2 lanes. What a rebuild took over has no draft, and says nothing. */
const APPLYING_SQL = `
select lane_key, part, draft::text as draft, receipt::text as receipt,
  ${GIVEN_BACK} as is_given_back
from intent
where pair = $1 and lane_key = any ($2::text[]) and stage = 'done'
  and purpose in ('payment', 'apply')`;

async function withApplied(
  pool: Pool,
  pair: string,
  rows: readonly BookedRow[],
): Promise<readonly BookedDocument[]> {
  const lanes = [...new Set(rows.map((row) => row.lane_key))];
  const applying = await pool.query<ApplyingRow>(APPLYING_SQL, [pair, lanes]);
  const byLane = Map.groupBy(applying.rows, (row) => row.lane_key);
  return rows.map((row) => toBooked(row, knownIn(byLane.get(row.lane_key) ?? [])));
}

/** Undefined where something that may have applied money has no draft to tell of it. */
function knownIn(rows: readonly Omit<ApplyingRow, "lane_key">[]) {
  const known: KnownApplication[] = [];
  for (const row of rows) {
    if (row.is_given_back) continue;
    const draft = fromJson<Partial<DocumentDraft>>(row.draft) as DocumentDraft;
    // The day's own payment has applied it.
    if (isCollected(draft)) continue;
    if (draft.kind !== "payment" && draft.kind !== "application") return undefined;
    const receipt = fromJson<Booked["receipt"]>(row.receipt);
    known.push(...applicationsIn(draft, { receipt, part: row.part }));
  }
  return known;
}

function toBooked(row: BookedRow, known: readonly KnownApplication[] | undefined): BookedDocument {
  const drafted = fromJson<Partial<DocumentDraft>>(row.draft);
  const draft = drafted.kind === undefined ? undefined : (drafted as DocumentDraft);
  const receipt = fromJson<Booked["receipt"]>(row.receipt);
  const isTold = !row.is_moving && !row.is_back_found;
  const isKnown = draft !== undefined && known !== undefined && isTold;
  return {
    ...{ key: row.key, laneKey: row.lane_key, object: row.object, purpose: row.purpose },
    ...{ batNbr: row.bat_nbr, draft, receipt, isMoving: row.is_moving },
    applied: isKnown ? appliedOf(receipt, known, draft.currency) : undefined,
    isLeftOpen: row.is_left_open,
  };
}

/** $1 pair, $2 customer, $3 what the draft has to speak of. */
const OF_CUSTOMER_SQL = `
select part, draft::text as draft, receipt::text as receipt, ${GIVEN_BACK} as is_given_back
from intent
where pair = $1 and receipt ->> 'customerId' = $2 and stage = 'done'
  and purpose in ('payment', 'apply') and (draft::text like $3 or receipt ->> 'refNbr' = $4)`;

/** The same document with all that is applied by any lane: one may pay what another has booked. */
export async function withAllApplied(
  pool: Pool,
  pair: string,
  booked: BookedDocument,
): Promise<BookedDocument> {
  const { applied, draft, receipt } = booked;
  if (applied === undefined || draft === undefined) return booked;
  const { customerId, refNbr } = receipt;
  const { rows } = await pool.query<Omit<ApplyingRow, "lane_key">>(OF_CUSTOMER_SQL, [
    ...[pair, customerId, `%"${refNbr}"%`, refNbr],
  ]);
  const known = knownIn(rows);
  return { ...booked, applied: known && appliedOf(receipt, known, draft.currency) };
}
