import type { Pool } from "pg";
import { fromJson } from "../../base/json.ts";
import { withTransaction } from "../../db/index.ts";
import { type ClaimedLane, guardLane } from "../../lanes/index.ts";
import { dayLane, spanOfDay } from "../../ledger/index.ts";
import type { DocumentReceipt } from "../write/intent.ts";
import type { SummaryBook, SummaryKind } from "./collected-store.ts";

/** A document of a day that a rebuild took over, of which the hub does not know what is in it. */
export type TakenOver = Readonly<{
  kind: SummaryKind;
  part: string;
  currency: string;
  receipt: DocumentReceipt;
}>;

/** A clock is set back by an hour; with this it makes no day that was summed up one of today. */
const CLOCK_BACK_MAX_MS = 2 * 3_600_000;

/** Whether a day of this zone may have been summed up by now: only one that was over is. */
export function mayBeSummed(day: string, zone: string, now: Date): boolean {
  return spanOfDay(day, zone).until.getTime() - now.getTime() <= CLOCK_BACK_MAX_MS;
}

const IS_TAKEN_OVER = `i.pair = $1 and i.object = $2 and i.stage = 'done'
  and not jsonb_exists(i.draft, 'kind')`;

/**
 * The first document of each kind that a rebuild took over of a day.
 *
 * @param after what it took over before is left alone
 */
export async function readTakenOver(
  pool: Pool,
  pair: string,
  { day, after }: Readonly<{ day: string; after: Date | undefined }>,
): Promise<readonly TakenOver[]> {
  const { rows } = await pool.query<Omit<TakenOver, "receipt"> & { receipt: string }>(
    `select case i.purpose when 'summary' then 'sale' else 'refund' end as kind, i.part,
       split_part(i.part, ':', 1) as currency, i.receipt::text as receipt
     from intent i
     where ${IS_TAKEN_OVER} and i.purpose in ('summary', 'refund-cash') and i.updated_at > $3
     order by i.part`,
    [pair, dayLane(day), after ?? "-infinity"],
  );
  return rows.map((row) => ({ ...row, receipt: fromJson<DocumentReceipt>(row.receipt) }));
}

type OfDay = Pick<SummaryBook, "day" | "kind">;

/** Whether a rebuild took documents of a day over: any sale, or refund, of it may be in one. */
export function isTakenOver(pool: Pool, pair: string, of: OfDay): Promise<boolean> {
  return hasIntent(pool, IS_TAKEN_OVER, { pair, of });
}

/** Whether the hub knows of documents of a day at all. */
export function isKnown(pool: Pool, pair: string, of: OfDay): Promise<boolean> {
  return hasIntent(pool, "i.pair = $1 and i.object = $2", { pair, of });
}

async function hasIntent(
  pool: Pool,
  condition: string,
  { pair, of }: Readonly<{ pair: string; of: OfDay }>,
): Promise<boolean> {
  const purpose = of.kind === "sale" ? "summary" : "refund-cash";
  const { rowCount } = await pool.query(
    `select from intent i where ${condition} and i.purpose = $3 limit 1`,
    [pair, dayLane(of.day), purpose],
  );
  return rowCount === 1;
}

/** What a day has collected of one book; without a part as long as no document is fixed for it. */
export type CollectedBook = SummaryBook & Readonly<{ part: string | undefined; total: bigint }>;

/**
 * What a day has collected, each book with what its sales, or its refunds, come to.
 *
 * @param after what was collected before is left alone
 */
export async function readBooks(
  pool: Pool,
  pair: string,
  { day, after }: Readonly<{ day: string; after: Date | undefined }>,
): Promise<readonly CollectedBook[]> {
  const { rows } = await pool.query<SummaryBook & { part: string | null; total: string }>(
    `select c.day, c.kind, c.currency, c.customer_id as "customerId", c.accounts, c.part,
       sum((i.draft #>> '{total,minor}')::bigint)::text as total
     from collected_document c join intent i on i.pair = c.pair and i.key = c.intent_key
     where c.pair = $1 and c.day = $2 and c.collected_at > $3
       and i.purpose in ('invoice', 'refund-cash')
     group by 1, 2, 3, 4, 5, 6 order by c.accounts`,
    [pair, day, after ?? "-infinity"],
  );
  return rows.map(({ part, total, ...book }) => {
    return { ...book, part: part ?? undefined, total: BigInt(total) };
  });
}

/** Fixes the documents of a book that stand already. */
export async function putInto(
  pool: Pool,
  lane: ClaimedLane,
  { book, part, after }: Readonly<{ book: SummaryBook; part: string; after: Date | undefined }>,
): Promise<void> {
  const { day, kind, currency, customerId, accounts } = book;
  await withTransaction(pool, async (tx) => {
    await guardLane(tx, lane);
    await tx.query(
      `update collected_document set part = $7
       where pair = $1 and day = $2 and kind = $3 and currency = $4 and customer_id = $5
         and accounts = $6 and part is null and collected_at > $8`,
      [lane.pair, day, kind, currency, customerId, accounts, part, after ?? "-infinity"],
    );
  });
}
