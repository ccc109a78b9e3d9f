import { HubError } from "../base/errors.ts";
import { toDecimal } from "../base/money.ts";
import type { Sale } from "../canonical/sale.ts";

/** A person's decision to leave a lane alone; it covers the money that they saw. */
export type Dismissal = Readonly<{ by: string; reason: string; money: string }>;

const BETWEEN = ", ";

/**
 * The money of a sale in words, each charge with what was captured and what went back. A parked row
 * keeps it: a dismissal covers exactly this, whatever the clocks of Stripe, hub and database say.
 */
export function moneyOf(sale: Sale): string {
  return sale.payments
    .flatMap(({ chargeId, amount, refunded, isDisputed }) => [
      `${chargeId} ${toDecimal(amount)} ${amount.currency}`,
      ...(refunded.minor === 0n ? [] : [`${chargeId} refunded ${toDecimal(refunded)}`]),
      ...(isDisputed ? [`${chargeId} disputed`] : []),
    ])
    .join(BETWEEN);
}

/**
 * Why a dismissed sale is left alone, in words.
 *
 * @throws HubError `conflict.dismissed` for money that the person has not seen
 */
export function leftAlone(dismissal: Dismissal, sale: Sale): string {
  return leftAloneFor(dismissal, moneyOf(sale));
}

/** The same for any money in words, parted by commas. */
export function leftAloneFor(dismissal: Dismissal, moneyNow: string): string {
  const { by, reason, money } = dismissal;
  const words = `Dismissed by ${by}: ${reason}`;
  const seen = new Set(money.split(BETWEEN));
  const news = moneyNow.split(BETWEEN).filter((one) => one !== "" && !seen.has(one));
  if (news.length === 0) return words;
  const unseen = news.join(BETWEEN);
  throw new HubError("conflict.dismissed", `${words}; that did not cover ${unseen}`, {
    facts: { unseen },
  });
}
