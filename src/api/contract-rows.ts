import { z } from "zod";
import { instant, limit, pairId, word } from "./contract-parts.ts";
import { WalkRow } from "./contract-walks.ts";

export const UnownedQuery = z.strictObject({
  pair: pairId.optional(),
  /** Only rows made more than 36 hours ago. */
  late: z.stringbool("must be true or false").meta({ example: "true" }).optional(),
  /** The `next` of an earlier answer. */
  after: word.meta({ example: "txn_3Pq" }).optional(),
  limit,
});

/** A part of a balance transaction that no document owns. */
export const UnownedPart = z.object({
  pair: z.string(),
  id: z.string(),
  part: z.enum(["gross", "fee"]),
  /** What the part did to the balance: a fee lowers it. */
  amount: z.string(),
  currency: z.string(),
  createdAt: instant,
  category: z.string(),
  type: z.string(),
  /** What caused it at Stripe; empty where nothing is named. */
  source: z.string(),
  /** The kind of document that is to own it. */
  owner: z.string(),
  /** Who books it; null where this version does not. */
  laneKey: z.string().nullable(),
  /** Why it is not booked yet, as far as that is known. */
  reason: z.string(),
});
export type UnownedPart = z.output<typeof UnownedPart>;
/** Rows of one of Stripe's other balances in the last 35 days: no document is to own them. */
export const RowsBeside = z.object({
  pair: z.string(),
  /** Such as `issuing`. */
  balance: z.string(),
  currency: z.string(),
  count: z.number(),
  /** What they did to that balance. */
  amount: z.string(),
  /** The newest few. */
  ids: z.array(z.string()),
});
export const UnownedAnswer = z.object({
  /** How far the balance transactions of each pair are read. */
  walks: z.array(WalkRow),
  /** What moved Stripe's other balances, which is listed and not booked. */
  beside: z.array(RowsBeside),
  rows: z.array(UnownedPart),
  next: z.string().nullable(),
});
export type UnownedAnswer = z.output<typeof UnownedAnswer>;

export const SweepRowsRequest = z.strictObject({ pair: pairId.optional() });
export const SweepRowsAnswer = z.object({ walks: z.array(WalkRow) });
export type SweepRowsAnswer = z.output<typeof SweepRowsAnswer>;
