import { z } from "zod";
import { by, facts, instant, pairId } from "./contract-parts.ts";

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
  by,
  dryRun: z.boolean().default(false),
});
/** `value` is text, or any JSON value for lists and objects; null takes the setting away. */
export const PairSetRequest = z.strictObject({
  path: z
    .string()
    .regex(/^[A-Za-z0-9_.:-]{1,200}$/, "must be the setting's path, parts joined by dots")
    .meta({ example: "stripe.secret-key" }),
  value: z.json(),
  by,
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

/** The settings file, `<kept>` in the place of each secret, and the state that it is in. */
export const ConfigExport = z.object({ text: z.string(), version: z.string() });
export type ConfigExport = z.output<typeof ConfigExport>;
export const ConfigImportRequest = z.strictObject({
  /** YAML as exported; a plain secret is sealed before it is saved. */
  text: z.string().min(1).max(200_000),
  /** The state that was compared: an import over another one is refused. */
  version: z.string().max(64).meta({ example: "ABCDEFGHIJKLMNOP" }).optional(),
  by,
  dryRun: z.boolean().default(false),
});
/** What changes, by path; null where a setting is not there, secrets masked. */
export const ConfigImport = z.object({
  isDryRun: z.boolean(),
  changes: z.array(
    z.object({ path: z.string(), before: z.string().nullable(), after: z.string().nullable() }),
  ),
  /** The state of the file now. */
  version: z.string(),
  /** Where the old file is; null where nothing was replaced. */
  backup: z.string().nullable(),
});
export type ConfigImport = z.output<typeof ConfigImport>;
