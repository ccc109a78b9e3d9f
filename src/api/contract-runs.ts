import { z } from "zod";
import { cursor, facts, instant, limit, page, pairId, word } from "./contract-parts.ts";

/** One send to SL or Stripe; without an answer it is an open outcome. */
export const AttemptRow = z.object({
  intentKey: z.string(),
  purpose: z.string(),
  object: z.string(),
  nr: z.number(),
  step: z.string(),
  worker: z.string(),
  sentAt: instant,
  answeredAt: instant.nullable(),
  outcome: z.string().nullable(),
  facts: facts.nullable(),
  /** What went out and came back: masked, cut, without fields that are blank, 0 or 1900-01-01. */
  exchange: z.object({ request: z.string(), answer: z.string().nullable() }).nullable().optional(),
});
export type AttemptRow = z.output<typeof AttemptRow>;

export const RUN_OUTCOMES = [
  "booked",
  "not_applicable",
  "parked",
  "waiting",
  "retry",
  "handed_over",
] as const;
export const RunsQuery = z.strictObject({
  pair: pairId.optional(),
  outcome: z.enum(RUN_OUTCOMES).meta({ example: "booked" }).optional(),
  lane: word.meta({ example: "pi_3Pq" }).optional(),
  before: cursor.optional(),
  limit,
});
export const RunRow = z.object({
  id: z.string(),
  pair: z.string(),
  laneKey: z.string(),
  kind: z.string(),
  startedAt: instant,
  endedAt: instant,
  worker: z.string(),
  outcome: z.enum(RUN_OUTCOMES),
  reason: z.string(),
});
export type RunRow = z.output<typeof RunRow>;
export const RunPage = page(RunRow);
export const RunStep = z.object({
  at: instant,
  step: z.string(),
  text: z.string(),
  facts: z.record(z.string(), z.string()),
});
export type RunStep = z.output<typeof RunStep>;
/** One run with what it did, and every send of its lane since the run before it ended. */
export const RunAnswer = RunRow.extend({ steps: z.array(RunStep), attempts: z.array(AttemptRow) });
export type RunAnswer = z.output<typeof RunAnswer>;

export const WaitingQuery = z.strictObject({
  pair: pairId.optional(),
  /** Only what has waited for so many seconds or longer. */
  "min-age": z.coerce.number().int().min(0).optional().meta({ example: 86_400 }),
});
/** What stands in SL and waits for a person there; the run sees by itself what the person does. */
export const WaitingRow = z.object({
  pair: z.string(),
  laneKey: z.string(),
  intentKey: z.string(),
  object: z.string(),
  purpose: z.string(),
  kind: z.enum(["release", "apply", "cancel"]),
  screen: z.string(),
  batNbr: z.string(),
  /** How SL showed the batch or the order at the newest look, such as `on hold (H)`. */
  batchState: z.string(),
  what: z.string(),
  toDo: z.string(),
  since: instant,
  ageSeconds: z.number(),
  looks: z.number(),
  lookedAt: instant,
  nextLookAt: instant.nullable(),
});
export type WaitingRow = z.output<typeof WaitingRow>;
export const WaitingList = z.object({ rows: z.array(WaitingRow) });

export const UnappliedQuery = z.strictObject({ pair: pairId.optional() });
/** Money on a document in SL that nothing has taken, as SL had it at the newest look. */
export const UnappliedRow = z.object({
  pair: z.string(),
  laneKey: z.string(),
  intentKey: z.string(),
  /** The charge; of a credit memo the refund or credit note. */
  object: z.string(),
  customerId: z.string(),
  /** `PA` a payment, `CM` a credit memo. */
  type: z.string(),
  refNbr: z.string(),
  open: z.string(),
  currency: z.string(),
  since: instant,
  lookedAt: instant,
});
export type UnappliedRow = z.output<typeof UnappliedRow>;
export const UnappliedList = z.object({ rows: z.array(UnappliedRow) });
