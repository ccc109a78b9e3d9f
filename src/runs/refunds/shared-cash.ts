import { present } from "../../base/assert.ts";
import type { Refund } from "../../canonical/refund.ts";
import type { Sale } from "../../canonical/sale.ts";
import type { RunContext } from "../context.ts";
import { bookCash } from "./refund-cash.ts";
import type { RefundedSale, WentBack } from "./refund-parts.ts";
import { sharesOfRefund } from "./refund-shares.ts";
import { type CashIdentity, takeRefundToClearing, wayOfWhole } from "./refund-way.ts";

/** A sale of which several customers share a charge. */
export type SharedSale = Readonly<{ sale: Sale; wentBack: WentBack }>;

/** One customer's part of a refund: as if it were a refund of its own. */
export type BookedShare = Readonly<{ refund: Refund; of: RefundedSale }>;

/**
 * The cash legs of all parts of a refund, and what takes their money to clearing where they hit
 * an account on the way there.
 * Once they stand, what of the refund is whose is fixed.
 *
 * @throws HubError as `sharesOfRefund`
 */
export async function bookSharedCash(
  context: RunContext,
  { sale, wentBack }: SharedSale,
  refund: Refund,
): Promise<Readonly<{ shares: readonly BookedShare[]; isNew: boolean }>> {
  const shares: BookedShare[] = [];
  let isAnyNew = false;
  for (const { refund: part, share, notes } of await sharesOfRefund(context, wentBack, refund)) {
    const { customerId } = share;
    const reading = await context.pair.reference.customer(customerId);
    const customer = present(reading, `SL's customer ${customerId}`);
    const { refunds } = wentBack;
    const of = { sale, refunds, notes, customer, isBooked: true, share };
    shares.push({ refund: part, of });
    const { row } = part;
    if (row === undefined) continue;
    const { isNew } = await bookCash(context, of, { refund: part, row });
    isAnyNew ||= isNew;
  }
  await takeSharedToClearing(context, refund, "refund-cash");
  return { shares, isNew: isAnyNew };
}

/** Takes to clearing what the memos of all parts have put on the way there. */
export async function takeSharedToClearing(
  context: RunContext,
  refund: Refund,
  purpose: CashIdentity["purpose"],
): Promise<void> {
  const way = wayOfWhole(refund, purpose);
  if (way === undefined) return;
  await takeRefundToClearing(context, way, { object: refund.refundId, purpose, part: "" });
}
