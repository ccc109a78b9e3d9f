/** Below this a list is not worth copying for what was taken off its front. */
const SLACK = 1024;
/** In the first part of so many, what stands before is moved up; else what comes after is moved. */
const NEAR_FRONT = 16;

/**
 * Numbers in ascending order. The newest is added and the oldest taken off at no cost that grows
 * with the list, since that is how rows come into a bucket and leave it.
 */
export class Sequences {
  #numbers: number[] = [];
  #head = 0;

  get length(): number {
    return this.#numbers.length - this.#head;
  }

  at(index: number): number | undefined {
    return index < 0 ? undefined : this.#numbers[this.#head + index];
  }

  add(sequence: number): void {
    const last = this.#numbers.at(-1);
    if (this.length === 0 || last === undefined || last < sequence) this.#numbers.push(sequence);
    else this.#numbers.splice(this.#head + this.firstFrom(sequence), 0, sequence);
  }

  remove(sequence: number): void {
    const at = this.firstFrom(sequence);
    if (this.at(at) !== sequence) return;
    if (at > this.length / NEAR_FRONT) {
      this.#numbers.splice(this.#head + at, 1);
      return;
    }
    for (let index = this.#head + at; index > this.#head; index -= 1) {
      this.#numbers[index] = this.#numbers[index - 1] ?? 0;
    }
    this.#head += 1;
    if (this.#head < SLACK || this.#head * 2 < this.#numbers.length) return;
    this.#numbers = this.#numbers.slice(this.#head);
    this.#head = 0;
  }

  /** The first index whose number is at least `sequence`. */
  firstFrom(sequence: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.at(middle) ?? 0) < sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
