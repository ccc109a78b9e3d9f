import { present } from "../../base/assert.ts";
import type { Refund } from "../../canonical/refund.ts";
import type { Sale } from "../../canonical/sale.ts";
import { isBeforeStart, refundsInSettlement } from "../../mapping/index.ts";
import { plannedRefundMetadata } from "../../writeback/index.ts";
import { assertNoNotes } from "../charges/book-in.ts";
import { writeIfAllowed } from "../charges/write-back.ts";
import type { RunContext } from "../context.ts";
import { chooseCustomer } from "../customers/choose-customer.ts";
import type { DocumentReceipt } from "../write/intent.ts";
import { bookNotes, readNotes } from "./credit-notes.ts";
import { bookBack, bookCash, bookFailure, noteOpen } from "./refund-cash.ts";
import { bookCause } from "./refund-cause.ts";
import { customerOfCharge, customerOfSale, type RefundedSale } from "./refund-parts.ts";

/**
 * What a refund does outside, in order, after the documents of its sale; crash tests are made from
 * this table, and docs/architecture.md shows it. What takes something back is done where it failed,
 * the last two of SL's with `refund-failed: reverse`.
 */
export const REFUND_EFFECTS = [
  { purpose: "refund-cash", target: "SL", writes: ["reserve", "fill", "release"] },
  { purpose: "apply", target: "SL", writes: ["reserve", "fill", "release"] },
  { purpose: "refund-cause", target: "SL", writes: ["reserve", "fill", "release"] },
  { purpose: "apply", target: "SL", writes: ["reserve", "fill", "release"] },
  { purpose: "refund-back-cash", target: "SL", writes: ["reserve", "fill", "release"] },
  { purpose: "refund-back-cause", target: "SL", writes: ["reserve", "fill", "release"] },
  { purpose: "apply", target: "SL", writes: ["reserve", "fill", "release"] },
  { purpose: "writeback", target: "Stripe", writes: ["write"] },
] as const;

/** What became of the refunds of a sale. */
export type Refunded = Readonly<{
  /** In words; empty where there are none that moved money. */
  words: string;
  /** Whether this run has booked anything of them. */
  isNew: boolean;
  /** Set where a credit note may still come: for how long it is waited for. */
  waitMs: number | undefined;
}>;

/** Nothing went back. */
export const NOT_REFUNDED: Refunded = { words: "", isNew: false, waitMs: undefined };

/**
 * Books what went back of a sale whose own documents stand, oldest first: the cash leg of each
 * refund, its cause leg, and its failure. A refund whose money has not moved books nothing.
 *
 * @param isBooked false for a sale from before the pair's start
 */
export async function bookRefunds(
  context: RunContext,
  sale: Sale,
  isBooked: boolean,
): Promise<Refunded> {
  const { door } = context;
  const refunds = await readRefunds(context, sale);
  const { settings } = context.pair;
  const moved = refunds.filter(({ row, failure }) => {
    const last = failure ?? row;
    return last !== undefined && !isBeforeStart(last.created, settings);
  });
  const mayHaveNotes = context.mayHaveRefunds || moved.length > 0;
  const notes = isBooked ? await readNotes(context, sale, mayHaveNotes) : [];
  assertNoNotes(sale, notes);
  if (moved.length === 0 && notes.length === 0) return NOT_REFUNDED;
  await door.store.load(moved.flatMap(({ refundId, chargeId }) => [refundId, chargeId]));
  const ends: Refunded[] = [];
  const buyer = notes.length === 0 ? undefined : await customerOfSale(context, sale);
  if (buyer !== undefined) {
    const of = { sale, refunds: moved, notes, customer: buyer, isBooked };
    const booked = await bookNotes(context, of);
    ends.push(...booked.map((one) => ({ ...one, waitMs: undefined })));
  }
  for (const refund of moved) {
    const customer = await customerOf(context, sale, { refund, isBooked });
    // Money that was left alone by a word or a person: so is what went back of it.
    if (customer === undefined) continue;
    const of = { sale, refunds: moved, notes, customer, isBooked };
    ends.push(await bookRefund(context, of, refund));
  }
  const waits = ends.flatMap(({ waitMs }) => waitMs ?? []);
  return {
    words: ends.map(({ words }) => words).join("; "),
    isNew: ends.some(({ isNew }) => isNew),
    waitMs: waits.length === 0 ? undefined : Math.max(...waits),
  };
}

/** Most sales have none, and are not asked for them: Stripe counts what went back of a charge. */
async function readRefunds(context: RunContext, sale: Sale): Promise<readonly Refund[]> {
  const { pair, signal, mayHaveRefunds } = context;
  const { livemode, payments } = sale;
  const asked = payments.filter(({ refunded }) => mayHaveRefunds || refunded.minor > 0n);
  const found: Refund[] = [];
  for (const { chargeId } of asked) {
    found.push(...(await pair.stripe.readRefunds({ chargeId, livemode }, signal)));
  }
  return refundsInSettlement(found, sale);
}

async function customerOf(
  context: RunContext,
  sale: Sale,
  of: Readonly<{ refund: Refund; isBooked: boolean }>,
) {
  if (of.isBooked) return customerOfCharge(context, of.refund);
  const { customer } = await chooseCustomer(context, sale);
  return customer;
}

async function bookRefund(
  context: RunContext,
  of: RefundedSale,
  refund: Refund,
): Promise<Refunded> {
  const { row, failure } = refund;
  if (row === undefined) return NOT_REFUNDED;
  if (isBeforeStart(row.created, context.pair.settings))
    return bookLateFailure(context, of, refund);
  const cash = await bookCash(context, of, { refund, row });
  const cause = await bookCause(context, of, { refund, row, cash: cash.memo });
  const back =
    failure === undefined
      ? undefined
      : await bookFailure(context, of, { refund, failure, cash: cash.memo });
  await tellStripe(context, refund, { cash: cash.memo, cause: cause.memo });
  const numbers = [
    `debit memo ${cash.memo.refNbr}`,
    ...(cause.memo === undefined ? [] : [`credit memo ${cause.memo.refNbr}`]),
    ...(back === undefined ? [] : [`failed: credit memo ${back.memo.refNbr}`]),
  ];
  return {
    words: `refund ${refund.refundId}: ${numbers.join(", ")}`,
    isNew: cash.isNew || cause.isNew || back?.isNew === true,
    waitMs: cause.waitMs,
  };
}

/** A refund from before the start that failed after it: its money is the customer's credit. */
async function bookLateFailure(
  context: RunContext,
  of: RefundedSale,
  { refundId, ...refund }: Refund,
): Promise<Refunded> {
  const failure = present(refund.failure, "A refund that moved money after the start");
  const { memo, isNew } = await bookBack(context, of, {
    refund: { refundId, ...refund },
    failure,
  });
  await noteOpen(context, { object: refundId, memo });
  return {
    words: `refund ${refundId} failed: credit memo ${memo.refNbr}`,
    isNew,
    waitMs: undefined,
  };
}

/** The numbers of its memos stand on the refund, where people look for them. */
async function tellStripe(
  context: RunContext,
  { refundId }: Refund,
  memos: Readonly<{ cash: DocumentReceipt; cause: DocumentReceipt | undefined }>,
): Promise<void> {
  const { settings } = context.pair;
  await writeIfAllowed(context, {
    objectId: refundId,
    planned: plannedRefundMetadata(memos, settings),
  });
}
