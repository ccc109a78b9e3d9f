import { z } from "zod";
import { by, instant, pairId, word, words } from "./contract-parts.ts";
import { EntryLine } from "./contract-preview.ts";

/** SL's numbers of a document; a journal has neither number nor customer of its own. */
const numbers = z.object({
  type: z.string(),
  refNbr: z.string(),
  batNbr: z.string(),
  customerId: z.string(),
  period: z.string(),
  documentDate: z.string(),
});

/**
 * Takes booked documents back by reversing ones. With `dryRun`, which is the default, it only shows
 * them; without it `version` is that of the plan that was seen.
 */
export const ReverseRequest = z.strictObject({
  /** An id of Stripe, a number or batch of SL, a key, or a run such as `run:1042`. */
  id: word.meta({ example: "pi_3Pq" }),
  pair: pairId.optional(),
  /** Whether everything that stands on it goes back too. */
  all: z.boolean().default(false),
  /** The date of the reversing documents; default: today in the pair's zone. */
  date: z.iso.date().meta({ example: "2026-04-02" }).optional(),
  /** Whether the fact is booked again at once, as a new generation. */
  rebook: z.boolean().default(false),
  reason: words.meta({ example: "booked on the wrong customer" }),
  by,
  version: word.meta({ example: "K5XEDJ2PZ3YQW7RLNAB4C6MFTU" }).optional(),
  dryRun: z.boolean().default(true),
});
/** A document that goes back, with the entries that take it back. */
export const PlannedReversalRow = z.object({
  key: z.string(),
  object: z.string(),
  purpose: z.string(),
  generation: z.number(),
  original: numbers,
  amount: z.string(),
  currency: z.string(),
  /** In base currency, such as `108.31 USD`; null of a document in that currency. */
  worth: z.string().nullable(),
  /** SL's two letters of the document that takes it back: CM, DM or GJ. */
  type: z.string(),
  description: z.string(),
  entries: z.array(EntryLine),
});
export const ReversalPlanAnswer = z.object({
  pair: z.string(),
  laneKey: z.string(),
  dated: z.string(),
  period: z.string(),
  documents: z.array(PlannedReversalRow),
  /** What closes what is left open then, in words. */
  applications: z.array(z.string()),
  /** What becomes of the exchange that SL realises by them, in words; null where it makes none. */
  exchange: z.string().nullable(),
  /** What is not booked again with the rest, each with why. */
  notAgain: z.array(z.string()),
  version: z.string(),
});
export type ReversalPlanAnswer = z.output<typeof ReversalPlanAnswer>;

export const REVERSAL_STATES = ["asked", "reversed", "rebooked"] as const;
/** A reversal that a person has asked for. */
export const ReversalRow = z.object({
  id: z.string(),
  pair: z.string(),
  laneKey: z.string(),
  named: z.string(),
  state: z.enum(REVERSAL_STATES),
  dated: z.string(),
  reason: z.string(),
  askedBy: z.string(),
  askedAt: instant,
  reversedAt: instant.nullable(),
  rebookedAt: instant.nullable(),
  rebookedBy: z.string().nullable(),
  /** What hinders it, where its run waits for a person. */
  trouble: z.string().nullable(),
  documents: z.array(
    z.object({
      key: z.string(),
      object: z.string(),
      purpose: z.string(),
      numbers,
      /** Null until it is taken back. */
      reversedBy: numbers.nullable(),
    }),
  ),
});
export type ReversalRow = z.output<typeof ReversalRow>;
/** What would be booked, and without `dryRun` the reversal that was asked for. */
export const ReverseAnswer = z.object({
  isDryRun: z.boolean(),
  plan: ReversalPlanAnswer,
  reversal: ReversalRow.nullable(),
});
export type ReverseAnswer = z.output<typeof ReverseAnswer>;

export const ReversalsQuery = z.strictObject({
  pair: pairId.optional(),
  lane: word.meta({ example: "pi_3Pq" }).optional(),
  state: z.enum(REVERSAL_STATES).meta({ example: "reversed" }).optional(),
});
export const ReversalList = z.object({ rows: z.array(ReversalRow) });
/** Lets what was taken back be booked again. */
export const RebookRequest = z.strictObject({
  reason: words.meta({ example: "the link is corrected" }).optional(),
  by,
  dryRun: z.boolean().default(false),
});
export const RebookAnswer = z.object({ isDryRun: z.boolean(), reversal: ReversalRow });
