import { HubError } from "../../base/errors.ts";
import type { Sale } from "../../canonical/sale.ts";
import type { PairSettings } from "../../config/index.ts";
import { factDate } from "../../mapping/index.ts";
import type { RunContext } from "../context.ts";
import { isFrozen } from "../write/intent.ts";

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

/**
 * What was begun before the pair had its start may stand in SL without its money, which the opening
 * entries hold by then: as with `release: person`, where an invoice waits before its payment is
 * begun. Nobody would ever pay it.
 *
 * @throws HubError `conflict.draft_changed`
 */
export function refuseLeftUnpaid({ door, pair }: RunContext, { document }: Sale): void {
  const object = document.identity;
  const begun = [
    door.store.find({ object, purpose: "invoice", part: "" }),
    door.store.find({ object, purpose: "order", part: "" }),
  ].find((one) => one !== undefined && isFrozen(one));
  if (begun === undefined) return;
  const { identity, batNbr, stage } = begun;
  const where = batNbr === undefined ? "" : ` in batch ${batNbr}`;
  const what = `${identity.purpose} of ${object}${where}`;
  const start = pair.settings.start ?? "";
  throw new HubError(
    "conflict.draft_changed",
    `The ${what} ${stage === "done" ? "stands in SL" : "is begun"}, and its money came in ` +
      `before the pair's start on ${start}, which was set later`,
    {
      facts: { object, batNbr, start },
      cure:
        "Set `start` to an earlier day and resume; or void or reverse it in SL, since its money " +
        "is in the opening entry, and dismiss.",
    },
  );
}
