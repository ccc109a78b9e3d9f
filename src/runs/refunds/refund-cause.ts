import { isSameAmount, type Money, money, subtract, toDecimal, zero } from "../../base/money.ts";
import type { CreditNote, Refund } from "../../canonical/refund.ts";
import type { BalanceRow } from "../../canonical/sale.ts";
import type { ApplicationDraft, PayerType } from "../../erp/port.ts";
import {
  creditableUnknown,
  isBackBefore,
  isCollected,
  isPaymentOnly,
  mapRefundCause,
  mapRefundUnknown,
} from "../../mapping/index.ts";
import { applyMemo, applyTo } from "../apply/apply-to.ts";
import type { RunContext } from "../context.ts";
import { isSaleDisputed } from "../disputes/dispute-causes.ts";
import { releasedBefore } from "../write/adopt.ts";
import { book, withNotes } from "../write/book.ts";
import { type DocumentReceipt, type Intent, isFrozen } from "../write/intent.ts";
import { worthOfOriginal } from "../write/rate-of.ts";
import { readBooked } from "../write/read-booked.ts";
import { standingMemo } from "../write/standing-memo.ts";
import { creditedBefore } from "./credited.ts";
import {
  appliedAmount,
  begunMemo,
  dayOfRow,
  documentPaid,
  doneMemo,
  memoContext,
  originalOf,
  paidIntent,
  partOf,
  partOfNotes,
  paymentsOf,
  type RefundedSale,
} from "./refund-parts.ts";
import { type AwaitedReturn, bookReturn } from "./return-orders.ts";

/** How the cause leg of a refund came out. */
export type Cause = Readonly<{
  /** Its own credit memo, or that of its credit note. */
  memo: DocumentReceipt | undefined;
  isNew: boolean;
  /** What unapplied money has covered of it. */
  covered: Money;
  /** Set where its credit note may still come. */
  waitMs?: number;
  /** What a return order of SL has yet to take back, by `order.refund: order`. */
  awaited?: AwaitedReturn;
}>;

type Refunding = Readonly<{ refund: Refund; row: BalanceRow; cash: DocumentReceipt }>;

/**
 * The cause leg of a refund whose debit memo stands: money of the charge that is applied to nothing
 * pays it first; for the rest what was sold is taken back. That is the credit note's one memo where
 * the refund belongs to one, a memo of its own otherwise, and nothing where the refund is of the
 * payment alone.
 */
export async function bookCause(
  context: RunContext,
  of: RefundedSale,
  refunding: Refunding,
): Promise<Cause> {
  const { refund, cash } = refunding;
  const summed = summedCause(context, of, refund);
  if (summed !== undefined) return summed;
  const notes = notesOf(of, refund);
  const covered = await coverByOwn(context, of, refunding);
  let left = subtract(refund.amount, covered);
  const nothing = { memo: undefined, isNew: false, covered };
  const stood = left.minor <= 0n ? await standingCause(context, of, refund) : undefined;
  if (stood !== undefined) {
    const memo = await bookMemo(context, of, { ...refunding, amount: stood });
    return { memo, isNew: false, covered: subtract(covered, stood) };
  }
  if (left.minor <= 0n || isPaymentOnly(refund, context.pair.settings)) return nothing;
  const object = refund.refundId;
  const before = doneMemo(context, { object, purpose: "refund-cause", part: partOf(of) });
  const ofNotes = notes.flatMap((note) => {
    const identity = { object: note.creditNoteId, purpose: "credit-note" } as const;
    const memo = doneMemo(context, { ...identity, part: partOfNotes(context, of) });
    return memo === undefined ? [] : [{ note, memo }];
  });
  for (const { note, memo } of ofNotes) {
    const part = partOfNote(note, refund, left);
    await applyCause(context, { object, memo, cash, amount: part });
    if (part.minor === left.minor) return { ...nothing, memo };
    left = subtract(left, part);
  }
  const isNoted = notes.length > 0;
  const returned = !isNoted && (await bookReturn(context, of, { refund, cash, left }));
  if (returned) return { ...nothing, ...returned };
  const isAwaiting = before === undefined && ofNotes.length === 0;
  const waitMs = isAwaiting ? noteWaitMs(context, of, refund) : 0;
  if (waitMs > 0) return { ...nothing, waitMs };
  const memo = before ?? (await bookMemo(context, of, { ...refunding, amount: left }));
  await applyCause(context, { object, memo, cash, amount: left });
  return { memo, isNew: before === undefined, covered };
}

/** The cause leg of a refund that the summary of its day has booked, and applied. */
function summedCause(context: RunContext, of: RefundedSale, refund: Refund): Cause | undefined {
  const { refundId: object, amount } = refund;
  const slot = { object, purpose: "refund-cause", part: partOf(of) } as const;
  const begun = begunMemo(context, slot);
  if (begun === undefined || !isCollected(begun.draft)) return undefined;
  return { memo: doneMemo(context, slot), isNew: false, covered: zero(amount.currency) };
}

/**
 * What of a refund a memo in SL has taken back that a hub does not know which lost its database: it
 * has closed the debit memo, and what follows of the sale counts it all the same.
 */
async function standingCause(
  context: RunContext,
  of: RefundedSale,
  { refundId: object }: Refund,
): Promise<Money | undefined> {
  const { door } = context;
  const identity = { object, purpose: "refund-cause", part: partOf(of) } as const;
  if (begunMemo(context, identity) !== undefined) return undefined;
  const released = await releasedBefore(door, { ...identity, pair: context.pair.id });
  if (released === undefined) return undefined;
  const { customerId } = of.customer;
  const shown = await door.erp.readReleased("CM", customerId, released.refNbr, door.signal);
  return shown?.amount;
}

/** The standing credit notes that a refund gives a part of. */
function notesOf(of: RefundedSale, { refundId }: Refund): readonly CreditNote[] {
  return of.notes.filter(
    ({ refunds, voidedAt }) =>
      voidedAt === undefined && refunds.some((one) => one.refundId === refundId),
  );
}

/** What of a refund its credit note is about. */
function partOfNote(note: CreditNote, { refundId }: Refund, left: Money): Money {
  const part = note.refunds.find((one) => one.refundId === refundId)?.amount ?? left;
  return part.minor < left.minor ? part : left;
}

/**
 * A credit note makes its refund first; only invoices have credit notes, and those of a sale from
 * before the start book nothing. Money that is back would close the debit memo meanwhile.
 */
function noteWaitMs({ pair, door }: RunContext, of: RefundedSale, refund: Refund): number {
  const mayCome = of.isBooked && of.sale.invoiceId !== undefined;
  if (!mayCome || refund.failure !== undefined) return 0;
  const waitMs = pair.settings.creditNote.wait * 1_000;
  return refund.createdAt.getTime() + waitMs - door.clock.now().getTime();
}

/**
 * Pays the debit memo with money of the same charge that nothing has taken: what its payment has
 * left unapplied, or what earlier refunds of it that failed have brought back. What an earlier run
 * has begun is finished; once the cause leg has a memo, nothing more is taken.
 */
async function coverByOwn(
  context: RunContext,
  of: RefundedSale,
  { refund, cash }: Refunding,
): Promise<Money> {
  const { currency } = refund.amount;
  const own = ownMoney(context, of, { refund, cash });
  const begun = own.flatMap(({ known }) => known ?? []).filter(isFrozen);
  let left = refund.amount;
  for (const { known, ...money } of own) {
    if (known === undefined || !isFrozen(known)) continue;
    const done = appliedAmount(known, currency) ?? (await pay(context, money, { cash, left }));
    left = subtract(left, done);
  }
  if (isSettling(context, of, { refund, cash }) || left.minor <= 0n) {
    return subtract(refund.amount, left);
  }
  // What others have applied to the memo, or this hub before its database was lost, is a fact.
  const { balance: open } = await readBooked(context.door, cash);
  if (open.minor < left.minor) left = open;
  for (const { known, ...money } of own) {
    if (known !== undefined && begun.includes(known)) continue;
    const { balance } = await readBooked(context.door, money.payer);
    if (left.minor <= 0n || balance.minor <= 0n) continue;
    const amount = balance.minor < left.minor ? balance : left;
    left = subtract(left, await pay(context, money, { cash, left: amount }));
  }
  return subtract(refund.amount, left);
}

/** Once the cause leg has a memo, its own or its credit note's, no other money is taken. */
function isSettling(
  context: RunContext,
  of: RefundedSale,
  { refund, cash }: Pick<Refunding, "refund" | "cash">,
): boolean {
  const object = refund.refundId;
  const begun = begunMemo(context, { object, purpose: "refund-cause", part: partOf(of) });
  if (begun !== undefined) return true;
  const known = context.door.store.find({ object, purpose: "apply", part: cash.refNbr });
  return known !== undefined && isFrozen(known);
}

async function pay(
  context: RunContext,
  { object, part, payer }: Omit<OwnMoney, "known">,
  { cash, left }: Readonly<{ cash: DocumentReceipt; left: Money }>,
): Promise<Money> {
  const target = { type: "DM", refNbr: cash.refNbr } as const;
  return (await applyTo(context, { object, part, payer, target, amount: left })).amount;
}

/** Money of the charge, and what is known of its application to the refund's debit memo. */
type OwnMoney = Readonly<{
  object: string;
  part: string;
  payer: Readonly<{ type: PayerType; customerId: string; refNbr: string }>;
  known: Intent | undefined;
}>;

function ownMoney(
  context: RunContext,
  of: RefundedSale,
  { refund, cash }: Pick<Refunding, "refund" | "cash">,
): readonly OwnMoney[] {
  const { chargeId } = refund;
  const { store } = context.door;
  const payments = paymentsOf(context, chargeId, partOf(of)).flatMap(
    ({ receipt }) => receipt ?? [],
  );
  const others = of.refunds.filter((one) => one.chargeId === chargeId && isBackBefore(one, refund));
  const own = payments.map(({ type, customerId, refNbr }) => ({
    object: chargeId,
    part: cash.refNbr,
    payer: { type: type === "PP" ? ("PP" as const) : ("PA" as const), customerId, refNbr },
  }));
  const back = others.flatMap(({ refundId: object }) => {
    const memo = doneMemo(context, { object, purpose: "refund-back-cash", part: partOf(of) });
    if (memo === undefined) return [];
    const { customerId, refNbr } = memo;
    const part = `${refNbr}/${cash.refNbr}`;
    return [{ object, part, payer: { type: "CM" as const, customerId, refNbr } }];
  });
  return [...own, ...back].map((one) => {
    const { object, part } = one;
    return { ...one, known: store.find({ object, purpose: "apply", part }) };
  });
}

async function bookMemo(
  context: RunContext,
  of: RefundedSale,
  what: Refunding & Readonly<{ amount: Money }>,
): Promise<DocumentReceipt> {
  const { door, steps } = context;
  const { refund, row, cash, amount } = what;
  const object = refund.refundId;
  const identity = { object, purpose: "refund-cause", part: partOf(of) } as const;
  const known = begunMemo(context, identity)?.draft.total;
  const { chosen, context: mapping } = await memoContext(context, {
    customer: of.customer,
    currency: amount.currency,
    date: dayOfRow(context, row),
    original: of.isBooked ? await originalOf(context, of, { ...refund, memo: identity }) : "",
    period: cash.period,
  });
  const credited = await creditedBefore(context, of, refund);
  const document = of.isBooked
    ? documentPaid(context, of.sale, refund.chargeId)
    : creditableUnknown(of.sale, context.pair.settings);
  const isDisputed = isSaleDisputed(context);
  const memo = await book(door, {
    ...identity,
    make: async (key) => {
      const sold = { document, credited, isDisputed };
      const asked = { ...mapping, ...sold, key, row, amount: known ?? amount };
      const standing = await standingMemo(context, identity, key);
      if (standing !== undefined && isSameAmount(standing.draft.total, asked.amount)) {
        return standing;
      }
      const map = of.isBooked ? mapRefundCause : mapRefundUnknown;
      return withNotes(chosen, map(refund, asked));
    },
    worth: await worthOfOriginal(context, paidIntent(context, of.sale, refund.chargeId), of.sale),
    owners: [],
  });
  const { refNbr, batNbr } = memo;
  steps.note("refund", `credit memo ${refNbr} over ${toDecimal(amount)}: what ${object} is for`, {
    refNbr,
    batNbr,
  });
  return memo;
}

async function applyCause(
  context: RunContext,
  of: Readonly<{ object: string; memo: DocumentReceipt; cash: DocumentReceipt; amount: Money }>,
): Promise<void> {
  const { object, memo, cash, amount } = of;
  const { customerId, refNbr } = memo;
  const first = context.door.store.find({ object, purpose: "apply", part: cash.refNbr });
  const { payer = { refNbr } } = (first?.draft ?? {}) as Partial<ApplicationDraft>;
  // Of several credit memos each has its own application; the first is told by the debit memo.
  const part = payer.refNbr === refNbr ? cash.refNbr : `${refNbr}/${cash.refNbr}`;
  await applyMemo(context, {
    object,
    part,
    payer: { type: "CM", customerId, refNbr },
    target: { type: "DM", refNbr: cash.refNbr },
    amount: money(amount.minor, amount.currency),
  });
}
