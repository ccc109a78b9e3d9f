import { z } from "zod";
import { fiscalPeriod, instant, pairId, person } from "./contract-parts.ts";

/** Closes a period when no item is open; `dryRun` only looks. */
export const CloseRequest = z.strictObject({
  period: fiscalPeriod,
  by: person.default("the API").meta({ example: "maria" }),
  dryRun: z.boolean().default(false),
});
export const CloseItem = z.object({
  name: z.string(),
  /** `listed` is fine, and signed with the period. */
  state: z.enum(["ok", "listed", "open"]),
  text: z.string(),
  ids: z.array(z.string()),
});
export type CloseItem = z.output<typeof CloseItem>;
export const CloseAnswer = z.object({
  period: z.string(),
  /** Its last day. */
  day: z.string(),
  items: z.array(CloseItem),
  /** Every document that was booked in the period, and one hash over all of them. */
  documents: z.object({ count: z.number().int(), hash: z.string() }),
  isClosable: z.boolean(),
  /** Null where an item is open, and on a dry run. */
  snapshot: z.object({ nr: z.number().int(), hash: z.string(), closedAt: instant }).nullable(),
});
export type CloseAnswer = z.output<typeof CloseAnswer>;
/** What a pair has closed so far, newest first. */
export const CloseList = z.object({
  closes: z.array(
    z.object({
      period: z.string(),
      nr: z.number().int(),
      closedAt: instant,
      closedBy: z.string(),
      hash: z.string(),
    }),
  ),
});

export const ClosedPeriodParams = z.strictObject({
  pair: pairId,
  period: z
    .string()
    .regex(/^\d{4}(0[1-9]|1[0-3])$/, "must be a fiscal period, YYYYPP")
    .meta({ example: "202603" }),
});
/** What came to a closed period, left it or changed in it since it was closed last. */
export const CloseCompared = z.object({
  period: z.string(),
  nr: z.number().int(),
  closedAt: instant,
  closedBy: z.string(),
  hash: z.string(),
  changes: z.array(
    z.object({
      how: z.enum(["added", "gone", "changed", "changed-in-sl"]),
      key: z.string(),
      document: z.string(),
    }),
  ),
  /** The hub's last look at SL, as of which `changed-in-sl` is known. */
  look: z.object({
    at: instant.nullable(),
    /** The last one over everything: others leave closed periods of over 35 days ago out. */
    fullAt: instant.nullable(),
    /** Why the last one did not come to its end. */
    trouble: z.string().nullable(),
  }),
});
export type CloseCompared = z.output<typeof CloseCompared>;
