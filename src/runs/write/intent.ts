import type { Exchange } from "../../base/exchange.ts";
import type { IntentIdentity } from "../../base/ids.ts";

/** How far an intent has come; see the state diagram in docs/architecture.md. */
export type Stage =
  | "planned"
  | "collected"
  | "reserving"
  | "reserved"
  | "adding"
  | "filling"
  | "filled"
  | "releasing"
  | "done"
  | "abandoned"
  | "reversed";

export type SendStep =
  | "reserve"
  | "fill"
  | "add"
  | "release"
  | "create"
  | "write"
  | "place"
  | "lift"
  | "hold";

/** One send. Without an answer it is an open outcome: it may have taken effect, or may still. */
export type Attempt = Readonly<{
  nr: number;
  step: SendStep;
  isAnswered: boolean;
  /** `ok`, an error code, or undefined while open. */
  outcome: string | undefined;
  /** On this process's monotonic clock, derived from the age that the database reported. */
  sentAtMs: number;
  /** The same of its answer; undefined while open. */
  answeredAtMs: number | undefined;
}>;

/** How an attempt ended. */
export type Answer = Readonly<{
  nr: number;
  outcome: string;
  facts?: object;
  /** What went out and came back, for people to read. */
  exchange?: Exchange;
}>;

/** What we hold for a write that is done: SL's numbers. */
export type DocumentReceipt = Readonly<{
  type: string;
  customerId: string;
  refNbr: string;
  batNbr: string;
  period: string;
  documentDate: string;
}>;

/** Something the hub means to write outside, saved before the first send. */
export type Intent<D = unknown, R = unknown> = Readonly<{
  identity: IntentIdentity;
  key: string;
  laneKey: string;
  draft: D;
  draftHash: string;
  stage: Stage;
  /** The stage in the database, which an answer that is not saved yet has moved on from. */
  savedStage: Stage;
  /** Good news that is saved with the next move. */
  unsaved: Answer | undefined;
  batNbr: string | undefined;
  releaseKey: string | undefined;
  receipt: R | undefined;
  /** Balance rows that it owns, as far as known: of payments, payouts, memos on clearing. */
  owned: readonly string[];
  attempts: readonly Attempt[];
}>;

/**
 * Whether a new generation takes its place: its batch was voided, or what it had booked was taken
 * back by another document.
 */
export function isOver({ stage }: Pick<Intent, "stage">): boolean {
  return stage === "abandoned" || stage === "reversed";
}

/**
 * True while something of it stands in SL, or may, and of a share from when it is collected: only
 * that very draft can be finished.
 */
export function isFrozen(intent: Intent): boolean {
  return ["collected", "adding", "filling", "filled", "releasing", "done"].includes(intent.stage);
}

/** The newest attempt of a step, or undefined where none was made. */
export function newestAttempt(intent: Intent, step: SendStep): Attempt | undefined {
  return intent.attempts.findLast((attempt) => attempt.step === step);
}

/** The newest send that saves the document: a fill, or the single ADD. */
export function newestSave(intent: Intent): Attempt | undefined {
  return intent.attempts.findLast(isSave);
}

/** True for a send that saves the document, whatever became of it. */
export function isSave({ step }: Attempt): boolean {
  return step === "fill" || step === "add";
}
