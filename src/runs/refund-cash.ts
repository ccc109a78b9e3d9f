import { present } from "../base/assert.ts";
import type { Refund } from "../canonical/refund.ts";
import type { BalanceRow } from "../canonical/sale.ts";
import { mapCauseBack, mapRefundBack, mapRefundCash } from "../mapping/index.ts";
import { applyTo } from "./apply-to.ts";
import { book, withNotes } from "./book.ts";
import type { RunContext } from "./context.ts";
import type { DocumentReceipt } from "./intent.ts";
import { readBooked } from "./read-booked.ts";
import {
  type BookedMemo,
  begunMemo,
  dayOfRow,
  doneMemo,
  memoContext,
  paidDocument,
  type RefundedSale,
} from "./refund-parts.ts";

/** The cash leg of a refund: a debit memo on clearing, which owns the row of the refund. */
export async function bookCash(
  context: RunContext,
  of: RefundedSale,
  what: Readonly<{ refund: Refund; row: BalanceRow }>,
): Promise<BookedMemo> {
  const { door, steps } = context;
  const { refund, row } = what;
  const identity = { object: refund.refundId, purpose: "refund-cash" } as const;
  const before = doneMemo(context, identity);
  if (before !== undefined) return { memo: before, isNew: false };
  const { chosen, context: mapping } = await memoContext(context, {
    customer: of.customer,
    currency: refund.amount.currency,
    date: dayOfRow(context, row),
    original: paidDocument(context, of.sale, refund.chargeId),
  });
  const memo = await book(door, {
    ...identity,
    part: "",
    make: (key) => withNotes(chosen, mapRefundCash(refund, row, { ...mapping, key })),
    owners: [{ rowId: row.id, part: "gross" }],
  });
  const { refNbr, batNbr } = memo;
  steps.note("refund", `debit memo ${refNbr}: the money of ${refund.refundId} went back`, {
    refNbr,
    batNbr,
  });
  return { memo, isNew: true };
}

/**
 * The money of a refund that failed: a credit memo on clearing. It closes what the refund's own
 * debit memo still owes; with `refund-failed: reverse` what the refund took back stands again and
 * takes the rest, else that is the customer's credit, to be paid out another way.
 */
export async function bookFailure(
  context: RunContext,
  of: RefundedSale,
  what: Readonly<{ refund: Refund; failure: BalanceRow; cash: DocumentReceipt }>,
): Promise<BookedMemo> {
  const { refund, failure, cash } = what;
  const { memo, isNew } = await bookBack(context, of, { refund, failure });
  const { customerId } = memo;
  const payer = { type: "CM", customerId, refNbr: memo.refNbr } as const;
  const object = refund.refundId;
  await applyOpen(context, { object, payer, target: cash });
  const undone = await bookCauseBack(context, of, { refund, failure, period: memo.period });
  if (undone !== undefined) await applyOpen(context, { object, payer, target: undone });
  return { memo, isNew };
}

async function bookBack(
  context: RunContext,
  of: RefundedSale,
  what: Readonly<{ refund: Refund; failure: BalanceRow }>,
): Promise<BookedMemo> {
  const { door, steps } = context;
  const { refund, failure } = what;
  const identity = { object: refund.refundId, purpose: "refund-back-cash" } as const;
  const before = doneMemo(context, identity);
  if (before !== undefined) return { memo: before, isNew: false };
  const { chosen, context: mapping } = await memoContext(context, {
    customer: of.customer,
    currency: refund.amount.currency,
    date: dayOfRow(context, failure),
    original: paidDocument(context, of.sale, refund.chargeId),
  });
  const memo = await book(door, {
    ...identity,
    part: "",
    make: (key) => withNotes(chosen, mapRefundBack(refund, failure, { ...mapping, key })),
    owners: [{ rowId: failure.id, part: "gross" }],
  });
  const { refNbr, batNbr } = memo;
  steps.note("refund", `credit memo ${refNbr}: ${refund.refundId} failed, its money is back`, {
    refNbr,
    batNbr,
  });
  return { memo, isNew: true };
}

/** The cause leg undone, with `refund-failed: reverse` and where there was one. */
async function bookCauseBack(
  context: RunContext,
  of: RefundedSale,
  what: Readonly<{ refund: Refund; failure: BalanceRow; period: string }>,
): Promise<DocumentReceipt | undefined> {
  const { door, pair, steps } = context;
  const { refund, failure, period } = what;
  const object = refund.refundId;
  const identity = { object, purpose: "refund-back-cause" } as const;
  const cause = begunMemo(context, { object, purpose: "refund-cause" });
  const { lines, userFields = {} } = cause?.draft ?? {};
  const isWanted = pair.settings.refundFailed === "reverse" || begunMemo(context, identity);
  if (!isWanted || lines === undefined) return undefined;
  const before = doneMemo(context, identity);
  if (before !== undefined) return before;
  const { chosen, context: mapping } = await memoContext(context, {
    customer: of.customer,
    currency: refund.amount.currency,
    date: dayOfRow(context, failure),
    original: present(cause?.receipt, "The receipt of a credit memo").refNbr,
    period,
  });
  const memo = await book(door, {
    ...identity,
    part: "",
    make: (key) =>
      withNotes(
        chosen,
        mapCauseBack(refund, failure, { ...mapping, key, cause: { lines, userFields } }),
      ),
    owners: [],
  });
  const { refNbr, batNbr } = memo;
  steps.note("refund", `debit memo ${refNbr}: what ${object} took back stands again`, {
    refNbr,
    batNbr,
  });
  return memo;
}

/** Applies what is open of both; nothing where either is closed. */
export async function applyOpen(
  context: RunContext,
  of: Readonly<{
    object: string;
    payer: Readonly<{ type: "CM"; customerId: string; refNbr: string }>;
    target: DocumentReceipt;
  }>,
): Promise<void> {
  const { object, payer, target } = of;
  // A refund has two credit memos, its part tells whose money it is.
  const part = `${payer.refNbr}/${target.refNbr}`;
  const known = context.door.store.find({ object, purpose: "apply", part });
  if (known?.stage === "done") return;
  const { balance } = await readBooked(context.door, target);
  if (balance.minor <= 0n && known === undefined) return;
  await applyTo(context, {
    object,
    part,
    payer,
    target: { type: "DM", refNbr: target.refNbr },
    amount: balance,
  });
}
