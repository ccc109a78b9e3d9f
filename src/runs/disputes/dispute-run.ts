import { HubError } from "../../base/errors.ts";
import type { Dispute, DisputeClosing } from "../../canonical/dispute.ts";
import type { Sale, SalePayment } from "../../canonical/sale.ts";
import type { PairSettings } from "../../config/index.ts";
import type { CustomerReading } from "../../erp/port.ts";
import {
  type DisputeState,
  disputeCharged,
  disputeState,
  isAwaited,
  isOverCharged,
  shortStripeId,
} from "../../mapping/index.ts";
import { plannedBatches } from "../../writeback/index.ts";
import { writeIfAllowed } from "../charges/write-back.ts";
import type { RunContext } from "../context.ts";
import { chooseCustomer } from "../customers/choose-customer.ts";
import { customerOfCharge, paidDocument, type WentBack } from "../refunds/refund-parts.ts";
import type { DisputedRow } from "../refunds/refund-run.ts";
import { newestReleased } from "../write/adopt.ts";
import { type DocumentReceipt, type Intent, isFrozen } from "../write/intent.ts";
import { canFindByKey } from "../write/route.ts";
import { bookByMemos, bookRow, isWrittenOff, type MemoWork } from "./dispute-memos.ts";
import { CAUSE, ROW_PURPOSES } from "./dispute-parts.ts";
import { bookReceivable, type DisputeAtWork } from "./dispute-receivable.ts";
import { knownClosings, saveDispute, withoutDoubles } from "./dispute-store.ts";

/**
 * What a dispute does outside under policy `receivable`, in order, after the documents and the
 * refunds of its sale; docs/architecture.md shows it. Each row is a part of the first two.
 */
export const DISPUTE_EFFECTS = [
  { purpose: "dispute-open", target: "SL", writes: ["reserve", "fill", "release"] },
  { purpose: "dispute-back", target: "SL", writes: ["reserve", "fill", "release"] },
  { purpose: "dispute-close", target: "SL", writes: ["reserve", "fill", "release"] },
  { purpose: "writeback", target: "Stripe", writes: ["write"] },
] as const;

/** What became of the disputes of a sale. */
export type Disputed = Readonly<{
  /** In words; empty where there are none. */
  words: string;
  /** Whether this run has booked anything of them. */
  isNew: boolean;
  /** Set while one is open: Stripe is asked again, whatever events come. */
  next: Readonly<{ dueInMs: number; waitsFor: string }> | undefined;
}>;

type Policy = PairSettings["dispute"]["policy"];

const DAY_MS = 24 * 60 * 60_000;
/** Stripe pays within days. Told too late, the money is only missed at the next closing. */
const ROW_WAIT_DAYS = 14;
const VERDICTS = ["won", "lost"];

/** A dispute of a sale as it stands at Stripe, with all others of the same charge. */
export type ReadDispute = Readonly<{
  payment: SalePayment;
  dispute: Dispute;
  disputes: readonly Dispute[];
  policy: Policy;
}>;

/** With its verdicts, once it is saved as it stands. */
export type JudgedDispute = ReadDispute &
  Readonly<{
    closings: readonly DisputeClosing[];
    state: DisputeState;
    /** In words; empty where it waits for nothing. */
    waitsFor: string;
  }>;

/** A sale with its disputes, and what went back of it beside them. */
export type DisputedSale = Readonly<{
  sale: Sale;
  /** False for a sale from before the pair's start. */
  isBooked: boolean;
  wentBack: WentBack;
  disputes: readonly JudgedDispute[];
}>;

/** @param mustAsk Stripe may know of some even where nothing has told so */
export async function readSaleDisputes(
  context: RunContext,
  { payments }: Sale,
  mustAsk = false,
): Promise<readonly ReadDispute[]> {
  const { door, pair, signal, mayHaveDisputes } = context;
  const found: ReadDispute[] = [];
  for (const payment of payments) {
    if (!(mustAsk || mayHaveDisputes || payment.isDisputed)) continue;
    const disputes = await pair.stripe.readDisputes(payment.chargeId, signal);
    await door.store.load(disputes.map(({ disputeId }) => disputeId));
    for (const dispute of disputes) {
      found.push({ payment, dispute, disputes, policy: await policyOf(context, dispute) });
    }
  }
  return found;
}

/** Whether what is disputed of a sale counts against what goes back of it later. */
export function doTakeSale(disputes: readonly ReadDispute[]): boolean {
  return disputes.some(({ policy }) => policy === "reverse-sale");
}

/** Saves how disputes stand before any is booked: what cannot be booked is listed too. */
export async function saveJudged(
  context: RunContext,
  disputes: readonly ReadDispute[],
): Promise<readonly JudgedDispute[]> {
  const { pool, lane } = context;
  const all: JudgedDispute[] = [];
  for (const one of disputes) {
    const { payment, dispute, disputes: others } = one;
    const closings = await closingsOf(context, dispute);
    const state = disputeState(dispute, closings);
    const waitsFor = waitingFor(dispute, state);
    const isOver = isOverCharged(payment, others);
    // A verdict is not forgotten with Stripe.
    await saveDispute(pool, lane, { dispute, state, closings, isOver, waitsFor });
    all.push({ ...one, closings, state, waitsFor });
  }
  return all;
}

/** Rows that take the sale back, each of which books itself once what came before it stands. */
export function disputedRows(
  context: RunContext,
  of: DisputedSale,
): Readonly<{ rows: readonly DisputedRow[]; isNew: () => boolean }> {
  let isNew = false;
  const taking = of.disputes.filter((one) => doTakeSale([one]));
  const rows = taking.flatMap((one) =>
    one.dispute.rows.map(({ id, created }) => ({
      id,
      at: created,
      book: async () => {
        const work = await memoWork(context, of, one);
        const move = work?.state.moves.find(({ row }) => row.id === id);
        if (work === undefined || move === undefined) return;
        isNew = (await bookRow(context, work, move)) || isNew;
      },
    })),
  );
  return { rows, isNew: () => isNew };
}

/**
 * Books what disputes have done to the balance, for each charge of a sale whose own documents
 * stand, or which is from before the pair's start.
 *
 * @throws HubError `stripe.dispute_unpaid` once all is booked that there is
 */
export async function bookDisputes(context: RunContext, of: DisputedSale): Promise<Disputed> {
  const ends: BookedDispute[] = [];
  for (const one of of.disputes) ends.push(await bookDispute(context, of, one));
  for (const { lateRow } of ends) if (lateRow !== undefined) throw lateRow;
  const waits = ends.flatMap(({ next }) => next ?? []);
  const waitsFor = waits.map((one) => one.waitsFor).join(", ");
  return {
    words: ends.flatMap(({ words }) => (words === "" ? [] : [words])).join("; "),
    isNew: ends.some(({ isNew }) => isNew),
    next: waits.length === 0 ? undefined : { dueInMs: DAY_MS, waitsFor },
  };
}

/** A dispute of which everything is booked that there is; its row may be overdue all the same. */
type BookedDispute = Disputed & Readonly<{ lateRow: HubError | undefined }>;

async function bookDispute(
  context: RunContext,
  of: DisputedSale,
  one: JudgedDispute,
): Promise<BookedDispute> {
  const { dispute, closings, state, waitsFor } = one;
  const reference = paidDocument(context, of.sale, dispute);
  const work = { dispute, state, closings, reference };
  const isNew = await bookByPolicy(context, work, { of, one });
  const numbers = await tellStripe(context, work);
  const next = waitsFor === "" ? undefined : { dueInMs: DAY_MS, waitsFor };
  const documents = numbers === "" ? "" : `: batches ${numbers}`;
  const words = `dispute ${dispute.disputeId} is ${dispute.status}${documents}`;
  return { words, isNew, next, lateRow: lateRowOf(context, dispute, state) };
}

/** Money of a dispute that is won comes within days; later a person has to ask Stripe for it. */
function lateRowOf(
  { door }: RunContext,
  { disputeId }: Dispute,
  { stage, closedAt }: DisputeState,
): HubError | undefined {
  const waitedMs = door.clock.now().getTime() - (closedAt?.getTime() ?? Number.POSITIVE_INFINITY);
  if (stage !== "row-awaited" || waitedMs < ROW_WAIT_DAYS * DAY_MS) return undefined;
  const words = `Dispute ${disputeId} was won more than ${ROW_WAIT_DAYS} days ago`;
  const message = `${words}, and no row has brought its money`;
  return new HubError("stripe.dispute_unpaid", message, { facts: { disputeId } });
}

async function bookByPolicy(
  context: RunContext,
  work: DisputeAtWork,
  { of, one }: Readonly<{ of: DisputedSale; one: JudgedDispute }>,
): Promise<boolean> {
  if (one.policy === "receivable") return bookReceivable(context, work);
  const inMemos = await memoWork(context, of, one);
  return inMemos === undefined ? false : bookByMemos(context, inMemos);
}

/** A dispute that makes memos of the customer; undefined where it makes none. */
async function memoWork(
  context: RunContext,
  of: DisputedSale,
  one: JudgedDispute,
): Promise<MemoWork | undefined> {
  const { sale, isBooked, wentBack } = of;
  const { payment, dispute, policy, closings: told, state: inRows } = one;
  if (policy === "receivable" || inRows.moves.length === 0) return undefined;
  const customer = await customerOf(context, { sale, payment, isBooked });
  // Money that was left alone by a word or a person: so is what is disputed of it.
  if (customer === undefined) return undefined;
  const isLossTold = policy === "customer" && doWriteOff(context, dispute);
  const closings = isLossTold ? told : told.filter(isNoLoss);
  // At what was settled there is one currency, and the memo refuses what is in another one.
  const inMemos = sale.presentment === undefined ? disputeCharged : disputeState;
  const state = inMemos(dispute, closings);
  const reference = paidDocument(context, sale, dispute);
  return {
    ...{ dispute, state, inRows, closings: told, reference, policy },
    ...{ sale, payment, customer, wentBack, isBooked },
  };
}

/** As the pair says; what was written off before stays so, whatever it says by now. */
function doWriteOff(context: RunContext, { disputeId }: Dispute): boolean {
  const { lost } = context.pair.settings.dispute;
  return lost === "bad-debt" || isWrittenOff(context, disputeId);
}

/** Where nothing is written off, a verdict takes nothing from what the customer owes. */
function isNoLoss({ status }: DisputeClosing): boolean {
  return status !== "lost";
}

async function customerOf(
  context: RunContext,
  of: Readonly<{ sale: Sale; payment: SalePayment; isBooked: boolean }>,
): Promise<CustomerReading | undefined> {
  if (of.isBooked) return customerOfCharge(context, of.payment);
  return (await chooseCustomer(context, of.sale)).customer;
}

/** A document of a row that is begun, as far as it tells the policy. */
type Begun = Readonly<{ isJournal: boolean; part: string }>;

/** The pair's policy; a dispute that was begun under another one is finished as it was begun. */
async function policyOf(context: RunContext, dispute: Dispute): Promise<Policy> {
  const { policy } = context.pair.settings.dispute;
  const known = begunHere(context, dispute);
  const begun = known.length > 0 ? known : await begunInSl(context, dispute);
  if (begun.length === 0) return policy;
  if (begun.some(({ isJournal }) => isJournal)) return "receivable";
  if (begun.some(({ part }) => part.endsWith(CAUSE))) return "reverse-sale";
  // A cause is begun right after its cash leg: one alone may lack it only for a moment.
  return policy === "reverse-sale" ? policy : "customer";
}

function begunHere({ door }: RunContext, { disputeId }: Dispute): readonly Begun[] {
  const begun = ROW_PURPOSES.flatMap((purpose) => door.store.parts(disputeId, purpose)).filter(
    isFrozen,
  ) as readonly Intent<Readonly<{ kind?: string }>, DocumentReceipt>[];
  return begun.map(({ draft, receipt, identity: { part } }) => {
    return { isJournal: draft.kind === "journal" || receipt?.type === "GJ", part };
  });
}

/** The same as SL shows it, for a hub that may have lost its database and does not know it. */
async function begunInSl(
  { door, pair }: RunContext,
  { disputeId: object, rows }: Dispute,
): Promise<readonly Begun[]> {
  if (!door.mustLookUp || rows.length === 0 || !(await canFindByKey(door))) return [];
  const standing = await door.erp.findOfStripeId(shortStripeId(object), door.signal);
  const parts = rows.flatMap(({ id }) => [id, `${id}${CAUSE}`]);
  return ROW_PURPOSES.flatMap((purpose) =>
    parts.flatMap((part) => {
      const found = newestReleased(standing, { pair: pair.id, object, purpose, part });
      return found === undefined ? [] : [{ isJournal: found.type === "GJ", part }];
    }),
  );
}

function waitingFor(dispute: Dispute, state: DisputeState): string {
  const { disputeId, status } = dispute;
  if (!isAwaited(dispute, state)) return "";
  const isRow = state.stage === "row-awaited";
  return isRow
    ? `the money of dispute ${disputeId}, which is ${status}`
    : `the end of ${disputeId}`;
}

/**
 * The verdicts on a dispute: those the hub knows, else those that Stripe tells of. One that nobody
 * tells of any more counts from now.
 */
async function closingsOf(
  { pool, lane, pair, door, signal }: RunContext,
  dispute: Dispute,
): Promise<readonly DisputeClosing[]> {
  const { disputeId, status, rows } = dispute;
  const { kept, all: known } = await knownClosings(pool, lane.pair, disputeId);
  const isJudged = VERDICTS.includes(status) || status.startsWith("appeal_");
  const asked = status.startsWith("appeal_") ? "lost" : status;
  // One that was only heard of does not tell whether another one fell before it.
  const isKept = kept.some((one) => one.status === asked);
  if (!isJudged || isKept || rows.length === 0) return known;
  const told = await pair.stripe.readDisputeClosings(dispute, signal);
  const all = withoutDoubles([...known, ...told]);
  if (asked !== "lost" || all.some((one) => one.status === asked)) return all;
  return [...all, { status: "lost", at: door.clock.now() }];
}

/** The batches of its documents stand on the dispute, where people look for them. */
async function tellStripe(context: RunContext, { dispute }: DisputeAtWork): Promise<string> {
  const { door, pair } = context;
  const { disputeId } = dispute;
  const receipts = (["dispute-open", "dispute-back", "dispute-close", "fee"] as const)
    .flatMap((purpose) => door.store.parts(disputeId, purpose))
    .flatMap(({ receipt, stage }) => (stage === "done" ? [receipt as DocumentReceipt] : []));
  if (receipts.length === 0) return "";
  const numbers = receipts.map(({ batNbr }) => batNbr).toSorted();
  const planned = plannedBatches(numbers, pair.settings);
  await writeIfAllowed(context, { objectId: disputeId, planned });
  return numbers.join(", ");
}
