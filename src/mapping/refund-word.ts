import { HubError } from "../base/errors.ts";
import type { Refund } from "../canonical/refund.ts";
import type { PairSettings } from "../config/index.ts";

/** The word in `slipway_refund` for money that goes back while the sale stands. */
const PAYMENT_ONLY = "payment-only";
/** The word for a memo of the hub's own, where returns are orders of SL otherwise. */
const MEMO = "memo";

/**
 * Whether a refund takes back the money alone, so that the customer owes again.
 *
 * @throws HubError `mapping.refund_word` for a word that is none
 */
export function isPaymentOnly(refund: Refund, settings: PairSettings): boolean {
  return refundWord(refund, settings) === PAYMENT_ONLY;
}

/**
 * Whether what a refund takes back is a return order of SL's, and no memo of the hub's, where the
 * sale is a sales order: `order.refund: order`, unless the refund itself asks for a memo.
 *
 * @throws HubError `mapping.refund_word` for a word that is none
 */
export function isReturnOrder(refund: Refund, settings: PairSettings): boolean {
  return settings.order.refund === "order" && refundWord(refund, settings) === "";
}

function refundWord({ refundId, metadata }: Refund, settings: PairSettings): string {
  const key = settings.metadata.refund;
  const word = (metadata[key] ?? "").trim().toLowerCase();
  if (word === "" || word === PAYMENT_ONLY || word === MEMO) return word;
  throw new HubError("mapping.refund_word", `${key} of ${refundId} is "${word.slice(0, 40)}"`, {
    facts: { refundId, key, allowed: `${PAYMENT_ONLY}, ${MEMO}` },
  });
}
