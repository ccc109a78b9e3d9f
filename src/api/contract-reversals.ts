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
/** A sales order that goes back: a person cancels it in SL before anything is booked. */
export const PlannedOrderRow = z.object({
  key: z.string(),
  object: z.string(),
  generation: z.number(),
  orderNumber: z.string(),
  customerId: z.string(),
  amount: z.string(),
  currency: z.string(),
  /** What happens to it, in words and in order. */
  steps: z.array(z.string()),
});
export const ReversalPlanAnswer = z.object({
  pair: z.string(),
  laneKey: z.string(),
  dated: z.string(),
  period: z.string(),
  orders: z.array(PlannedOrderRow),
  documents: z.array(PlannedReversalRow),
  /** What a person takes back in SL before anything is booked, in words and in order. */
  byHand: z.array(z.string()),
  /** What closes what is left open then, in words. */
  applications: z.array(z.string()),
  /** What becomes of the exchange that SL realises by them, in words; null where it makes none. */
  exchange: z.string().nullable(),
  /** What is not booked again with the rest, each with why. */
  notAgain: z.array(z.string()),
  version: z.string(),
});
export type ReversalPlanAnswer = z.output<typeof ReversalPlanAnswer>;

export const REVERSAL_STATES = ["asked", "reversed", "rebooked", "withdrawn"] as const;
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
  withdrawnAt: instant.nullable(),
  withdrawnBy: z.string().nullable(),
  /** What hinders it, where its run is parked for a person. */
  trouble: z.string().nullable(),
  /** What a person is to do in SL, where its run waits for that and sees it there. */
  toDo: z.string().nullable(),
  documents: z.array(
    z.object({
      key: z.string(),
      object: z.string(),
      purpose: z.string(),
      /** Of an order its number alone, and `SO` as its type. */
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
/** Takes back what was asked for, as long as nothing of it is booked. */
export const WithdrawRequest = z.strictObject({
  reason: words.meta({ example: "it has shipped meanwhile" }).optional(),
  by,
  dryRun: z.boolean().default(false),
});
export const WithdrawAnswer = z.object({ isDryRun: z.boolean(), reversal: ReversalRow });
export const RebookAnswer = z.object({ isDryRun: z.boolean(), reversal: ReversalRow });
