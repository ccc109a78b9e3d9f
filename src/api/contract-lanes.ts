import { z } from "zod";
import { instant, pairId } from "./contract-parts.ts";

/** How much work a pair has, and whether something holds it back. */
export const PairLanes = z.object({
  pair: z.string(),
  /** Due later, or held until then. */
  waiting: z.number(),
  /** Due now and not yet taken. */
  due: z.number(),
  owned: z.number(),
  oldestDueSeconds: z.number(),
  circuit: z.enum(["closed", "open"]),
  probeAt: instant.nullable(),
  pausedCode: z.string().nullable(),
  pausedReason: z.string().nullable(),
  parkedOpen: z.number(),
});
export type PairLanes = z.output<typeof PairLanes>;
export const LanesAnswer = z.object({ pairs: z.array(PairLanes) });
export const LanesQuery = z.strictObject({ pair: pairId.optional() });
