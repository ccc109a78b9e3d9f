import { z } from "zod";
import { cursor, instant, limit, page, pairId, person, word } from "./contract-parts.ts";

export const ACTS = [
  "assigned",
  "commented",
  "edited",
  "resumed",
  "dismissed",
  "replayed",
  "paused",
  "unpaused",
  "opened",
  "backfilled",
  "accepted",
  "healed",
  "reversed",
  "rebooked",
  "withdrawn",
  "linked",
  "configured",
  "matched",
  "unmatched",
] as const;
/** Something that a person did while the hub worked. */
export const ActRow = z.object({
  id: z.string(),
  /** Null where it was done to the hub itself. */
  pair: z.string().nullable(),
  /** Null where it was done to the whole pair. */
  laneKey: z.string().nullable(),
  /** The case it was done to, if it was. */
  parkedId: z.string().nullable(),
  at: instant,
  by: z.string(),
  act: z.enum(ACTS),
  words: z.string(),
  /** The settings that were changed, JSON as text; null where one is not there, secrets masked. */
  changes: z.array(
    z.object({ setting: z.string(), before: z.string().nullable(), after: z.string().nullable() }),
  ),
});
export type ActRow = z.output<typeof ActRow>;

export const ActsQuery = z.strictObject({
  pair: pairId.optional(),
  lane: word.meta({ example: "pi_3Pq" }).optional(),
  by: person.meta({ example: "maria" }).optional(),
  act: z.enum(ACTS).meta({ example: "paused" }).optional(),
  before: cursor.optional(),
  limit,
});
export const ActPage = page(ActRow);

export const OVERRIDE_FIELDS = ["item", "customer", "text", "metadata"] as const;
/** What a person has decided for one fact: mapping takes it before its own rules. */
export const OverrideRow = z.object({
  pair: z.string(),
  laneKey: z.string(),
  field: z.enum(OVERRIDE_FIELDS),
  target: z.string(),
  value: z.string(),
  by: z.string(),
  reason: z.string(),
  setAt: instant,
});
export type OverrideRow = z.output<typeof OverrideRow>;
