import { z } from "zod";
import { by, instant, words } from "./contract-parts.ts";

/** How a look at what SL shows of the hub's documents stands. */
export const WatchState = z.object({
  /** Over everything that was ever booked, or over what is still open. */
  isFull: z.boolean(),
  isRunning: z.boolean(),
  /** Somebody wants one, and it has not begun. */
  isAsked: z.boolean(),
  startedAt: instant.nullable(),
  endedAt: instant.nullable(),
  fullAt: instant.nullable(),
  dueAt: instant,
  /** Documents compared so far, and how many there are to compare. */
  checked: z.number().int(),
  total: z.number().int(),
  trouble: z.object({ code: z.string(), message: z.string(), cure: z.string() }).nullable(),
});
export type WatchState = z.output<typeof WatchState>;

/** A document that SL shows otherwise than it was booked. */
export const WatchFinding = z.object({
  id: z.string(),
  pair: z.string(),
  /** Its key in SL, the lane that booked it, and for what. */
  key: z.string(),
  laneKey: z.string(),
  object: z.string(),
  purpose: z.string(),
  kind: z.enum([
    "deleted",
    "voided",
    "doubled",
    "edited",
    "reversed-otherwise",
    "unapplied",
    "applied-otherwise",
    "released-otherwise",
  ]),
  /** `gone` is as it was booked again by itself, `healed` after somebody set out to heal it. */
  state: z.enum(["open", "accepted", "healing", "healed", "gone"]),
  version: z.number().int(),
  document: z.string(),
  period: z.string(),
  /** Each point that differs: what was booked, and what is. */
  differences: z.array(z.object({ what: z.string(), was: z.string(), is: z.string() })),
  /** By how much SL's clearing account is off, and where the proof shows it. */
  effect: z.object({ amount: z.string(), currency: z.string(), on: z.string() }),
  /** Who heals it, and how. */
  heal: z.object({ by: z.enum(["hub", "person"]), steps: z.array(z.string()) }),
  foundAt: instant,
  seenAt: instant,
  decidedAt: instant.nullable(),
  decidedBy: z.string(),
  reason: z.string(),
  closedAt: instant.nullable(),
});
export type WatchFinding = z.output<typeof WatchFinding>;

export const WatchQuery = z.strictObject({
  /** Those that are over too. */
  all: z.stringbool("must be true or false").meta({ example: "true" }).optional(),
});
/** `state` is null before the first look. */
export const WatchAnswer = z.object({
  state: WatchState.nullable(),
  findings: z.array(WatchFinding),
});
export type WatchAnswer = z.output<typeof WatchAnswer>;

/** Lets a look begin at once. */
export const WatchRequest = z.strictObject({ full: z.boolean().default(false) });

const version = z.number().int().min(1).meta({ example: 1 });
export const AcceptFindingRequest = z.strictObject({
  version,
  reason: words.meta({ example: "moved to the right customer by hand" }),
  by,
  dryRun: z.boolean().default(false),
});
export const HealFindingRequest = z.strictObject({
  version,
  by,
  dryRun: z.boolean().default(false),
});
/** What was done, or with `dryRun` would be, in sentences. */
export const FindingAnswer = z.object({
  isDryRun: z.boolean(),
  effects: z.array(z.string()),
  finding: WatchFinding,
});
export type FindingAnswer = z.output<typeof FindingAnswer>;
