import { z } from "zod";
import { by, instant, word } from "./contract-parts.ts";

const amount = z.object({ currency: z.string(), amount: z.string() });

/** A journal that opens the books with something that stood at the pair's start. */
export const OpeningEntryRow = z.object({
  kind: z.enum(["balance", "payout", "dispute"]),
  /** The Stripe object; `opening` for a balance, whose part is its currency. */
  object: z.string(),
  part: z.string(),
  currency: z.string(),
  /** A debit of its account above zero. */
  amount: z.string(),
  words: z.string(),
  period: z.string(),
  lines: z.array(
    z.object({
      side: z.enum(["debit", "credit"]),
      role: z.string(),
      account: z.string(),
      subaccount: z.string(),
      amount: z.string(),
    }),
  ),
  /** `unclear`: a person has to say whether it stood open; `blocked`: settings lack something. */
  state: z.enum(["proposed", "unclear", "blocked", "confirmed", "booked"]),
  problem: z.object({ code: z.string(), message: z.string(), cure: z.string() }).nullable(),
  batNbr: z.string(),
  confirmedBy: z.string().nullable(),
});
export type OpeningEntryRow = z.output<typeof OpeningEntryRow>;

/** What straddles a pair's start. */
export const GoliveAnswer = z.object({
  pair: z.string(),
  start: z.string(),
  startsAt: instant,
  /** Since when the hub keeps balance transactions; later ones than the start are to be filled. */
  rowsKeptFrom: instant.nullable(),
  rowsSince: z.number().int(),
  balances: z.array(amount),
  entries: z.array(OpeningEntryRow),
  /** What came later to money from before the start: its run books it, without an entry. */
  later: z.array(
    z.object({
      object: z.string(),
      rowId: z.string(),
      day: z.string(),
      currency: z.string(),
      amount: z.string(),
      words: z.string(),
      isBooked: z.boolean(),
    }),
  ),
  /** Names what was shown: only that can be confirmed. */
  seen: z.string(),
});
export type GoliveAnswer = z.output<typeof GoliveAnswer>;

/** Confirms what was shown, and has it booked. */
export const GoliveRequest = z.strictObject({
  seen: z.string().regex(/^[A-Z2-7]{26}$/, "must be the `seen` of what was shown"),
  by,
  /** Objects that stay without an opening entry. */
  leave: z.array(word).max(1_000).default([]),
  /** Unclear ones that were open at the start. */
  open: z.array(word).max(1_000).default([]),
});

export const GoliveProgress = z.object({ progress: z.string().nullable() });
export type GoliveProgress = z.output<typeof GoliveProgress>;
