import { z } from "zod";
import type { Wire } from "../wire.ts";

/** One part of a fee, in minor units of the row's currency; `type` as in Stripe's `fee_details`. */
export const FeePart = z.strictObject({
  amount: z.number().int(),
  type: z.string(),
  description: z.string().nullable().default(null),
});

/** The `fee_details` of a row from the parts of its fee. */
export function feeParts(parts: readonly z.infer<typeof FeePart>[], currency: string): Wire[] {
  return parts.map((part) => ({ ...part, application: null, currency }));
}
