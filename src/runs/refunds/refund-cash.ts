import { present } from "../../base/assert.ts";
import { type Money, negate, subtract, sum, toDecimal } from "../../base/money.ts";
import type { Refund } from "../../canonical/refund.ts";
import type { BalanceRow } from "../../canonical/sale.ts";
import type { ApplicationDraft } from "../../erp/port.ts";
import {
  isCollected,
  mapCauseBack,
  mapRefundBack,
  mapRefundCash,
  mapRefundSurplus,
  SURPLUS,
  surplusOf,
} from "../../mapping/index.ts";
import { applyMemo } from "../apply/apply-to.ts";
import { noteUnapplied } from "../charges/unapplied.ts";
import type { RunContext } from "../context.ts";
import { book, withNotes } from "../write/book.ts";
import type { DocumentReceipt, Intent } from "../write/intent.ts";
import { worthOfOriginal } from "../write/rate-of.ts";
import { readBooked } from "../write/read-booked.ts";
import { linesInSl } from "../write/standing-memo.ts";
import {
  type BookedMemo,
  begunMemo,
  dayOfRow,
  doneMemo,
  memoContext,
  originalOf,
  partOf,
  type RefundedSale,
} from "./refund-parts.ts";
import {
  type CashIdentity,
  crossingOfPart,
  crossingOfRefund,
  type RefundWay,
  takeRefundToClearing,
} from "./refund-way.ts";

function identityOf(
  of: RefundedSale,
  { refundId: object }: Refund,
  purpose: CashIdentity["purpose"],
): CashIdentity {
  return { object, purpose, part: partOf(of) };
}

function ownsRow({ share }: RefundedSale): boolean {
  return share?.ownsRow ?? true;
}

/** The cash leg of a refund: a debit memo on clearing, which owns the row of the refund. */
export async function bookCash(
  context: RunContext,
  of: RefundedSale,
  what: Readonly<{ refund: Refund; row: BalanceRow }>,
): Promise<BookedMemo> {
  const { refund, row } = what;
  return bookMoved(context, of, {
    purpose: "refund-cash",
    way: { refund, row, settled: negate(row.gross) },
    map: mapRefundCash,
    told: (refNbr) => `debit memo ${refNbr}: the money of ${refund.refundId} went back`,
  });
}

/**
 * The money of a refund that failed: a credit memo on clearing. It closes what the refund's own
 * debit memo still owes; with `refund-failed: reverse` what the refund took back stands again and
 * takes the rest, else that is the customer's credit, to be paid out another way. What came back
 * beyond what had left is neither: a debit memo takes it as exchange gained.
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
  const left = context.door.store.find(identityOf(of, refund, "refund-cash"));
  // A day's debit memo is closed by the credit memo of that day.
  if (!isCollected(left?.draft ?? {})) await applyOpen(context, { object, payer, target: cash });
  const undone = await bookCauseBack(context, of, { refund, failure, period: memo.period });
  if (undone !== undefined) await applyOpen(context, { object, payer, target: undone });
  const surplus = await bookSurplus(context, of, { ...what, period: memo.period });
  if (surplus !== undefined) await applyOpen(context, { object, payer, target: surplus });
  await noteOpen(context, { object, memo, part: partOf(of) });
  return { memo, isNew };
}

/** What the customer is still to get is listed, and told as an alert. */
export async function noteOpen(
  { pool, lane, door }: RunContext,
  of: Readonly<{ object: string; memo: DocumentReceipt; part?: string }>,
): Promise<void> {
  const { object, memo, part = "" } = of;
  const intent = door.store.find({ object, purpose: "refund-back-cash", part });
  const { balance: open } = await readBooked(door, memo);
  const { customerId, refNbr, type } = memo;
  const intentKey = present(intent, "The intent of a memo").key;
  await noteUnapplied(pool, lane, { intentKey, object, customerId, refNbr, type, open });
}

/** The credit memo on clearing that owns the row by which a refund came back. */
export async function bookBack(
  context: RunContext,
  of: RefundedSale,
  what: Readonly<{ refund: Refund; failure: BalanceRow }>,
): Promise<BookedMemo> {
  const { refund, failure } = what;
  return bookMoved(context, of, {
    purpose: "refund-back-cash",
    way: { refund, row: failure, settled: failure.gross },
    map: mapRefundBack,
    told: (refNbr) => `credit memo ${refNbr}: ${refund.refundId} failed, its money is back`,
  });
}

/** What tells the money that goes back from the money of a refund that failed. */
type Moved = Readonly<{
  purpose: CashIdentity["purpose"];
  way: RefundWay;
  map: typeof mapRefundCash;
  told: (refNbr: string) => string;
}>;

/** A memo of what a refund has moved, and the journal to clearing where it does not hit that. */
async function bookMoved(
  context: RunContext,
  of: RefundedSale,
  { purpose, way, map, told }: Moved,
): Promise<BookedMemo> {
  const { door, steps } = context;
  const { refund, row } = way;
  const identity = identityOf(of, refund, purpose);
  const before = doneMemo(context, identity);
  if (before !== undefined) {
    await ownRow(context, of, { identity, way });
    await takeWholeToClearing(context, of, { identity, way });
    return { memo: before, isNew: false };
  }
  const { chosen, context: mapping } = await memoContext(context, {
    customer: of.customer,
    currency: refund.amount.currency,
    date: dayOfRow(context, row),
    original: await originalOf(context, of, { ...refund, memo: identity }),
  });
  const { over, worth } = await crossingFor(context, of, { identity, way });
  const memo = await book(door, {
    ...identity,
    make: (key) => withNotes(chosen, map(refund, row, { ...mapping, key, over })),
    worth,
    owners: over !== undefined || !ownsRow(of) ? [] : [{ rowId: row.id, part: "gross" }],
  });
  const { refNbr, batNbr } = memo;
  steps.note("refund", told(refNbr), { refNbr, batNbr });
  await takeWholeToClearing(context, of, { identity, way });
  return { memo, isNew: true };
}

type MovedBy = Readonly<{ identity: CashIdentity; way: RefundWay }>;

function crossingFor(context: RunContext, { share }: RefundedSale, { identity, way }: MovedBy) {
  const whole = share?.whole;
  if (whole === undefined) return crossingOfRefund(context, way, identity);
  return crossingOfPart(context, { part: way.refund.amount, whole }, identity);
}

/** Of several parts one journal takes the money to clearing, once all of them stand. */
async function takeWholeToClearing(
  context: RunContext,
  { share }: RefundedSale,
  { identity, way }: MovedBy,
): Promise<void> {
  if (share === undefined) await takeRefundToClearing(context, way, identity);
}

/** A memo that a rebuild took over from SL owns its balance row from its next run on. */
async function ownRow(
  context: RunContext,
  of: RefundedSale,
  { identity, way }: MovedBy,
): Promise<void> {
  const { door } = context;
  if (!ownsRow(of)) return;
  const booked = door.store.find(identity);
  if (booked === undefined || booked.owned.length > 0) return;
  const { over } = await crossingFor(context, of, { identity, way });
  if (over !== undefined) return;
  const owners = [{ rowId: way.row.id, part: "gross" }] as const;
  await door.store.advance(booked, { stage: "done", rows: { owners } });
}

/** The cause leg undone, where that is wanted and there was one. */
async function bookCauseBack(
  context: RunContext,
  of: RefundedSale,
  what: Readonly<{ refund: Refund; failure: BalanceRow; period: string }>,
): Promise<DocumentReceipt | undefined> {
  const { door, steps } = context;
  const { refund, failure, period } = what;
  const object = refund.refundId;
  const part = partOf(of);
  const identity = { object, purpose: "refund-back-cause", part } as const;
  const cause = begunMemo(context, { object, purpose: "refund-cause", part });
  if (!isCauseUndone(context, identity) || cause === undefined) return undefined;
  const before = doneMemo(context, identity);
  if (before !== undefined) return before;
  const taken = present(cause.receipt, "The receipt of a credit memo");
  const { lines = await linesInSl(context, taken), userFields = {} } = cause.draft;
  const { chosen, context: mapping } = await memoContext(context, {
    customer: of.customer,
    currency: refund.amount.currency,
    date: dayOfRow(context, failure),
    original: taken.refNbr,
    period,
  });
  const memo = await book(door, {
    ...identity,
    make: (key) =>
      withNotes(
        chosen,
        mapCauseBack(refund, failure, { ...mapping, key, cause: { lines, userFields } }),
      ),
    worth: await worthOfOriginal(context, cause, of.sale),
    owners: [],
  });
  const { refNbr, batNbr } = memo;
  steps.note("refund", `debit memo ${refNbr}: what ${object} took back stands again`, {
    refNbr,
    batNbr,
  });
  return memo;
}

/** What came back beyond all that had left, taken off the credit memo as exchange gained. */
async function bookSurplus(
  context: RunContext,
  of: RefundedSale,
  what: Parameters<typeof bookFailure>[2] & Readonly<{ period: string }>,
): Promise<DocumentReceipt | undefined> {
  const { refund, failure, cash, period } = what;
  const surplus = surplusOf(refund, failure);
  if (surplus === undefined) return undefined;
  const { refundId: object } = refund;
  const identity = { object, purpose: "refund-back-cause", part: SURPLUS } as const;
  const before = doneMemo(context, identity);
  if (before !== undefined) return before;
  const { chosen, context: mapping } = await memoContext(context, {
    customer: of.customer,
    currency: surplus.currency,
    date: dayOfRow(context, failure),
    original: cash.refNbr,
    period,
  });
  const { refNbr, batNbr, ...memo } = await book(context.door, {
    ...identity,
    make: (key) =>
      withNotes(chosen, mapRefundSurplus(refund, failure, { ...mapping, key, surplus })),
    owners: [],
  });
  const words = `${toDecimal(surplus)} ${surplus.currency}`;
  context.steps.note("refund", `debit memo ${refNbr}: ${words} of ${object} is exchange gained`, {
    refNbr,
    batNbr,
  });
  return { ...memo, refNbr, batNbr };
}

/**
 * Whether the cause leg of a failed refund is undone too. It was decided when its money was begun:
 * by now a person may have paid the customer's credit out, and nothing may be taken from it.
 */
function isCauseUndone(
  context: RunContext,
  identity: Readonly<{ object: string; purpose: "refund-back-cause"; part: string }>,
): boolean {
  if (begunMemo(context, identity) !== undefined) return true;
  const cash = begunMemo(context, { ...identity, purpose: "refund-back-cash" });
  return cash?.draft.isCauseUndone ?? context.pair.settings.refundFailed === "reverse";
}

type ToApplyOpen = Readonly<{
  object: string;
  payer: Readonly<{ type: "CM"; customerId: string; refNbr: string }>;
  target: DocumentReceipt;
}>;

/** Applies what is open of both and is nobody else's; nothing where either is closed. */
export async function applyOpen(context: RunContext, of: ToApplyOpen): Promise<void> {
  const { object, payer, target } = of;
  // A refund has two credit memos, its part tells whose money it is.
  const part = `${payer.refNbr}/${target.refNbr}`;
  const known = context.door.store.find({ object, purpose: "apply", part });
  if (known?.stage === "done") return;
  const { balance } = await readBooked(context.door, target);
  const open = known === undefined ? subtract(balance, promised(context, of, balance)) : balance;
  if (open.minor <= 0n && known === undefined) return;
  await applyMemo(context, {
    object,
    part,
    payer,
    target: { type: "DM", refNbr: target.refNbr },
    amount: open,
  });
}

/** What a person is still to apply of other credit memos of the same fact to a debit memo. */
function promised(
  { door }: RunContext,
  { object, payer, target }: ToApplyOpen,
  { currency }: Money,
): Money {
  const all = door.store.parts(object, "apply") as readonly Intent<Partial<ApplicationDraft>>[];
  const others = all.filter(
    (one) => one.stage === "planned" && one.draft.payer?.refNbr !== payer.refNbr,
  );
  const lines = others.flatMap(({ draft }) => draft.applications ?? []);
  const own = lines.filter(({ type, refNbr }) => type === "DM" && refNbr === target.refNbr);
  return sum(
    own.map(({ amount }) => amount),
    currency,
  );
}
