import type { Held } from "./held.ts";

/**
 * Thrown by a step that can only go on later: the run ends without a result and without burning a
 * try, and its lane is due again in `dueInMs`.
 */
export class Waiting extends Error {
  readonly dueInMs: number;
  /** What it waits for, in words for the operator. */
  readonly waitsFor: string;
  /** Set where a rule or a word holds it back: then it is listed. */
  readonly held: Held | undefined;

  constructor(waitsFor: string, dueInMs: number, held?: Held) {
    super(waitsFor);
    this.name = "Waiting";
    this.waitsFor = waitsFor;
    this.held = held;
    this.dueInMs = Math.max(0, Math.ceil(dueInMs));
  }
}

/** Waits for the next run, which begins with what came to light: this one books nothing more. */
export class WaitingForNextRun extends Waiting {}

/** Waits for a person to apply in SL what stands there: the documents themselves are booked. */
export class WaitingForApplication extends Waiting {}
