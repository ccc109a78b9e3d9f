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
  // A payout may have taken a fee along before its day is over.
  const ids = rows.filter(({ fee }) => fee.minor !== 0n).map((row) => row.id);
  if (settings.fees !== "per-payout" || ids.length === 0) return;
  const open = await openPartsAmong(pool, pair, ids);
  const lanes = open.flatMap(({ laneKey }) => laneKey ?? []);
  const keys = new Set(lanes.filter((key) => payoutOfLane(key) !== undefined));
  await wakeLanes(
    pool,
    [...keys].map((key) => ({ pair: id, key })),
  );
}
