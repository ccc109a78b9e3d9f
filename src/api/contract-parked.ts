import { z } from "zod";
import { ERROR_CATEGORIES } from "../base/error-kinds.ts";
import { ActRow, OVERRIDE_FIELDS, OverrideRow } from "./contract-acts.ts";
import { EventRow } from "./contract-events.ts";
import {
  by,
  cursor,
  facts,
  instant,
  limit,
  PAGE_ROWS_MAX,
  page,
  pairId,
  person,
  word,
  words,
} from "./contract-parts.ts";
import { Preview } from "./contract-preview.ts";
import { AttemptRow } from "./contract-runs.ts";

export const PARKED_STATES = ["open", "resumed", "dismissed", "resolved"] as const;
export const ParkedQuery = z.strictObject({
  pair: pairId.optional(),
  state: z.enum(PARKED_STATES).meta({ example: "open" }).optional(),
  category: z.enum(ERROR_CATEGORIES).meta({ example: "mapping" }).optional(),
  code: word.meta({ example: "mapping.product_unmapped" }).optional(),
  lane: word.meta({ example: "pi_3Pq" }).optional(),
  assignee: person.meta({ example: "maria" }).optional(),
  /** `true`: only those that nobody looks after. */
  unassigned: z.literal("true").meta({ example: "true" }).optional(),
  /** Only those that were parked so long ago, or longer. */
  olderThan: z
    .string()
    .regex(/^[1-9]\d{0,4}[mhd]$/, "must be minutes, hours or days, such as 2h")
    .meta({ example: "2h" })
    .optional(),
  /** Only those with these words in reason, cure, lane or facts, whatever their letter case. */
  text: z.string().trim().min(1).max(100).meta({ example: "prod_Widget" }).optional(),
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
  /** Who looks after it. */
  assignee: z.string().nullable(),
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
  /** What people did to the case, oldest first. */
  history: z.array(ActRow),
  /** What people have decided for its fact. */
  overrides: z.array(OverrideRow),
});
export type ParkedAnswer = z.output<typeof ParkedAnswer>;

const version = z.int().min(1).meta({ example: "1" });
export const ResumeRequest = z.strictObject({
  version,
  comment: words.meta({ example: "item added to SL" }).optional(),
  by,
  dryRun: z.boolean().default(false),
});
export const DismissRequest = z.strictObject({
  version,
  reason: words.meta({ example: "booked by hand as IN 004711" }),
  by,
  dryRun: z.boolean().default(false),
});
/** What a command did, or with `dryRun` would do, in sentences. */
export const CommandAnswer = z.object({
  isDryRun: z.boolean(),
  effects: z.array(z.string()),
  parked: ParkedRow,
});
export type CommandAnswer = z.output<typeof CommandAnswer>;

/** `to` is null to let nobody look after it. */
export const AssignRequest = z.strictObject({
  version,
  to: person.nullable().meta({ example: "maria" }),
  by,
  dryRun: z.boolean().default(false),
});
export const CommentRequest = z.strictObject({
  version,
  comment: words.meta({ example: "asked the warehouse" }),
  by,
  dryRun: z.boolean().default(false),
});

/** One command for many cases, each with the version it was seen at. */
export const BulkRequest = z.strictObject({
  command: z.enum(["resume", "dismiss", "assign"]).meta({ example: "resume" }),
  rows: z
    .array(z.strictObject({ id: z.string().regex(/^[1-9]\d{0,17}$/), version }))
    .min(1)
    .max(PAGE_ROWS_MAX),
  /** Why: needed to dismiss, kept as the comment of a resume. */
  reason: words.meta({ example: "item added to SL" }).optional(),
  /** Whom to assign to; null for nobody. */
  to: person.nullable().meta({ example: "maria" }).optional(),
  by,
  dryRun: z.boolean().default(false),
});
/** What became of each case, in the order of the request; one that is refused stops no other. */
export const BulkAnswer = z.object({
  isDryRun: z.boolean(),
  results: z.array(
    z.object({
      id: z.string(),
      version: z.number(),
      effects: z.array(z.string()),
      refused: z.object({ code: z.string(), message: z.string(), cure: z.string() }).nullable(),
    }),
  ),
});
export type BulkAnswer = z.output<typeof BulkAnswer>;

/** What mapping is to take instead of its own rules, for the fact of this case alone. */
export const EditRequest = z.strictObject({
  version,
  changes: z
    .array(
      z.strictObject({
        field: z.enum(OVERRIDE_FIELDS),
        /** A line, price or product of `item`; the key of `metadata`; else empty. */
        target: z.string().max(255).default(""),
        /** Null takes the change back. */
        value: z.string().trim().min(1).max(500).nullable(),
      }),
    )
    .min(1)
    .max(50),
  reason: words.meta({ example: "the shop sent the old product" }),
  by,
  dryRun: z.boolean().default(false),
});
/** `preview` is what the run would book then; null where the change is saved unseen. */
export const EditAnswer = CommandAnswer.extend({ preview: Preview.nullable() });
export type EditAnswer = z.output<typeof EditAnswer>;
