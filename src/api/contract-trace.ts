import { z } from "zod";
import { ActRow, OverrideRow } from "./contract-acts.ts";
import { EventRow } from "./contract-events.ts";
import { ParkedRow } from "./contract-parked.ts";
import { facts, instant } from "./contract-parts.ts";
import { EntryLine } from "./contract-preview.ts";
import { AttemptRow, RunRow, RunStep } from "./contract-runs.ts";

export const LinkRow = z.object({
  pair: z.string(),
  stripeId: z.string(),
  kind: z.string(),
  part: z.string(),
  slKey: z.string(),
  batNbr: z.string(),
});
export const OwnerRow = z.object({
  pair: z.string(),
  rowId: z.string(),
  part: z.string(),
  intentKey: z.string(),
});
export const ReceiptRow = z.object({
  pair: z.string(),
  slTable: z.string(),
  slKey: z.string(),
  intentKey: z.string(),
  createdAt: instant,
});

/** How long a person was waited for in SL, and how the batch stood at the newest look. */
export const TraceWait = z.object({
  since: instant,
  lookedAt: instant,
  looks: z.number(),
  batchState: z.string(),
  toDo: z.string(),
});

/** Something the hub meant to write, how far it came, and the entry that it makes in SL. */
export const TraceDocument = z.object({
  pair: z.string(),
  key: z.string(),
  laneKey: z.string(),
  object: z.string(),
  purpose: z.string(),
  part: z.string(),
  generation: z.number(),
  stage: z.string(),
  batNbr: z.string().nullable(),
  receipt: facts.nullable(),
  mappingVersion: z.number(),
  notes: z.array(z.string()),
  createdAt: instant,
  entries: z.array(EntryLine),
  attempts: z.array(AttemptRow),
  personWait: TraceWait.nullable(),
});
export type TraceDocument = z.output<typeof TraceDocument>;

export const STORY_KINDS = [
  "event",
  "run",
  "step",
  "intent",
  "attempt",
  "receipt",
  "parked",
  "person",
] as const;
/** One thing that happened, in words. */
export const StoryLine = z.object({
  at: instant,
  kind: z.enum(STORY_KINDS),
  pair: z.string(),
  laneKey: z.string(),
  text: z.string(),
  isTrouble: z.boolean(),
});
export type StoryLine = z.output<typeof StoryLine>;

export const LaneState = z.object({
  pair: z.string(),
  laneKey: z.string(),
  state: z.enum(["asleep", "waiting", "due", "owned"]),
  dueAt: instant.nullable(),
  waitsFor: z.string().nullable(),
  /** Why no lane of its pair is worked on, if so. */
  heldBack: z.string().nullable(),
});
export type LaneState = z.output<typeof LaneState>;

/** The whole story of an id, forward and back, ordered by time. */
export const Trace = z.object({
  id: z.string(),
  lanes: z.array(LaneState),
  story: z.array(StoryLine),
  events: z.array(EventRow),
  runs: z.array(RunRow.extend({ steps: z.array(RunStep) })),
  documents: z.array(TraceDocument),
  receipts: z.array(ReceiptRow),
  links: z.array(LinkRow),
  owners: z.array(OwnerRow),
  parked: z.array(ParkedRow),
  /** What people did on its lanes, oldest first. */
  acts: z.array(ActRow),
  /** What people have decided for its facts. */
  overrides: z.array(OverrideRow),
  /** True when a bound was reached and older parts were left out. */
  isCut: z.boolean(),
});
export type Trace = z.output<typeof Trace>;
export const TraceParams = z.strictObject({
  id: z
    .string()
    .trim()
    .regex(/^[\x21-\x7e]{1,100}$/, "must be an id of at most 100 characters without blanks")
    .meta({ example: "pi_3Pq" }),
});
/** With `exchanges`, each send has its request and answer: up to 16 KiB more for each. */
export const TraceQuery = z.strictObject({
  exchanges: z.enum(["true", "false"]).meta({ example: "true" }).optional(),
});
