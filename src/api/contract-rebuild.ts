import { z } from "zod";
import { instant, pairId } from "./contract-parts.ts";

export const RebuildRequest = z.strictObject({
  pair: pairId,
  /** Facts at Stripe since then run again. */
  since: instant.meta({ example: "2026-11-01T00:00:00Z" }),
  dryRun: z.boolean().default(false),
});
export const RebuildProgressQuery = z.strictObject({ pair: pairId });
/** `progress` is null while no rebuild of the pair runs in the hub that was asked. */
export const RebuildProgress = z.object({ progress: z.string().nullable() });
export const RebuildAnswer = z.object({
  inSl: z.number(),
  adopted: z.number(),
  unexplained: z.array(z.string()),
  reopened: z.array(z.string()),
  woken: z.number(),
});
export type RebuildAnswer = z.output<typeof RebuildAnswer>;
