import { present } from "../../base/assert.ts";
import type { HubError } from "../../base/errors.ts";
import type { Refund } from "../../canonical/refund.ts";
import type { Sale } from "../../canonical/sale.ts";
import {
  inReturnOrder,
  instantOfNote,
  instantOfRefund,
  isBeforeStart,
  type ReturnStep,
  refundsInSettlement,
} from "../../mapping/index.ts";
import { plannedBatches, plannedRefundMetadata } from "../../writeback/index.ts";
import { assertNoNotes } from "../charges/book-in.ts";
import { writeIfAllowed } from "../charges/write-back.ts";
import type { RunContext } from "../context.ts";
import { chooseCustomer } from "../customers/choose-customer.ts";
import { decisionOf } from "../dismissal.ts";
import { awaitSummary } from "../summary/await-summary.ts";
import { readSummaryOf } from "../summary/collected-store.ts";
import type { DocumentReceipt } from "../write/intent.ts";
import { bookCreditNote, listOutOfBand, readNotes } from "./credit-notes.ts";
import { bookBack, bookCash, bookFailure, noteOpen } from "./refund-cash.ts";
import { bookCause } from "./refund-cause.ts";
import {
  customerOfCharge,
  customerOfSale,
  customersOf,
  customersOfSale,
  partOf,
  type RefundedSale,
  type WentBack,
} from "./refund-parts.ts";
import { memosOfShares } from "./refund-shares.ts";
import type { AwaitedReturn } from "./return-orders.ts";
import { bookSharedCash, takeSharedToClearing } from "./shared-cash.ts";
import { bookSharedNote } from "./shared-notes.ts";

/**
 * What a refund does outside, in order, after the documents of its sale; crash tests are made from
 * this table, and docs/architecture.md shows it. What takes something back is done where it failed,
 * the last two of SL's with `refund-failed: reverse`; what is gained by it has two more like those.
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
  /** What return orders of SL have yet to take back. */
  awaited: readonly AwaitedReturn[];
}>;

/** Nothing went back. */
const NOT_REFUNDED: Refunded = { words: "", isNew: false, waitMs: undefined, awaited: [] };

/** A sale with what went back of it. */
export type Returning = Readonly<{
  sale: Sale;
  /** False for a sale from before the pair's start. */
  isBooked: boolean;
  wentBack: WentBack;
  /** Rows of disputes that take the sale back: each counts against all that came later. */
  disputed: readonly DisputedRow[];
}>;

/** A row of a dispute, which books itself and keeps what it has booked. */
export type DisputedRow = Readonly<{ id: string; at: Date; book: () => Promise<void> }>;

/**
 * What went back of a sale as it stands at Stripe: refunds that moved money, and credit notes.
 *
 * @param mustAsk Stripe may know of some even where nothing has told so
 */
export async function readWentBack(
  context: RunContext,
  of: Pick<Returning, "sale" | "isBooked">,
  mustAsk = false,
): Promise<WentBack> {
  const { sale, isBooked } = of;
  const mayHave = context.mayHaveRefunds || mustAsk;
  const found = await readRefunds(context, sale, mayHave);
  const { settings } = context.pair;
  const refunds = found.filter(({ row, failure }) => {
    const last = failure ?? row;
    return last !== undefined && !isBeforeStart(last.created, settings);
  });
  const mayHaveNotes = mayHave || refunds.length > 0;
  const notes = isBooked ? await readNotes(context, sale, mayHaveNotes) : [];
  assertNoNotes(sale, notes);
  await context.door.store.load(refunds.flatMap(({ refundId, chargeId }) => [refundId, chargeId]));
  return { refunds, notes };
}

/**
 * Books what went back of a sale whose own documents stand, in the order in which it happened: the
 * cash leg of each refund, its cause leg, and its failure; each credit note; rows of disputes that
 * take the sale back.
 */
export async function bookRefunds(context: RunContext, returning: Returning): Promise<Refunded> {
  const { disputed } = returning;
  const ends: Ended[] = [];
  const steps = [
    ...(await noteSteps(context, returning)),
    ...refundSteps(context, returning),
    ...disputed.map((row) => ({ ...row, kind: "dispute" as const })),
  ];
  for (const { book } of inReturnOrder(steps)) {
    const end = await book();
    if (end !== undefined) ends.push({ waitMs: undefined, awaited: [], ...end });
    // What a credit note may still say of a refund decides what is left for all that came later.
    if (end?.waitMs !== undefined && disputed.length > 0) break;
  }
  await listOutOfBand(context, returning.wentBack.notes);
  for (const { stop } of ends) if (stop !== undefined) throw stop;
  const waits = ends.flatMap(({ waitMs }) => waitMs ?? []);
  return {
    words: ends.map(({ words }) => words).join("; "),
    isNew: ends.some(({ isNew }) => isNew),
    waitMs: waits.length === 0 ? undefined : Math.max(...waits),
    awaited: ends.flatMap(({ awaited }) => awaited),
  };
}

/** What a person has to book beside it stops the sale once all that is sure stands. */
type Ended = Refunded & Readonly<{ stop?: HubError | undefined }>;
type Booked = Pick<Refunded, "words" | "isNew"> & Partial<Ended>;
type Step = ReturnStep & Readonly<{ book: () => Promise<Booked | undefined> }>;

async function noteSteps(
  context: RunContext,
  { sale, isBooked, wentBack }: Returning,
): Promise<readonly Step[]> {
  const { refunds, notes } = wentBack;
  if (isBooked && customersOfSale(context, sale).length > 1) {
    return notes.map((note) => {
      const at = instantOfNote(note, refunds);
      const book = () => bookSharedNote(context, { sale, wentBack }, note);
      return { kind: "note", id: note.creditNoteId, at, book };
    });
  }
  const customer = notes.length === 0 ? undefined : await customerOfSale(context, sale);
  if (customer === undefined) return [];
  const of = { sale, refunds, notes, customer, isBooked };
  return notes.map((note) => {
    const at = instantOfNote(note, refunds);
    const book = () => bookCreditNote(context, of, note);
    return { kind: "note", id: note.creditNoteId, at, book };
  });
}

function refundSteps(context: RunContext, returning: Returning): readonly Step[] {
  const { sale, isBooked, wentBack } = returning;
  return wentBack.refunds.map((refund) => ({
    kind: "refund",
    id: refund.refundId,
    at: instantOfRefund(refund),
    book: async () => {
      const isShared = isBooked && customersOf(context, refund.chargeId).length > 1;
      if (isShared) return bookShared(context, { sale, wentBack }, refund);
      const customer = await customerOf(context, sale, { refund, isBooked });
      // Money that was left alone by a word or a person: so is what went back of it.
      if (customer === undefined) return undefined;
      return bookRefund(context, { sale, ...wentBack, customer, isBooked }, refund);
    },
  }));
}

/** Most sales have none, and are not asked for them: Stripe counts what went back of a charge. */
async function readRefunds(
  context: RunContext,
  sale: Sale,
  mayHave: boolean,
): Promise<readonly Refund[]> {
  const { pair, signal } = context;
  const { livemode, payments } = sale;
  const asked = payments.filter(({ refunded }) => mayHave || refunded.minor > 0n);
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
  const summed = await withSummary(context, refund);
  if (summed !== undefined) return summed;
  const cash = await bookCash(context, of, { refund, row });
  const cause = await bookCause(context, of, { refund, row, cash: cash.memo });
  const back =
    failure === undefined
      ? undefined
      : await bookFailure(context, of, { refund, failure, cash: cash.memo });
  // Of several parts the batches are told once, all together.
  if (of.share === undefined) {
    await tellStripe(context, refund, { cash: cash.memo, cause: cause.memo });
  }
  const numbers = [
    `debit memo ${cash.memo.refNbr}`,
    ...(cause.memo === undefined ? [] : [`credit memo ${cause.memo.refNbr}`]),
    ...(back === undefined ? [] : [`failed: credit memo ${back.memo.refNbr}`]),
  ];
  return {
    words: `refund ${refund.refundId}: ${numbers.join(", ")}`,
    isNew: cash.isNew || cause.isNew || back?.isNew === true,
    waitMs: cause.waitMs,
    // Of a refund whose money came back nothing more is to be taken back.
    awaited: cause.awaited === undefined || failure !== undefined ? [] : [cause.awaited],
  };
}

/**
 * One that was collected with its sale is booked by the summary of its day, or by nobody where a
 * person has left that alone.
 *
 * @throws Waiting
 */
async function withSummary(
  context: RunContext,
  { refundId: object }: Refund,
): Promise<Refunded | undefined> {
  const { pool, pair, door } = context;
  const cash = door.store.find({ object, purpose: "refund-cash", part: "" });
  if (cash?.stage !== "collected") return undefined;
  const { day, dismissal } = present(
    await readSummaryOf(pool, pair.id, object),
    `The day that ${object} is collected for`,
  );
  if (dismissal === undefined) return awaitSummary(context, { day, isNew: false });
  return { ...NOT_REFUNDED, words: `refund ${object}: ${decisionOf(dismissal)}` };
}

/** Of a charge that several customers share, each gets the memos of their part. */
async function bookShared(
  context: RunContext,
  { sale, wentBack }: Pick<Returning, "sale" | "wentBack">,
  refund: Refund,
): Promise<Refunded> {
  const ends: Refunded[] = [];
  const { shares, isNew } = await bookSharedCash(context, { sale, wentBack }, refund);
  for (const { refund: part, of } of shares) ends.push(await bookRefund(context, of, part));
  await takeSharedToClearing(context, refund, "refund-back-cash");
  const numbers = memosOfShares(context, refund, wentBack).map(({ batNbr }) => batNbr);
  const planned = plannedBatches(numbers, context.pair.settings);
  await writeIfAllowed(context, { objectId: refund.refundId, planned });
  return {
    words: ends.map(({ words }) => words).join("; "),
    isNew: isNew || ends.some((end) => end.isNew),
    waitMs: ends.flatMap(({ waitMs }) => waitMs ?? [])[0],
    awaited: [],
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
  await noteOpen(context, { object: refundId, memo, part: partOf(of) });
  return {
    words: `refund ${refundId} failed: credit memo ${memo.refNbr}`,
    isNew,
    waitMs: undefined,
    awaited: [],
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
