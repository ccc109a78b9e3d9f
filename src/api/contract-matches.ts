import { z } from "zod";
import { by, instant, NumberedParams, pairId, word, words } from "./contract-parts.ts";
import { ProofFinding, ProofQuery } from "./contract-proof.ts";

/** Differences on clearing, and rows of line 1, that a person says cancel each other. */
export const ProofMatch = z.object({
  id: z.string(),
  pair: z.string(),
  currency: z.string(),
  /** Batches of SL, keys of documents and rows of line 1, as proofs show them. */
  findings: z.array(z.string()),
  madeAt: instant,
  madeBy: z.string(),
  reason: z.string(),
  /** Null while it counts. */
  undoneAt: instant.nullable(),
  undoneBy: z.string(),
});
export type ProofMatch = z.output<typeof ProofMatch>;

/** Ids as the proof of this day, month or period shows them; default: the last day that is over. */
export const MatchRequest = z.strictObject({
  findings: z
    .array(word)
    .min(1)
    .max(1_000)
    .meta({ example: ["000123", "000131"] }),
  date: ProofQuery.shape.date,
  month: ProofQuery.shape.month,
  period: ProofQuery.shape.period,
  currency: ProofQuery.shape.currency,
  reason: words.meta({ example: "booked on clearing by mistake, and reversed" }),
  by,
  dryRun: z.boolean().default(false),
});
export type MatchRequest = z.output<typeof MatchRequest>;
/** What cancels; `match` is null with `dryRun`. */
export const MatchAnswer = z.object({
  isDryRun: z.boolean(),
  currency: z.string(),
  findings: z.array(ProofFinding),
  match: ProofMatch.nullable(),
});
export type MatchAnswer = z.output<typeof MatchAnswer>;

export const MatchParams = NumberedParams.extend({ pair: pairId });
export const UndoMatchRequest = z.strictObject({ by });
export const MatchList = z.object({ matches: z.array(ProofMatch) });
export type MatchList = z.output<typeof MatchList>;
