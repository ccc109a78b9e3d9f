/**
 * Thrown by a step that can only go on later: the run ends without a result and without burning a
 * try, and its lane is due again in `dueInMs`.
 */
export class Waiting extends Error {
  readonly dueInMs: number;
  /** What it waits for, in words for the operator. */
  readonly waitsFor: string;

  constructor(waitsFor: string, dueInMs: number) {
    super(waitsFor);
    this.name = "Waiting";
    this.waitsFor = waitsFor;
    this.dueInMs = Math.max(0, Math.ceil(dueInMs));
  }
}
