import { z } from "zod";
import { facts, instant, pairId } from "./contract-parts.ts";

export const PairSummary = z.object({
  id: z.string(),
  companyId: z.string(),
  isLive: z.boolean().nullable(),
  webhookUrl: z.string(),
});
export type PairSummary = z.output<typeof PairSummary>;
export const PairList = z.object({ pairs: z.array(PairSummary) });
/** A pair with its effective settings, every secret masked. */
export const PairAnswer = PairSummary.extend({ settings: facts });
export type PairAnswer = z.output<typeof PairAnswer>;
export const PairParams = z.strictObject({ pair: pairId });
export const PairAddRequest = z.strictObject({
  id: pairId,
  settings: facts,
  dryRun: z.boolean().default(false),
});
/** `value` is text, or any JSON value for lists and objects; null takes the setting away. */
export const PairSetRequest = z.strictObject({
  path: z
    .string()
    .regex(/^[A-Za-z0-9_.:-]{1,200}$/, "must be the setting's path, parts joined by dots")
    .meta({ example: "stripe.secret-key" }),
  value: z.json(),
  dryRun: z.boolean().default(false),
});
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
