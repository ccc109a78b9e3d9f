import type { CreditNote, Refund } from "../canonical/refund.ts";

/** Something that takes back of a sale, or lets it stand again. */
export type ReturnStep = Readonly<{
  kind: "note" | "refund" | "dispute";
  /** When it happened at Stripe: of a refund and of a dispute the time of the balance row. */
  at: Date;
  id: string;
}>;

/** Within one second, which has no order at Stripe: what the merchant did comes first. */
const RANKS = { note: 0, refund: 1, dispute: 2 } as const;

/**
 * What goes back of a sale in the order in which it happened. Each step is booked by what the steps
 * before it have left, so the order must not depend on when the hub hears of one: what it knows at
 * any moment is the beginning of what it will know later.
 */
export function inReturnOrder<T extends ReturnStep>(steps: readonly T[]): readonly T[] {
  return steps.toSorted(
    (a, b) =>
      a.at.getTime() - b.at.getTime() || RANKS[a.kind] - RANKS[b.kind] || compare(a.id, b.id),
  );
}

/** Where a credit note stands: it makes its refunds, and comes before the first of them. */
export function instantOfNote(
  note: Pick<CreditNote, "createdAt" | "refunds">,
  refunds: readonly Pick<Refund, "refundId" | "row" | "failure" | "createdAt">[],
): Date {
  const own = refunds.filter(({ refundId }) =>
    note.refunds.some((one) => one.refundId === refundId),
  );
  const instants = [note.createdAt, ...own.map(instantOfRefund)].map((one) => one.getTime());
  return new Date(Math.min(...instants));
}

/** When a refund has moved the balance; one that has not yet, when it was made. */
export function instantOfRefund({
  row,
  failure,
  createdAt,
}: Pick<Refund, "row" | "failure" | "createdAt">): Date {
  return (row ?? failure)?.created ?? createdAt;
}

/**
 * Whether the money of a refund had come back when another one was made. A later failure is news of
 * its own: the customer still has to get both, however late the hub hears of them.
 */
export function isBackBefore(
  { refundId, failure }: Pick<Refund, "refundId" | "failure">,
  other: Pick<Refund, "refundId" | "createdAt">,
): boolean {
  if (failure === undefined || refundId === other.refundId) return false;
  return failure.created.getTime() <= other.createdAt.getTime();
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
