import type { Pool } from "pg";
import type { LedgerRow } from "../canonical/balance.ts";
import type { PairSettings } from "../config/index.ts";
import { withTransaction } from "../db/index.ts";
import { addDays, bookingZone, documentDate } from "../mapping/index.ts";
import { spanOfDay } from "./days.ts";
import { keepRows, knownRows } from "./rows.ts";

const PREFIX = "fees:";

/** The lane that books the fees of what a payout took along. */
export function feesLane(payoutId: string): string {
  return `${PREFIX}${payoutId}`;
}

/** The payout of such a lane; undefined for every other lane. */
export function payoutOfLane(laneKey: string): string | undefined {
  const id = laneKey.slice(PREFIX.length);
  return laneKey.startsWith(PREFIX) && id.startsWith("po_") ? id : undefined;
}

/**
 * Until when the fee of a row waits for the payout that takes it along: one that is made later
 * comes too late for it. Undefined where fees wait for none.
 */
export function payoutAwaitedUntil(created: Date, settings: PairSettings): Date | undefined {
  if (settings.fees !== "per-payout") return undefined;
  const zone = bookingZone(settings);
  return spanOfDay(addDays(documentDate(created, zone), settings.feesWait), zone).until;
}

/** Whether a payout that was made then takes the fee of a row with it. */
export function takesFee(madeAt: Date, created: Date, settings: PairSettings): boolean {
  const until = payoutAwaitedUntil(created, settings);
  return until !== undefined && madeAt < until;
}

const NAME_SQL = `
update balance_row set payout_id = $2
where pair = $1 and row_id = any ($3::text[]) and payout_id is null`;

const READ_SQL = `
insert into payout_list (pair, payout_id, made_at) values ($1, $2, $3)
on conflict (pair, payout_id) do nothing`;

/**
 * Keeps what a payout took along, page by page; it counts once the last page is kept. A row stays
 * with the first payout that was read to have taken it.
 *
 * @returns the rows that nobody had read before
 */
export async function keepPayoutList(
  pool: Pool,
  payout: Readonly<{ pair: string; id: string; madeAt: Date }>,
  pages: AsyncIterable<readonly LedgerRow[]>,
): Promise<readonly LedgerRow[]> {
  const { pair, id, madeAt } = payout;
  const fresh: LedgerRow[] = [];
  for await (const rows of pages) {
    const ids = rows.map((row) => row.id);
    const known = await knownRows(pool, pair, ids);
    await withTransaction(pool, async (tx) => {
      await keepRows(tx, pair, rows);
      await tx.query(NAME_SQL, [pair, id, ids]);
    });
    fresh.push(...rows.filter((row) => !known.has(row.id)));
  }
  await pool.query(READ_SQL, [pair, id, madeAt]);
  return fresh;
}

/** Of these payouts, those whose list was read to its end. */
export async function payoutListsRead(
  pool: Pool,
  pair: string,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await pool.query<{ id: string }>(
    "select payout_id as id from payout_list where pair = $1 and payout_id = any ($2::text[])",
    [pair, ids],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Notes that fees of these rows wait, so that nobody calls them late. */
export async function noteAwaited(
  pool: Pool,
  pair: string,
  of: Readonly<{ rowIds: readonly string[]; until: Date }>,
): Promise<void> {
  if (of.rowIds.length === 0) return;
  await pool.query(
    `update balance_row set fee_awaits_until = $2
     where pair = $1 and row_id = any ($3::text[]) and fee_awaits_until is distinct from $2`,
    [pair, of.until, of.rowIds],
  );
}
