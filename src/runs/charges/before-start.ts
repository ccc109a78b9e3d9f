import { HubError } from "../../base/errors.ts";
import type { Sale } from "../../canonical/sale.ts";
import type { PairSettings } from "../../config/index.ts";
import { factDate } from "../../mapping/index.ts";

/**
 * Whether a sale is from before the pair's start: all of its money came in earlier, and the hub has
 * booked nothing of it.
 *
 * @throws HubError `mapping.amount_out_of_range` where only a part of it did
 */
export function isSoldBefore(sale: Sale, settings: PairSettings, isBegun: () => boolean): boolean {
  const { start } = settings;
  const { payments, document } = sale;
  if (start === undefined || payments.length === 0) return false;
  const early = payments.filter((one) => factDate(sale, one, settings) < start);
  if (early.length === 0 || isBegun()) return false;
  if (early.length === payments.length) return true;
  const ids = early.map(({ chargeId }) => chargeId).join(", ");
  throw new HubError(
    "mapping.amount_out_of_range",
    `${document.identity} was paid in part before the pair's start on ${start}: ${ids}`,
    { facts: { document: document.identity, start, early: ids } },
  );
}

/** Why nothing of such a sale is booked. */
export function beforeStartWords({ start }: PairSettings): string {
  return `Its money came in before the pair's start on ${start}`;
}
