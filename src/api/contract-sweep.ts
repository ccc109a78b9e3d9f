import { z } from "zod";
import { instant, pairId } from "./contract-parts.ts";
import { WalkRow } from "./contract-walks.ts";

export const SweepQuery = z.strictObject({ pair: pairId.optional() });

/** What is asked of Stripe for what webhooks did not bring, and what it found. */
export const SweepAnswer = z.object({
  /** Rounds that began since then answer what was asked now; null where nothing was, or yet. */
  askedAt: instant.nullable(),
  /** Events never delivered, balance transactions, and what changes long after it was made. */
  walks: z.array(WalkRow),
  /** Refunds, disputes, payouts and top-ups that changed without an event, in 35 days. */
  found: z.array(
    z.object({ pair: z.string(), id: z.string(), state: z.string(), wokenAt: instant }),
  ),
  /** What is wrong with the endpoints at Stripe, where they were looked at just now. */
  endpoints: z.array(
    z.object({
      pair: z.string(),
      title: z.string(),
      cure: z.string(),
      ids: z.array(z.string()),
    }),
  ),
});
export type SweepAnswer = z.output<typeof SweepAnswer>;
