import type { Mutant } from "./mutants-list.ts";

/** Guards of what comes after a sale: refunds, disputes, payouts, journals of days. */
export const AFTERMATH_MUTANTS: readonly Mutant[] = [
  {
    name: "failed-refund-stands",
    breaks: "the money of a refund that failed is back on clearing",
    patches: [
      {
        file: "src/runs/refunds/refund-run.ts",
        find: `    failure === undefined
      ? undefined`,
        replace: `    failure === undefined || refund.refundId !== ""
      ? undefined`,
      },
    ],
  },
  {
    name: "later-failure-counts",
    breaks: "a refund takes only what had come back before it was made",
    patches: [
      {
        file: "src/mapping/return-order.ts",
        find: "return failure.created.getTime() <= other.createdAt.getTime();",
        replace: "return failure.created.getTime() <= Number.MAX_VALUE || other === undefined;",
      },
    ],
  },
  {
    name: "cause-not-reduced",
    breaks: "what unapplied money has paid of a refund is not credited as well",
    patches: [
      {
        file: "src/runs/refunds/refund-cause.ts",
        find: "let left = subtract(refund.amount, covered);",
        replace: "let left = covered.minor < 0n ? covered : refund.amount;",
      },
    ],
  },
  {
    name: "dispute-row-twice",
    breaks: "each row of a dispute is booked once",
    patches: [
      {
        file: "src/runs/disputes/dispute-receivable.ts",
        find: "purpose, part: row.id } as const;",
        replace: `purpose, part: row.id + String(
    context.door.store.parts(work.dispute.disputeId, purpose).length,
  ) } as const;`,
      },
    ],
  },
  {
    name: "dispute-owns-nothing",
    breaks: "the journal of a dispute owns the parts of its row",
    patches: [
      {
        file: "src/runs/disputes/dispute-receivable.ts",
        find: "return [...ofGross, ",
        replace: 'return [...(rowId === "" ? ofGross : []), ',
      },
    ],
  },
  {
    name: "verdict-forgotten",
    breaks: "what a lost dispute holds is written off once its verdict is known",
    patches: [
      {
        file: "src/runs/disputes/dispute-receivable.ts",
        find: "if (postings.length === 0 && !isBegun) return false;",
        replace: "if (postings.length < 9 && !isBegun) return false;",
      },
    ],
  },
  {
    name: "later-row-lost",
    breaks: "a row that comes after its day's journal goes into one of the next number",
    patches: [
      {
        file: "src/runs/days/day-plan.ts",
        find: "part: isClosed ? `",
        replace: "part: isClosed && last < 0 ? `",
      },
    ],
  },
  {
    name: "back-from-bank",
    breaks: "a payout that never arrived comes back from transit",
    patches: [
      {
        file: "src/mapping/payout-legs.ts",
        find: "const from = booked.in !== undefined || wasAtBank ?",
        replace: "const from = booked.in !== undefined || wasAtBank || !isAtBank ?",
      },
    ],
  },
];
