import type { Pool } from "pg";
import { withTransaction } from "../db/index.ts";
import { type ClaimedLane, guardLane } from "../lanes/index.ts";
import { type DayPurpose, type JournalPart, PREFUNDING_BALANCE } from "../mapping/index.ts";
import { ROW_COLUMNS, type StoredRow, toLedgerRow } from "./rows.ts";

/** The identity of a journal of rows, but for its generation. */
export type JournalId = Readonly<{
  object: string;
  /** A side of a conversion has a journal of its own, against the bridge. */
  purpose: DayPurpose | "bridge";
  part: string;
}>;

/** A part of a row that a journal is to own. */
export type PlannedPart = Readonly<{
  rowId: string;
  part: "gross" | "fee";
  journal: JournalId;
  isSuspense: boolean;
}>;

const PLAN_SQL = `
insert into journal_row (pair, row_id, part, lane_key, object, purpose, journal_part, is_suspense)
select $1, p."rowId", p.part, $2, p.object, p.purpose, p."journalPart", p."isSuspense"
from jsonb_to_recordset($3::jsonb) as p("rowId" text, part text, object text, purpose text,
  "journalPart" text, "isSuspense" boolean)
order by p."rowId", p.part
on conflict (pair, row_id, part) do nothing`;

const IDS_SQL = `
select distinct object, purpose, journal_part as part from journal_row
where pair = $1 and lane_key = $2
order by object, purpose, part`;

const PARTS_SQL = `
select ${ROW_COLUMNS}, j.part, b.source_id is not null and exists (
    select 1 from balance_row s where s.pair = b.pair and s.source_id = b.source_id
      and s.balance_type = '${PREFUNDING_BALANCE}') as is_prefunding
from journal_row j
join balance_row b on b.pair = j.pair and b.row_id = j.row_id
where j.pair = $1 and j.lane_key = $2 and j.object = $3 and j.purpose = $4 and j.journal_part = $5
order by b.created, b.row_id, j.part`;

const PLANNED_SQL = `
select row_id || ' ' || part as name, object, purpose, journal_part as part
from journal_row where pair = $1 and row_id = any ($2::text[])`;

/**
 * Fixes which journals these parts go into; one that was planned before stays where it is.
 *
 * @throws HubError `lane.fenced` when another worker has the lane
 */
export async function planParts(
  pool: Pool,
  lane: ClaimedLane,
  parts: readonly PlannedPart[],
): Promise<void> {
  if (parts.length === 0) return;
  const planned = parts.map(({ journal, ...part }) => ({
    ...part,
    object: journal.object,
    purpose: journal.purpose,
    journalPart: journal.part,
  }));
  await withTransaction(pool, async (tx) => {
    await guardLane(tx, lane);
    await tx.query(PLAN_SQL, [lane.pair, lane.key, JSON.stringify(planned)]);
  });
}

/** The journals that this lane has planned so far. */
export async function plannedJournals(
  pool: Pool,
  lane: Pick<ClaimedLane, "pair" | "key">,
): Promise<readonly JournalId[]> {
  return (await pool.query<JournalId>(IDS_SQL, [lane.pair, lane.key])).rows;
}

/** The parts of rows that a journal is to own, in the order of the rows. */
export async function partsOfJournal(
  pool: Pool,
  lane: Pick<ClaimedLane, "pair" | "key">,
  { object, purpose, part }: JournalId,
): Promise<readonly JournalPart[]> {
  const values = [lane.pair, lane.key, object, purpose, part];
  const { rows } = await pool.query<
    StoredRow & { part: JournalPart["part"]; is_prefunding: boolean }
  >(PARTS_SQL, values);
  return rows.map((row) => ({
    row: toLedgerRow(row),
    part: row.part,
    isPrefunding: row.is_prefunding,
  }));
}

/** The journals that parts of these rows are planned for, by `partName`. */
export async function plannedAmong(
  pool: Pool,
  pair: string,
  rowIds: readonly string[],
): Promise<ReadonlyMap<string, JournalId>> {
  const { rows } = await pool.query<JournalId & { name: string }>(PLANNED_SQL, [pair, rowIds]);
  return new Map(rows.map(({ name, ...journal }) => [name, journal]));
}

/** Names a journal, for maps. */
export function journalName({ object, purpose, part }: JournalId): string {
  return [object, purpose, part].join("\n");
}

/** Names a part of a row, for maps. */
export function partName(rowId: string, part: JournalPart["part"]): string {
  return `${rowId} ${part}`;
}

/** Until when the balance transactions of a pair are known to be read: null where never. */
export async function rowsReadUntil(pool: Pool, pair: string): Promise<Date | null> {
  const { rows } = await pool.query<{ done_at: Date | null }>(
    "select done_at from event_walk where pair = $1 and kind = 'rows'",
    [pair],
  );
  return rows[0]?.done_at ?? null;
}
