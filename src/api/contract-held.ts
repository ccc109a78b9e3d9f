import { z } from "zod";
import { by, cursor, instant, limit, page, pairId, word } from "./contract-parts.ts";

/** What may hold a sale back: a word in metadata, a rule of the pair, or Stripe's mode. */
export const HELD_KINDS = [
  "hold",
  "skip",
  "filter",
  "not-allowed",
  "min-age",
  "mode",
  "zero",
  "reversed",
] as const;
const heldKind = z.enum(HELD_KINDS).meta({ example: "filter" });

export const HeldQuery = z.strictObject({
  pair: pairId.optional(),
  kind: heldKind.optional(),
  lane: word.meta({ example: "pi_3Pq" }).optional(),
  before: cursor.optional(),
  limit,
});
/** A sale that is not booked because a rule or a word says so. */
export const HeldRow = z.object({
  nr: z.string(),
  pair: z.string(),
  laneKey: z.string(),
  kind: heldKind,
  rule: z.string(),
  reason: z.string(),
  /** Each charge with its amount; empty where the money was not read. */
  money: z.string(),
  since: instant,
  seenAt: instant,
});
export type HeldRow = z.output<typeof HeldRow>;
export const HeldPage = page(HeldRow);

/** Without kinds: what rules of the pair hold back, and not what a word in metadata does. */
export const RecheckRequest = z.strictObject({
  pair: pairId.optional(),
  kinds: z.array(heldKind).min(1).default(["filter", "not-allowed", "min-age", "mode", "zero"]),
  /** How many the person has seen: more than that are not woken. */
  count: z.number().int().min(0).optional(),
  by,
  dryRun: z.boolean().default(false),
});
export const RecheckAnswer = z.object({
  isDryRun: z.boolean(),
  count: z.number(),
  byRule: z.array(
    z.object({ pair: z.string(), kind: heldKind, rule: z.string(), count: z.number() }),
  ),
});
export type RecheckAnswer = z.output<typeof RecheckAnswer>;
