import { present } from "../../base/assert.ts";
import { type Money, money, negate, toDecimal, zero } from "../../base/money.ts";
import type { Sale, SalePayment } from "../../canonical/sale.ts";
import type { CustomerReading, MemoDraft } from "../../erp/port.ts";
import {
  bookingZone,
  creditableUnknown,
  type DisputeMove,
  type DisputeState,
  documentDate,
  feePostings,
  isBeforeStart,
  type Mapped,
  type MemoContext,
  mapDisputeCash,
  mapDisputeCause,
  mapDisputeCauseBack,
  mapDisputeLoss,
  remainderRole,
} from "../../mapping/index.ts";
import { crossingOfMemo } from "../bridge/crossing.ts";
import { takeToClearing } from "../bridge/to-clearing.ts";
import type { RunContext } from "../context.ts";
import { creditedAt } from "../refunds/credited.ts";
import { applyOpen } from "../refunds/refund-cash.ts";
import { documentPaid, memoContext, paidIntent, type WentBack } from "../refunds/refund-parts.ts";
import { book, doneReceipt, withNotes } from "../write/book.ts";
import type { DocumentReceipt, Intent } from "../write/intent.ts";
import { worthOfOriginal } from "../write/rate-of.ts";
import { standingMemo } from "../write/standing-memo.ts";
import type { Worth } from "../write/value.ts";
import { applyClosing, applyToDebts, creditOf, owedOf } from "./dispute-applications.ts";
import { type DisputeMemo, memosOf, ownCauses } from "./dispute-causes.ts";
import { CAUSE, partOfVerdict, type VerdictRole } from "./dispute-parts.ts";
import {
  bookJournal,
  type DisputeAtWork,
  isLost,
  ownedParts,
  ownRows,
} from "./dispute-receivable.ts";

/** A dispute that is booked by memos of the customer. */
export type MemoWork = DisputeAtWork &
  Readonly<{
    policy: "reverse-sale" | "customer";
    sale: Sale;
    payment: SalePayment;
    customer: CustomerReading;
    /** The same in the currency of its rows, where `state` is in that of the charge. */
    inRows: DisputeState;
    /** What went back of the sale beside its disputes. */
    wentBack: WentBack;
    /** False for a sale from before the pair's start. */
    isBooked: boolean;
  }>;

const SL_WRITES = { target: "SL", writes: ["reserve", "fill", "release"] } as const;

/**
 * What a dispute does outside under these policies, in order: for each row its fee, its memo of the
 * cash, and that of the sale or its application. A verdict closes what a customer owes.
 */
export const DISPUTE_MEMO_EFFECTS = {
  "reverse-sale": [
    { purpose: "fee", ...SL_WRITES },
    { purpose: "dispute-open", ...SL_WRITES },
    { purpose: "dispute-open", ...SL_WRITES },
    { purpose: "apply", ...SL_WRITES },
    { purpose: "dispute-back", ...SL_WRITES },
    { purpose: "dispute-back", ...SL_WRITES },
    { purpose: "apply", ...SL_WRITES },
    { purpose: "writeback", target: "Stripe", writes: ["write"] },
  ],
  customer: [
    { purpose: "fee", ...SL_WRITES },
    { purpose: "dispute-open", ...SL_WRITES },
    { purpose: "dispute-back", ...SL_WRITES },
    { purpose: "apply", ...SL_WRITES },
    { purpose: "dispute-close", ...SL_WRITES },
    { purpose: "apply", ...SL_WRITES },
    { purpose: "writeback", target: "Stripe", writes: ["write"] },
  ],
} as const;

type MemoPurpose = "dispute-open" | "dispute-back" | "dispute-close";

/**
 * Policies `reverse-sale` and `customer`: a memo on clearing for each row, a journal for its fee,
 * and by policy the memo of what was sold, or of what a verdict asks for. Returns whether this run
 * has booked anything.
 */
export async function bookByMemos(context: RunContext, work: MemoWork): Promise<boolean> {
  let isNew = false;
  for (const move of work.state.moves) isNew = (await bookRow(context, work, move)) || isNew;
  if (work.policy === "reverse-sale") return isNew;
  const { state, dispute } = work;
  const ofDebt = await bookLoss(context, work, { role: "bad-debt", target: state.lost });
  const role = remainderRole(dispute.amount, state);
  const ofRest = await bookLoss(context, work, { role, target: state.remainder });
  return isNew || ofDebt || ofRest;
}

/** Books the memos of a row and its fee. Returns whether this run has booked anything. */
export async function bookRow(
  context: RunContext,
  work: MemoWork,
  move: DisputeMove,
): Promise<boolean> {
  if (isBeforeStart(move.row.created, context.pair.settings)) return false;
  const ofFee = await bookFee(context, work, move);
  return (await bookMove(context, work, move)) || ofFee;
}

/** What Stripe takes for a dispute is no business of the customer's. */
async function bookFee(
  context: RunContext,
  work: MemoWork,
  { row }: DisputeMove,
): Promise<boolean> {
  const identity = { object: work.dispute.disputeId, purpose: "fee", part: row.id } as const;
  if (row.fee.minor === 0n) return false;
  const known = context.door.store.find(identity);
  if (doneReceipt(known) !== undefined) {
    await ownRows(context, known, ownedParts(row, "fee"));
    return false;
  }
  await bookJournal(
    context,
    { ...work, state: work.inRows },
    {
      ...identity,
      at: row.created,
      words: "Fee of dispute",
      postings: () => feePostings(row, context.pair.settings),
      row,
      owns: "fee",
      told: `the fee of ${row.id}`,
    },
  );
  return true;
}

async function bookMove(context: RunContext, work: MemoWork, move: DisputeMove): Promise<boolean> {
  const { row, amount, kind } = move;
  if (amount.minor === 0n) return false;
  const purpose = kind === "withdrawn" ? "dispute-open" : "dispute-back";
  const { dispute } = work;
  const object = dispute.disputeId;
  const cash = await bookCash(context, work, { move, purpose });
  if (work.policy === "customer") {
    // What an appeal brings after the loss stays the customer's credit.
    if (kind === "reinstated" && !move.isRecovery) await applyToDebts(context, object, cash.memo);
    return cash.isNew;
  }
  const part = `${row.id}${CAUSE}`;
  const cause = await bookMemo(context, work, {
    ...{ purpose, part, at: row.created },
    period: cash.memo.period,
    make: (mapping) => causeOf(context, work, { move, mapping }),
    worth: await worthOfOriginal(context, soldBy(context, work), work.sale),
    owners: [],
  });
  const [payer, target] = kind === "withdrawn" ? [cause.memo, cash.memo] : [cash.memo, cause.memo];
  await applyOpen(context, { object, payer: creditOf(payer), target });
  return cash.isNew || cause.isNew;
}

/** The memo on clearing of a row, or on the way there with the journals behind it. */
async function bookCash(
  context: RunContext,
  work: MemoWork,
  { move, purpose }: Readonly<{ move: DisputeMove; purpose: "dispute-open" | "dispute-back" }>,
): Promise<BookedMemo> {
  const { door, pair } = context;
  const { dispute } = work;
  const { row, amount, kind } = move;
  const object = dispute.disputeId;
  const of = { object, purpose, part: row.id };
  const known = door.store.find(of);
  const settled = kind === "withdrawn" ? negate(row.gross) : row.gross;
  const date = documentDate(row.created, bookingZone(pair.settings));
  // One that is booked goes its way and owns its row, but for one that a rebuild took over.
  const isSettled = doneReceipt(known) !== undefined && !isLost(known);
  const standing = known === undefined ? await standingOf(context, of) : undefined;
  const moved = { amount, settled, date, known, standing };
  const crossing = isSettled ? undefined : await crossingOfMemo(pair, moved);
  const over = crossing?.over;
  const isOwner = !isSettled && over === undefined;
  const booked = await bookMemo(context, work, {
    ...{ purpose, part: row.id, at: row.created, worth: crossing?.worth },
    make: (mapping) => mapDisputeCash(dispute, move, { ...mapping, over }),
    owners: isOwner ? [{ rowId: row.id, part: "gross" }] : [],
  });
  const memo = door.store.find({ object, purpose, part: row.id });
  await takeToClearing(context, {
    ...{ object, rowId: row.id, rowIds: [row.id], charged: amount, settled, date },
    direction: kind === "withdrawn" ? "out" : "in",
    linkTo: dispute.paymentIntentId ?? dispute.chargeId,
    livemode: dispute.livemode,
    documents: memo === undefined ? [] : [memo],
  });
  return booked;
}

/** What SL holds, and a hub that lost its database does not know: it goes on from that. */
async function standingOf(
  context: RunContext,
  identity: Parameters<typeof context.door.store.keyFor>[0],
): Promise<MemoDraft | undefined> {
  const key = context.door.store.keyFor(identity);
  return (await standingMemo(context, identity, key))?.draft;
}

async function causeOf(
  context: RunContext,
  work: MemoWork,
  { move, mapping }: Readonly<{ move: DisputeMove; mapping: MemoContext }>,
): Promise<Mapped<MemoDraft>> {
  const { dispute, sale, payment, isBooked } = work;
  if (move.kind === "reinstated") {
    const taken = await ownCauses(context, dispute.disputeId);
    return mapDisputeCauseBack(dispute, move, { ...mapping, taken });
  }
  const credited = await creditedAt(context, work.wentBack, { at: move.row.created });
  const document = isBooked
    ? documentPaid(context, sale, payment.chargeId)
    : creditableUnknown(sale, mapping.settings);
  return mapDisputeCause(dispute, move, { ...mapping, document, credited });
}

/** Whose rate values what is taken of the sale: its invoice's, else that of the first taken. */
function soldBy(
  context: RunContext,
  { sale, payment, dispute, isBooked }: MemoWork,
): Intent | undefined {
  const memos = memosOf(context, dispute.disputeId, "dispute-open");
  const taken = memos.find(({ identity }) => identity.part.endsWith(CAUSE));
  return isBooked ? (paidIntent(context, sale, payment.chargeId) ?? taken) : taken;
}

/**
 * What a verdict asks for beyond what earlier memos have brought of it, by the memo that closes
 * what the customer owes, or opens what was closed too soon.
 */
async function bookLoss(
  context: RunContext,
  work: MemoWork,
  loss: Readonly<{ role: VerdictRole; target: Money }>,
): Promise<boolean> {
  const { dispute, closings, state } = work;
  const { role, target } = loss;
  const object = dispute.disputeId;
  const known = closingMemos(context, object, role);
  const done = known.filter(({ stage }) => stage === "done");
  const brought = broughtBy(done);
  if (brought === undefined) return false;
  const part = partOfVerdict(role, done.length + 1);
  const missing = money(target.minor - brought, target.currency);
  const isBegun = known.length > done.length;
  const amount = isBegun ? missing : await owedAtMost(context, { object, part, missing });
  if (amount.minor === 0n && !isBegun) {
    // A hub may have died between a memo and its application.
    for (const { receipt } of done)
      await applyClosing(context, object, present(receipt, "A receipt"));
    return false;
  }
  const at = closings.at(-1)?.at ?? state.moves.at(-1)?.row.created ?? dispute.openedAt;
  const opened = memosOf(context, object, "dispute-open").at(-1);
  const { memo } = await bookMemo(context, work, {
    ...{ purpose: "dispute-close", part, at },
    make: (mapping) => mapDisputeLoss(dispute, { amount, role, at }, mapping),
    // At the rate of what went out, so that the debt closes without an exchange.
    worth: await worthOfOriginal(context, opened, work.sale),
    owners: [],
  });
  await applyClosing(context, object, memo);
  return true;
}

/**
 * What somebody has paid or written off by hand, as `leave-open` leaves it to them, is closed by no
 * memo of the hub's. One that SL holds from before a lost database is taken over as it stands.
 */
async function owedAtMost(
  context: RunContext,
  { object, part, missing }: Readonly<{ object: string; part: string; missing: Money }>,
): Promise<Money> {
  if (missing.minor <= 0n) return missing;
  const { currency } = missing;
  const standing = await standingOf(context, { object, purpose: "dispute-close", part });
  const owed = standing === undefined ? await owedOf(context, object, currency) : undefined;
  return owed !== undefined && owed.minor < missing.minor ? owed : missing;
}

/** Memos of verdicts for one reason, in whatever order they came. */
function closingMemos(context: RunContext, object: string, role: string): readonly DisputeMemo[] {
  const all = memosOf(context, object, "dispute-close");
  return all.filter(({ identity }) => identity.part.startsWith(`${role} `));
}

/** Whether what a lost dispute has cost stands written off, or is about to. */
export function isWrittenOff(context: RunContext, object: string): boolean {
  const brought = broughtBy(closingMemos(context, object, "bad-debt"));
  return brought === undefined || brought > 0n;
}

/**
 * What memos of verdicts have brought, credits above zero. What a rebuild took over from SL keeps
 * no amount, and is taken to be what was asked for: then undefined.
 */
function broughtBy(memos: readonly DisputeMemo[]): bigint | undefined {
  let brought = 0n;
  for (const { draft } of memos) {
    const { type, total } = draft;
    if (total === undefined) return undefined;
    brought += type === "CM" ? total.minor : -total.minor;
  }
  return brought;
}

type ToBook = Readonly<{
  purpose: MemoPurpose;
  part: string;
  at: Date;
  /** That of the first document of the row. */
  period?: string;
  make: (mapping: MemoContext) => Mapped<MemoDraft> | Promise<Mapped<MemoDraft>>;
  worth: Worth | undefined;
  owners: ReturnType<typeof ownedParts>;
}>;

type BookedMemo = Readonly<{ memo: DocumentReceipt; isNew: boolean }>;

async function bookMemo(context: RunContext, work: MemoWork, what: ToBook): Promise<BookedMemo> {
  const { door, steps } = context;
  const object = work.dispute.disputeId;
  const { purpose, part, worth, owners } = what;
  const identity = { object, purpose, part };
  const known = door.store.find(identity);
  const before = doneReceipt(known);
  if (before !== undefined) {
    await ownRows(context, known, owners);
    return { memo: before, isNew: false };
  }
  const memo = await book(door, {
    ...{ ...identity, worth, owners },
    make: async (key) =>
      (await standingMemo(context, identity, key)) ?? drafted(context, work, { what, key }),
  });
  const { type, refNbr, batNbr } = memo;
  const draft = door.store.find(identity)?.draft as Partial<MemoDraft> | undefined;
  const total = toDecimal(draft?.total ?? zero(work.state.currency));
  const name = type === "DM" ? "debit memo" : "credit memo";
  steps.note("dispute", `${name} ${refNbr} over ${total} of ${object}`, { refNbr, batNbr });
  return { memo, isNew: true };
}

async function drafted(
  context: RunContext,
  { customer, reference, state, isBooked }: MemoWork,
  { what, key }: Readonly<{ what: ToBook; key: string }>,
): Promise<Mapped<MemoDraft>> {
  const { at, period } = what;
  const { chosen, context: mapping } = await memoContext(context, {
    customer,
    currency: state.currency,
    date: documentDate(at, bookingZone(context.pair.settings)),
    original: isBooked ? reference : "",
    ...(period === undefined ? {} : { period }),
  });
  return withNotes(chosen, await what.make({ ...mapping, key }));
}
