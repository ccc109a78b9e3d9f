import { leastMinor, type Money, money } from "../base/money.ts";

/** An invoice that a payment may go to, with what it can take. */
export type OpenInvoice = Readonly<{
  customerId: string;
  refNbr: string;
  /** What the merchant wants it to get; undefined: all that is open. */
  asked: Money | undefined;
  /** Balance less what others have pending; of an unreleased one, its whole amount. */
  open: Money;
}>;

/** One customer's part of a charge, and what of it each invoice gets. */
export type Share = Readonly<{
  customerId: string;
  amount: Money;
  lines: readonly Readonly<{ refNbr: string; amount: Money }>[];
}>;

/** A charge shared out: the shares add up to it exactly; `rest` of the last one is not applied. */
export type SharedOut = Readonly<{ shares: readonly Share[]; rest: Money }>;

/**
 * Shares a charge out over the invoices in the order in which they are named: each gets what is
 * asked for it, never more than it has open, until nothing is left. One share for each customer,
 * since a payment in SL is one customer's; what no invoice takes stays on the last one named.
 */
export function shareOut(total: Money, invoices: readonly OpenInvoice[]): SharedOut {
  const { currency } = total;
  let left = total.minor;
  const lines = invoices.map(({ customerId, refNbr, asked, open }) => {
    const minor = leastMinor(asked?.minor ?? open.minor, open.minor, left);
    left -= minor;
    return { customerId, refNbr, minor };
  });
  const customers = [...new Set(invoices.map(({ customerId }) => customerId))];
  const last = invoices.at(-1)?.customerId;
  const shares = customers.map((customerId): Share => {
    const own = lines.filter((line) => line.customerId === customerId && line.minor > 0n);
    const applied = own.reduce((sum, { minor }) => sum + minor, 0n);
    return {
      customerId,
      amount: money(applied + (customerId === last ? left : 0n), currency),
      lines: own.map(({ refNbr, minor }) => ({ refNbr, amount: money(minor, currency) })),
    };
  });
  return { shares: shares.filter(({ amount }) => amount.minor > 0n), rest: money(left, currency) };
}
