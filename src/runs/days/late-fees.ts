import type { SalePayment } from "../../canonical/sale.ts";
import { wakeLanes } from "../../lanes/index.ts";
import { bookableAt, openPartsAmong, payoutOfLane, wakeDays } from "../../ledger/index.ts";
import { bookingZone, documentDate } from "../../mapping/index.ts";
import type { RunContext } from "../context.ts";

const HOUR_MS = 3_600_000;

/**
 * Wakes the day of a payment's fee, and the payout that took it along, where the journals of that
 * day are booked: a fee waits for its payment, and a bank debit or a parked charge is booked days
 * after its row was made. A crash before it costs a day: rows without an owner are woken anew.
 */
export async function wakeLateFees(
  { pool, pair }: Pick<RunContext, "pool" | "pair">,
  { rows }: Pick<SalePayment, "rows">,
): Promise<void> {
  const { id, settings } = pair;
  const nowMs = Date.now();
  const zone = bookingZone(settings);
  const days = rows
    .filter(({ fee, created }) => {
      return fee.minor !== 0n && nowMs - created.getTime() > settings.journalDelay * HOUR_MS;
    })
    .map(({ created }) => documentDate(created, zone))
    .filter((day) => bookableAt(day, settings).getTime() <= nowMs);
  if (days.length > 0) await wakeDays(pool, { id, settings }, new Set(days));
  const ids = rows.filter(({ fee }) => fee.minor !== 0n).map((row) => row.id);
  await wakePayouts({ pool, pair }, ids);
}

/** The same for the fees of a day that was summed up: of these rows. */
export async function wakeSummedFees(
  { pool, pair }: Pick<RunContext, "pool" | "pair">,
  { day, rowIds }: Readonly<{ day: string; rowIds: readonly string[] }>,
): Promise<void> {
  const { id, settings } = pair;
  const isDue = bookableAt(day, settings).getTime() <= Date.now();
  if (isDue) await wakeDays(pool, { id, settings }, [day]);
  await wakePayouts({ pool, pair }, rowIds);
}

/** A payout may have taken a fee along before its day is over. */
async function wakePayouts(
  { pool, pair }: Pick<RunContext, "pool" | "pair">,
  rowIds: readonly string[],
): Promise<void> {
  if (pair.settings.fees !== "per-payout" || rowIds.length === 0) return;
  const open = await openPartsAmong(pool, pair, rowIds);
  const lanes = open.flatMap(({ laneKey }) => laneKey ?? []);
  const keys = new Set(lanes.filter((key) => payoutOfLane(key) !== undefined));
  await wakeLanes(
    pool,
    [...keys].map((key) => ({ pair: pair.id, key })),
  );
}
