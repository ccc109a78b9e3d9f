import { z } from "zod";
import { EventRow } from "./contract-events.ts";
import { cursor, facts, instant, limit, page, pairId, word } from "./contract-parts.ts";
import { AttemptRow } from "./contract-runs.ts";

export const PARKED_STATES = ["open", "resumed", "dismissed", "resolved"] as const;
export const ParkedQuery = z.strictObject({
  pair: pairId.optional(),
  state: z.enum(PARKED_STATES).meta({ example: "open" }).optional(),
  category: word.meta({ example: "mapping" }).optional(),
  lane: word.meta({ example: "pi_3Pq" }).optional(),
  before: cursor.optional(),
  limit,
});
/** A run that waits for a person: what is wrong, and what to do about it. */
export const ParkedRow = z.object({
  id: z.string(),
  pair: z.string(),
  laneKey: z.string(),
  state: z.enum(PARKED_STATES),
  category: z.string(),
  code: z.string(),
  reason: z.string(),
  cure: z.string(),
  facts,
  version: z.number(),
  openedAt: instant,
  changedAt: instant,
  closedAt: instant.nullable(),
  closedBy: z.string().nullable(),
  comment: z.string().nullable(),
  /** The newest run that came to this trouble. */
  runId: z.string().nullable(),
  /** The case before it, where a person resumed that and no run came through since. */
  againAfter: z.object({ id: z.string(), by: z.string().nullable() }).nullable(),
});
export type ParkedRow = z.output<typeof ParkedRow>;
export const ParkedPage = page(ParkedRow);
/** What is begun in SL and not done: a batch that may stand there on hold. */
export const Unfinished = z.object({
  intentKey: z.string(),
  purpose: z.string(),
  object: z.string(),
  stage: z.string(),
  batNbr: z.string().nullable(),
});
export type Unfinished = z.output<typeof Unfinished>;
export const ParkedAnswer = ParkedRow.extend({
  events: z.array(EventRow),
  /** Sends whose outcome is open: while there is one, no command is taken. */
  openOutcomes: z.array(AttemptRow),
  unfinished: z.array(Unfinished),
});
export type ParkedAnswer = z.output<typeof ParkedAnswer>;

const version = z.int().min(1).meta({ example: "1" });
const words = z.string().trim().min(1).max(500);
const person = z.string().trim().min(1).max(80).default("the API").meta({ example: "maria" });
export const ResumeRequest = z.strictObject({
  version,
  comment: words.meta({ example: "item added to SL" }).optional(),
  by: person,
  dryRun: z.boolean().default(false),
});
export const DismissRequest = z.strictObject({
  version,
  reason: words.meta({ example: "booked by hand as IN 004711" }),
  by: person,
  dryRun: z.boolean().default(false),
});
/** What a command did, or with `dryRun` would do, in sentences. */
export const CommandAnswer = z.object({
  isDryRun: z.boolean(),
  effects: z.array(z.string()),
  parked: ParkedRow,
});
export type CommandAnswer = z.output<typeof CommandAnswer>;
