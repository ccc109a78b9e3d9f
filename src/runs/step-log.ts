import type { Clock } from "../base/clock.ts";

/** What a run did, for people: one line a step, with the numbers it is about. */
export type Step = Readonly<{
  at: string;
  step: string;
  text: string;
  facts: Readonly<Record<string, string>>;
}>;

/** The step of a run that goes on where another process was; its fact `from` is that process. */
export const TAKEN_OVER = "taken over";

/** Collects the steps of one run; saved with its end. */
export class StepLog {
  readonly #clock: Clock;
  readonly #steps: Step[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(step: string, text: string, facts: Readonly<Record<string, string>> = {}): void {
    this.#steps.push({ at: this.#clock.now().toISOString(), step, text, facts });
  }

  toJson(): string {
    return JSON.stringify(this.#steps);
  }
}
