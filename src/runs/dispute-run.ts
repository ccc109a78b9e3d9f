import type { Dispute, DisputeClosing } from "../canonical/dispute.ts";
import type { Sale, SalePayment } from "../canonical/sale.ts";
import { type DisputeState, disputeState, isAwaited, isOverCharged } from "../mapping/index.ts";
import { plannedDisputeMetadata } from "../writeback/index.ts";
import type { RunContext } from "./context.ts";
import { bookReceivable, type DisputeAtWork } from "./dispute-receivable.ts";
import { knownClosings, saveDispute, withoutDoubles } from "./dispute-store.ts";
import type { DocumentReceipt } from "./intent.ts";
import { paidDocument } from "./refund-parts.ts";
import { writeMetadata } from "./write-back.ts";

/**
 * What a dispute does outside, in order, after the documents and the refunds of its sale;
 * docs/architecture.md shows it. Each row is a part of the first two.
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

/** Nobody has disputed anything. */
export const NOT_DISPUTED: Disputed = { words: "", isNew: false, next: undefined };

const DAY_MS = 24 * 60 * 60_000;
const VERDICTS = ["won", "lost"];

/**
 * Books what disputes have done to the balance, for each charge of a sale whose own documents
 * stand, or which is from before the pair's start.
 */
export async function bookDisputes(context: RunContext, sale: Sale): Promise<Disputed> {
  const { door, pair, signal } = context;
  const ends: Disputed[] = [];
  for (const payment of sale.payments) {
    if (!context.mayHaveDisputes && !payment.isDisputed) continue;
    const disputes = await pair.stripe.readDisputes(payment.chargeId, signal);
    await door.store.load(disputes.map(({ disputeId }) => disputeId));
    for (const dispute of disputes) {
      ends.push(await bookDispute(context, sale, { payment, dispute, disputes }));
    }
  }
  const waits = ends.flatMap(({ next }) => next ?? []);
  const waitsFor = waits.map((one) => one.waitsFor).join(", ");
  return {
    words: ends.flatMap(({ words }) => (words === "" ? [] : [words])).join("; "),
    isNew: ends.some(({ isNew }) => isNew),
    next: waits.length === 0 ? undefined : { dueInMs: DAY_MS, waitsFor },
  };
}

async function bookDispute(
  context: RunContext,
  sale: Sale,
  of: Readonly<{ payment: SalePayment; dispute: Dispute; disputes: readonly Dispute[] }>,
): Promise<Disputed> {
  const { pool, lane } = context;
  const { payment, dispute, disputes } = of;
  const closings = await closingsOf(context, dispute);
  const state = disputeState(dispute, closings);
  const waitsFor = waitingFor(dispute, state);
  const isOver = isOverCharged(payment, disputes);
  const seen = { dispute, state, closings, isOver, waitsFor };
  // Saved first: what cannot be booked is listed too, and a verdict is not forgotten with Stripe.
  await saveDispute(pool, lane, seen);
  const reference = paidDocument(context, sale, dispute.chargeId);
  const isNew = await bookReceivable(context, { dispute, state, closings, reference });
  const numbers = await tellStripe(context, { dispute, state, closings, reference });
  const next = waitsFor === "" ? undefined : { dueInMs: DAY_MS, waitsFor };
  const documents = numbers === "" ? "" : `: batches ${numbers}`;
  return { words: `dispute ${dispute.disputeId} is ${dispute.status}${documents}`, isNew, next };
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
  const known = await knownClosings(pool, lane.pair, disputeId);
  const isJudged = VERDICTS.includes(status) || status.startsWith("appeal_");
  const asked = status.startsWith("appeal_") ? "lost" : status;
  const isKnown = known.some((one) => one.status === asked);
  if (!isJudged || isKnown || rows.length === 0) return known;
  const told = await pair.stripe.readDisputeClosings(dispute, signal);
  const all = withoutDoubles([...known, ...told]);
  if (asked !== "lost" || all.some((one) => one.status === asked)) return all;
  return [...all, { status: "lost", at: door.clock.now() }];
}

/** The batches of its documents stand on the dispute, where people look for them. */
async function tellStripe(context: RunContext, { dispute }: DisputeAtWork): Promise<string> {
  const { door, pair } = context;
  const { disputeId } = dispute;
  const receipts = (["dispute-open", "dispute-back", "dispute-close"] as const)
    .flatMap((purpose) => door.store.parts(disputeId, purpose))
    .flatMap(({ receipt, stage }) => (stage === "done" ? [receipt as DocumentReceipt] : []));
  if (receipts.length === 0) return "";
  const numbers = receipts.map(({ batNbr }) => batNbr).toSorted();
  const planned = plannedDisputeMetadata(numbers, pair.settings);
  await writeMetadata(context, { objectId: disputeId, planned });
  return numbers.join(", ");
}
