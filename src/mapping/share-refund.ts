import { allocate, leastMinor, type Money, money, subtract, sum } from "../base/money.ts";
import type { CreditNote, Refund } from "../canonical/refund.ts";
import type { BalanceRow } from "../canonical/sale.ts";
import { linesOfCustomer, type RefundPart } from "./lines-by-customer.ts";

/** What one of the customers who share a charge has of it, in minor units. */
export type Holding = Readonly<{
  /** What they have paid with it and not got back. */
  kept: bigint;
  /** What of that is applied to nothing. */
  free: bigint;
}>;

/**
 * Shares money that goes back of a charge out over its customers. What is applied to nothing goes
 * first; for the rest each part is in proportion to what they have paid and not got back, by
 * largest remainder. Undefined where it is more than they hold.
 */
export function shareRefund(
  amount: Money,
  holdings: readonly Holding[],
): readonly Money[] | undefined {
  const { currency } = amount;
  const free = holdings.map((one) => leastMinor(one.free, one.kept));
  const paid = holdings.map(({ kept }, at) => kept - (free[at] ?? 0n));
  const ofFree = leastMinor(amount.minor, total(free));
  const rest = amount.minor - ofFree;
  if (amount.minor < 0n || rest > total(paid)) return undefined;
  const fromFree = spread(money(ofFree, currency), free);
  const fromPaid = spread(money(rest, currency), paid);
  return holdings.map((_one, at) => money((fromFree[at] ?? 0n) + (fromPaid[at] ?? 0n), currency));
}

/**
 * The refund as it is for each of its customers, whose memos are over a part of its rows.
 *
 * @param linesKey the metadata that name its lines: each customer has those named as theirs
 */
export function partsOfRefund(
  refund: Refund,
  parts: readonly RefundPart[],
  linesKey: string,
): readonly Refund[] {
  const weights = parts.map(({ amount }) => amount.minor);
  const partOfRow = (row: BalanceRow | undefined, at: number) =>
    row && { ...row, gross: allocate(row.gross, weights)[at] ?? row.gross };
  return parts.map(({ customerId, amount }, at) => {
    const own = linesOfCustomer(refund.metadata[linesKey] ?? "", customerId);
    return {
      ...{ ...refund, amount },
      ...{ row: partOfRow(refund.row, at), failure: partOfRow(refund.failure, at) },
      metadata: own === "" ? refund.metadata : { ...refund.metadata, [linesKey]: own },
    };
  });
}

/** A credit note with what of each of its refunds is one customer's. */
export type NotePart = Readonly<{ customerId: string; note: CreditNote }>;

/**
 * The credit note of an invoice whose charges customers share, customer by customer: of each of its
 * refunds it has for them what they get of that refund, and its own tax in proportion. What went
 * back otherwise is nobody's here: the parts may be less than the note.
 *
 * @param partsOf what of a refund is each customer's
 */
export function shareNote(
  note: CreditNote,
  partsOf: (refundId: string) => readonly RefundPart[],
): readonly NotePart[] {
  const { currency } = note.total;
  const none = money(0, currency);
  const shared = note.refunds.flatMap(({ refundId, amount }) => {
    const parts = partsOf(refundId);
    if (parts.length === 0) return [];
    const minors = spread(
      amount,
      parts.map((part) => part.amount.minor),
    );
    return parts.map(({ customerId }, at) => {
      return { customerId, refundId, amount: money(minors[at] ?? 0n, currency) };
    });
  });
  let left = { total: note.total, tax: note.tax };
  return [...new Set(shared.map(({ customerId }) => customerId))].toSorted().map((customerId) => {
    const own = shared.filter((one) => one.customerId === customerId);
    const refunds = own.map(({ refundId, amount }) => ({ refundId, amount }));
    const amounts = refunds.map(({ amount }) => amount);
    const part = sum(amounts, currency);
    // Of what is left, so that all parts together have the note's own tax to the cent.
    const goods = left.total.minor - left.tax.minor;
    const [taxed = 0n] = spread(part, [left.tax.minor, goods]);
    const tax = money(taxed, currency);
    left = { total: subtract(left.total, part), tax: subtract(left.tax, tax) };
    const parts = { beforePayment: none, customerBalance: none, outOfBand: none };
    return { customerId, note: { ...note, ...parts, refunds, total: part, tax } };
  });
}

/** What a credit note has of a refund, for one who gets a part of that refund. */
export function noteOfPart(
  note: CreditNote,
  of: Readonly<{ refundId: string; parts: readonly RefundPart[]; customerId: string }>,
): CreditNote {
  const own = shareNote(note, (refundId) => (refundId === of.refundId ? of.parts : []));
  return own.find(({ customerId }) => customerId === of.customerId)?.note ?? note;
}

function spread(amount: Money, weights: readonly bigint[]): readonly bigint[] {
  if (amount.minor === 0n) return weights.map(() => 0n);
  return allocate(amount, weights).map(({ minor }) => minor);
}

function total(minors: readonly bigint[]): bigint {
  return minors.reduce((so, minor) => so + minor, 0n);
}
