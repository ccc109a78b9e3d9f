import { z } from "zod";
import { instant, pairId } from "./contract-parts.ts";
import { WalkRow } from "./contract-walks.ts";

// What travels between the hub and its CLI and console. Instants are ISO 8601 in UTC, amounts are
// decimal text, database numbers that may outgrow a double are text.

export {
  CapabilityRow,
  Check,
  ChecksAnswer,
  DoctorAnswer,
  DoctorRequest,
} from "./contract-doctor.ts";
export {
  RebuildAnswer,
  RebuildProgress,
  RebuildProgressQuery,
  RebuildRequest,
} from "./contract-rebuild.ts";
export { WalkRow };

/** Longest list that one answer holds; more is read with `before`. */
export const PAGE_ROWS_MAX = 200;
/** Rows of a list when the caller does not say. */
export const PAGE_ROWS_DEFAULT = 50;

/** The body of every answer that is not 2xx. */
export const ErrorAnswer = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    /** What a person does about it. */
    cure: z.string().optional(),
    requestId: z.string(),
    /** The setting, query parameter or body field that is wrong, with one that would do. */
    field: z.string().optional(),
    example: z.string().optional(),
  }),
});
export type ErrorAnswer = z.output<typeof ErrorAnswer>;

const cursor = z
  .string()
  .regex(/^[1-9]\d{0,17}$/, "must be the `next` of an earlier answer")
  .meta({ example: "1042" });
const limit = z.coerce
  .number()
  .int()
  .min(1)
  .max(PAGE_ROWS_MAX)
  .default(PAGE_ROWS_DEFAULT)
  .meta({ example: String(PAGE_ROWS_DEFAULT) });
const word = z
  .string()
  .regex(/^[A-Za-z0-9_.:@+-]{1,255}$/, "must be 1 to 255 letters, digits and _.:@+-");

/** A page of `rows`, newest first; `next` is the `before` of the page after it. */
function page<T extends z.ZodType>(row: T) {
  return z.object({ rows: z.array(row), next: z.string().nullable() });
}

export const EVENT_ENDS = ["open", "booked", "not_applicable", "parked"] as const;
export const EventsQuery = z.strictObject({
  pair: pairId.optional(),
  type: word.meta({ example: "charge.succeeded" }).optional(),
  end: z.enum(EVENT_ENDS).meta({ example: "parked" }).optional(),
  lane: word.meta({ example: "pi_3Pq" }).optional(),
  before: cursor.optional(),
  limit,
});
export const GapsQuery = z.strictObject({
  pair: pairId.optional(),
  before: cursor.optional(),
  limit,
});
/** A Stripe event as received, with its one end. */
export const EventRow = z.object({
  seq: z.string(),
  pair: z.string(),
  id: z.string(),
  type: z.string(),
  apiVersion: z.string().nullable(),
  isLive: z.boolean(),
  objectId: z.string().nullable(),
  laneKey: z.string().nullable(),
  createdAt: instant,
  receivedAt: instant,
  /** Delivered, pulled, or found missing by the check for gaps. */
  via: z.enum(["webhook", "pull", "gap"]),
  end: z.enum(EVENT_ENDS),
  endReason: z.string().nullable(),
  endedAt: instant.nullable(),
});
export type EventRow = z.output<typeof EventRow>;
export const EventPage = page(EventRow);
/** What was found missing, newest first, and how far was looked. */
export const GapsAnswer = EventPage.extend({ walks: z.array(WalkRow) });
export type GapsAnswer = z.output<typeof GapsAnswer>;
export const EventQuery = z.strictObject({ pair: pairId.optional() });
/** One event with its body as text, at most 256 KiB of it. */
export const EventAnswer = EventRow.extend({
  body: z.object({ text: z.string(), sizeBytes: z.number(), isCut: z.boolean() }),
});
export type EventAnswer = z.output<typeof EventAnswer>;

const facts = z.record(z.string(), z.unknown());
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
  /** What went out and came back, masked and cut; only where it was asked for. */
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

/** One line of an entry; exactly one of `debit` and `credit` is there, never negative. */
export const EntryLine = z.object({
  document: z.string(),
  account: z.string(),
  subaccount: z.string(),
  text: z.string().optional(),
  currency: z.string().optional(),
  debit: z.string().optional(),
  credit: z.string().optional(),
});
export type EntryLine = z.output<typeof EntryLine>;

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
  dryRun: z.boolean().default(false),
});
/** `value` is text, or any JSON value for lists and objects; null takes the setting away. */
export const PairSetRequest = z.strictObject({
  path: z
    .string()
    .regex(/^[A-Za-z0-9_.:-]{1,200}$/, "must be the setting's path, parts joined by dots")
    .meta({ example: "stripe.secret-key" }),
  value: z.json(),
  dryRun: z.boolean().default(false),
});
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
  parkedOpen: z.number(),
});
export type PairLanes = z.output<typeof PairLanes>;
export const LanesAnswer = z.object({ pairs: z.array(PairLanes) });
export const LanesQuery = z.strictObject({ pair: pairId.optional() });

const rowNumber = z.string().regex(/^[1-9]\d{0,17}$/, "must be a number, such as 12");
export const NumberedParams = z.strictObject({ id: rowNumber });
export const EventParams = z.strictObject({ id: word.meta({ example: "evt_1Pq" }) });
