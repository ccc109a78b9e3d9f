import { z } from "zod";
import { instant } from "./contract-parts.ts";

/** How far Stripe was asked: for all events, those never delivered, balance rows, changes. */
export const WalkRow = z.object({
  pair: z.string(),
  kind: z.enum(["pull", "gap", "rows", "sweep"]),
  /** Events from before it are not asked for. */
  since: instant,
  /** What was created before it is stored, but for what Stripe shows late. */
  position: instant,
  /** 0 to 1 while a long way is under way, else null. */
  progress: z.number().nullable(),
  /** When the last round began that came to its end. */
  doneAt: instant.nullable(),
  /** When the last round began that is over, whether it came to its end or into trouble. */
  triedAt: instant.nullable(),
  behindSeconds: z.number(),
  trouble: z.object({ code: z.string(), message: z.string(), cure: z.string() }).nullable(),
  /** Of this time Stripe can tell nothing any more, and no rebuild has made it good. */
  lost: z.object({ from: instant, to: instant }).nullable(),
  /** Events that were found missing, ever and in the last day. */
  found: z.number(),
  foundLately: z.number(),
});
export type WalkRow = z.output<typeof WalkRow>;
