import { z } from "zod";
import { cursor, instant, limit, page, pairId, word } from "./contract-parts.ts";

export const DISPUTE_STAGES = ["inquiry", "open", "row-awaited", "won", "lost"] as const;
const flag = () => z.stringbool("must be true or false").meta({ example: "true" });

export const DisputesQuery = z.strictObject({
  pair: pairId.optional(),
  stage: z.enum(DISPUTE_STAGES).meta({ example: "open" }).optional(),
  /** Only those of which something is awaited still, or only those of which nothing is. */
  open: flag().optional(),
  /** Only those where refunds and disputes take more of the charge than it brought. */
  over: flag().optional(),
  /** The dispute, its charge, or its lane. */
  id: word.meta({ example: "du_1MtJ" }).optional(),
  before: cursor.optional(),
  limit,
});

/** A document of a dispute in SL; a journal's number is its batch's. */
export const DisputeDocument = z.object({
  purpose: z.string(),
  /** The balance row that it books, or the number of a verdict's entry. */
  part: z.string(),
  type: z.string(),
  refNbr: z.string(),
  batNbr: z.string(),
  documentDate: z.string(),
  period: z.string(),
});

/** A dispute as its last run saw it: what its rows come to, whatever its status says. */
export const DisputeRow = z.object({
  seq: z.string(),
  pair: z.string(),
  disputeId: z.string(),
  chargeId: z.string(),
  laneKey: z.string(),
  /** Stripe's words. */
  status: z.string(),
  reason: z.string(),
  networkReasonCode: z.string(),
  amount: z.string(),
  currency: z.string(),
  /** The currency of all amounts below. */
  settledIn: z.string(),
  withdrawn: z.string(),
  reinstated: z.string(),
  /** Withdrawn less reinstated. */
  held: z.string(),
  fees: z.string(),
  lost: z.string(),
  recovered: z.string(),
  stage: z.enum(DISPUTE_STAGES),
  isOver: z.boolean(),
  openedAt: instant,
  /** Until when evidence can be submitted; null where Stripe wants none. */
  evidenceDueAt: instant.nullable(),
  hasEvidence: z.boolean(),
  /** In words; empty where it waits for nothing. */
  waitsFor: z.string(),
  changedAt: instant,
  lookedAt: instant,
  documents: z.array(DisputeDocument),
});
export type DisputeRow = z.output<typeof DisputeRow>;
export const DisputePage = page(DisputeRow);
