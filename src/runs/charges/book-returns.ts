import type { Sale } from "../../canonical/sale.ts";
import type { RunContext } from "../context.ts";
import {
  bookDisputes,
  type Disputed,
  type DisputedSale,
  disputedRows,
  doTakeSale,
  type ReadDispute,
  readSaleDisputes,
  saveJudged,
} from "../disputes/dispute-run.ts";
import type { WentBack } from "../refunds/refund-parts.ts";
import { bookRefunds, type Refunded, readWentBack } from "../refunds/refund-run.ts";
import { Waiting } from "../waiting.ts";

/** Something may happen between two readings; more often than this it goes on happening. */
const READS_MAX = 4;
const AGAIN_MS = 5_000;

/** What went back of a sale, with what is still to be booked of its disputes. */
export type Returned = Readonly<{ refunded: Refunded; bookDisputes: () => Promise<Disputed> }>;

/**
 * Books what went back of a sale by refunds, credit notes and disputes. Where disputes take the
 * sale back, one counts against the other, and all go in the order in which they happened.
 *
 * @param isBooked false for a sale from before the pair's start
 */
export async function bookReturns(
  context: RunContext,
  sale: Sale,
  isBooked: boolean,
): Promise<Returned> {
  const read = await readReturns(context, { sale, isBooked });
  // What disputes have taken back of the sale counts against its refunds.
  if (read.disputes.length > 0) await context.door.store.loadLane(context.lane.key);
  const of = { ...read, disputes: await saveJudged(context, read.disputes) };
  const disputed = disputedRows(context, of);
  const refunded = await bookRefunds(context, { ...of, disputed: disputed.rows });
  return {
    refunded,
    bookDisputes: async () => {
      const booked = await bookDisputes(context, of);
      return { ...booked, isNew: booked.isNew || disputed.isNew() };
    },
  };
}

/**
 * Reads both sides as they stand in one moment: of two things that happened, the later one is
 * never seen without the earlier one, or it would be booked by what is not left any more.
 */
async function readReturns(
  context: RunContext,
  of: Readonly<{ sale: Sale; isBooked: boolean }>,
): Promise<Omit<DisputedSale, "disputes"> & Readonly<{ disputes: readonly ReadDispute[] }>> {
  const doTake = context.pair.settings.dispute.policy === "reverse-sale";
  let wentBack = await readWentBack(context, of);
  for (let reads = 0; reads < READS_MAX; reads += 1) {
    const mustAsk = doTake && namesOf(wentBack) !== "";
    const disputes = await readSaleDisputes(context, of.sale, mustAsk);
    if (!doTakeSale(disputes)) return { ...of, wentBack, disputes };
    const again = await readWentBack(context, of, true);
    if (namesOf(again) === namesOf(wentBack)) return { ...of, wentBack, disputes };
    wentBack = again;
  }
  throw new Waiting("a moment in which nothing goes back of the sale", AGAIN_MS);
}

function namesOf({ refunds, notes }: WentBack): string {
  const ofRefunds = refunds.flatMap(({ refundId, row, failure }) => [
    ...[refundId, row?.id, failure?.id],
  ]);
  const ofNotes = notes.flatMap(({ creditNoteId, voidedAt }) => [
    ...[creditNoteId, voidedAt === undefined ? "" : "void"],
  ]);
  return [...ofRefunds, ...ofNotes].join();
}
