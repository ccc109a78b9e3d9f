import { z } from "zod";
import { bookDay, by, instant } from "./contract-parts.ts";
import { Preview } from "./contract-preview.ts";

const day = bookDay.meta({ example: "2026-11-01" });

/** Walks Stripe from one day to another, both counted in, and books what is not booked. */
export const BackfillRequest = z.strictObject({
  from: day,
  /** Default: until now. */
  to: day.optional(),
  /** Days before the pair's start are meant: nothing of theirs is booked but what came later. */
  beforeStart: z.boolean().default(false),
  /** At most so many facts a minute; default as fast as the pair's calls allow. */
  perMinute: z.number().int().min(1).max(100_000).optional(),
  by,
  dryRun: z.boolean().default(false),
  /** How many of the oldest sales a dry run shows with their entries. */
  show: z.number().int().min(0).max(100).default(5),
});

export const BackfillPlanned = z.object({
  from: instant,
  until: instant,
  rows: z.number().int(),
  ownedRows: z.number().int(),
  /** Lanes that would be woken. */
  facts: z.number().int(),
  /** About how many documents SL would get. */
  documents: z.number().int(),
  kinds: z.array(
    z.object({
      kind: z.string(),
      rows: z.number().int(),
      documents: z.number().int(),
      amounts: z.array(z.object({ currency: z.string(), amount: z.string() })),
    }),
  ),
  /** Periods that are closed in SL; `bookedIn` is null where such rows park. */
  closed: z.array(
    z.object({ period: z.string(), rows: z.number().int(), bookedIn: z.string().nullable() }),
  ),
  estimatedSeconds: z.number().int(),
  previews: z.array(Preview),
});
export type BackfillPlanned = z.output<typeof BackfillPlanned>;

export const BackfillRow = z.object({
  id: z.string(),
  from: instant,
  until: instant,
  state: z.enum(["listing", "booking", "done", "cancelled"]),
  isPaused: z.boolean(),
  /** What was made before it at Stripe is listed. */
  position: instant,
  perMinute: z.number().int().nullable(),
  startedBy: z.string(),
  startedAt: instant,
  endedAt: instant.nullable(),
  facts: z.number().int(),
  woken: z.number().int(),
  ended: z.number().int(),
  booked: z.number().int(),
  parked: z.number().int(),
  notApplicable: z.number().int(),
  secondsLeft: z.number().int().nullable(),
  troubleCode: z.string().nullable(),
  trouble: z.string().nullable(),
});
export type BackfillRow = z.output<typeof BackfillRow>;

export const BackfillAnswer = z.object({
  isDryRun: z.boolean(),
  /** Null where it was started. */
  plan: BackfillPlanned.nullable(),
  /** Null on a dry run. */
  backfill: BackfillRow.nullable(),
});
export type BackfillAnswer = z.output<typeof BackfillAnswer>;

/** The newest backfills of a pair. */
export const BackfillList = z.object({
  backfills: z.array(BackfillRow),
  /** How far a dry run of this hub has come. */
  progress: z.string().nullable(),
});
export type BackfillList = z.output<typeof BackfillList>;

export const BackfillSteerRequest = z.strictObject({
  act: z.enum(["pause", "resume", "cancel"]),
  by,
});
