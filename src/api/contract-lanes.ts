import { z } from "zod";
import { EVENT_ENDS } from "./contract-events.ts";
import { by, instant, pairId, word, words } from "./contract-parts.ts";

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
  /** A person has stopped the pair; only a person lets it go on. */
  held: z.object({ by: z.string(), reason: z.string(), at: instant }).nullable(),
  parkedOpen: z.number(),
});
export type PairLanes = z.output<typeof PairLanes>;
export const LanesAnswer = z.object({ pairs: z.array(PairLanes) });
export const LanesQuery = z.strictObject({ pair: pairId.optional() });

export const PauseRequest = z.strictObject({
  reason: words.meta({ example: "month-end close in SL" }),
  by,
  dryRun: z.boolean().default(false),
});
export const UnpauseRequest = z.strictObject({
  reason: words.meta({ example: "the month is closed" }).optional(),
  by,
  dryRun: z.boolean().default(false),
});
/** What a command on a pair did, or with `dryRun` would do, and how the pair stands then. */
export const PairStateAnswer = z.object({
  isDryRun: z.boolean(),
  effects: z.array(z.string()),
  lanes: PairLanes,
});
export type PairStateAnswer = z.output<typeof PairStateAnswer>;

/** Which lanes are to run again: those of one event, one lane, or all events that fit. */
export const ReplayRequest = z.strictObject({
  pair: pairId.optional(),
  event: word.meta({ example: "evt_1Pq" }).optional(),
  lane: word.meta({ example: "pi_3Pq" }).optional(),
  type: word.meta({ example: "charge.succeeded" }).optional(),
  end: z.enum(EVENT_ENDS).meta({ example: "not_applicable" }).optional(),
  /** Events that Stripe made at or after this instant, and before the other. */
  since: instant.meta({ example: "2026-11-01T00:00:00Z" }).optional(),
  until: instant.meta({ example: "2026-11-02T00:00:00Z" }).optional(),
  reason: words.meta({ example: "the mapping of taxes was wrong" }).optional(),
  by,
  dryRun: z.boolean().default(false),
});
/** How much is woken, with some of it; `parked` of the lanes wait for a person at the moment. */
export const ReplayAnswer = z.object({
  isDryRun: z.boolean(),
  lanes: z.number(),
  events: z.number(),
  parked: z.number(),
  /** Events that need no work, such as those of kinds the hub does not book. */
  withoutLane: z.number(),
  sample: z.array(z.object({ pair: z.string(), laneKey: z.string() })),
});
export type ReplayAnswer = z.output<typeof ReplayAnswer>;

/** Whether the process lives, or can take webhooks and work; with the reasons why not. */
export const HealthAnswer = z.object({
  status: z.string(),
  reasons: z.array(z.string()).optional(),
});
