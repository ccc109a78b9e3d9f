/**
 * What a program has started, to be stopped in the reverse order: what came later may still use
 * what came before.
 */
export class StartedParts {
  readonly #stops: (() => Promise<void>)[] = [];

  /** Notes how to stop a part, right after it was started. */
  add(stop: () => Promise<void>): void {
    this.#stops.push(stop);
  }

  /**
   * Stops every part, the last one first. One that does not stop keeps no other from it.
   *
   * @throws the first failure, after all were asked
   */
  async stopAll(): Promise<void> {
    const failures: unknown[] = [];
    for (const stop of this.#stops.splice(0).reverse()) {
      await stop().catch((thrown: unknown) => failures.push(thrown));
    }
    if (failures.length > 0) throw failures[0];
  }
}
