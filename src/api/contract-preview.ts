import { z } from "zod";

/** One line of an entry; exactly one of `debit` and `credit` is there, never negative. */
export const EntryLine = z.object({
  document: z.string(),
  account: z.string(),
  subaccount: z.string(),
  text: z.string().optional(),
  currency: z.string().optional(),
  debit: z.string().optional(),
  credit: z.string().optional(),
});
export type EntryLine = z.output<typeof EntryLine>;

/** What booking would come to by the readings of this moment; nothing is written to find out. */
export const Preview = z.object({
  /** The Stripe object whose sale it is. */
  object: z.string(),
  total: z.string().nullable(),
  currency: z.string().nullable(),
  documents: z.array(
    z.object({
      purpose: z.string(),
      object: z.string(),
      /** The SL customer that it is booked on, or that would be made. */
      customerId: z.string(),
      period: z.string().nullable(),
      /** Why it is mapped so, in sentences. */
      notes: z.array(z.string()),
      entries: z.array(EntryLine),
    }),
  ),
  /** Why nothing, or nothing more, would be booked. */
  problem: z.object({ code: z.string(), message: z.string(), cure: z.string() }).nullable(),
});
export type Preview = z.output<typeof Preview>;
