import { RunningSums } from "./running-sums.ts";
import { Sequences } from "./sequences.ts";

const NOTHING = new Sequences();

/** What every row has: its id, and the second it was made in. */
export type Row = { readonly id: string; readonly created: number };

/** What an index reads from a row; null and undefined are not indexed. */
export type IndexKey<R> = (row: R) => string | null | undefined;

/** What a row adds to the running sums: under which key, and from which second on. */
export type Addend<R> = (row: R) => { key: string; second: number; amount: number };

/** One written row: what stood before and what stands now; undefined = no row. */
export type Change<R> = { id: string; before: R | undefined; after: R | undefined };

/**
 * Rows of one kind by id, in the order they were first written, with an ordered bucket per value of
 * each index. Rows are never changed in place: `put` replaces them, so that a snapshot or an undo
 * needs only the references.
 */
export class Table<R extends Row> {
  readonly #rows = new Map<string, { row: R; sequence: number }>();
  readonly #idBySequence = new Map<number, string>();
  readonly #all = new Sequences();
  readonly #buckets: { keyOf: IndexKey<R>; byValue: Map<string, Sequences> }[] = [];
  readonly #bucketByIndex = new Map<string, Map<string, Sequences>>();
  readonly #addend: Addend<R> | undefined;
  /** The running sums of the rows, kept with every change. */
  readonly sums = new RunningSums();
  #lastSequence = 0;
  #newest = -Infinity;
  #disorder = 0;
  /** Called for each change; the store's undo log and journal hang here. */
  onChange: ((change: Change<R>) => void) | undefined;

  constructor(indexes: Record<string, IndexKey<R>> = {}, addend?: Addend<R>) {
    this.#addend = addend;
    for (const [name, keyOf] of Object.entries(indexes)) {
      const byValue = new Map<string, Sequences>();
      this.#buckets.push({ keyOf, byValue });
      this.#bucketByIndex.set(name, byValue);
    }
  }

  get size(): number {
    return this.#rows.size;
  }

  get(id: string): R | undefined {
    return this.#rows.get(id)?.row;
  }

  /** By how many seconds at most a row was made before one that was written earlier. */
  get disorder(): number {
    return this.#disorder;
  }

  put(row: R): R {
    const before = this.#rows.get(row.id);
    if (before?.row.created !== row.created) this.#note(row.created, before?.row.created);
    if (before !== undefined) this.#add(before.row, -1);
    this.#add(row, 1);
    const sequence = before?.sequence ?? ++this.#lastSequence;
    this.#rows.set(row.id, { row, sequence });
    if (before === undefined) {
      this.#idBySequence.set(sequence, row.id);
      this.#all.add(sequence);
    }
    for (const bucket of this.#buckets) {
      const was = before === undefined ? undefined : bucket.keyOf(before.row);
      moveBetween(bucket.byValue, was, bucket.keyOf(row), sequence);
    }
    this.onChange?.({ id: row.id, before: before?.row, after: row });
    return row;
  }

  delete(id: string): void {
    const before = this.#rows.get(id);
    if (before === undefined) return;
    this.#add(before.row, -1);
    this.#rows.delete(id);
    this.#idBySequence.delete(before.sequence);
    if (this.#rows.size === 0) {
      this.#newest = -Infinity;
      this.#disorder = 0;
    }
    this.#all.remove(before.sequence);
    for (const { keyOf, byValue } of this.#buckets) {
      moveBetween(byValue, keyOf(before.row), undefined, before.sequence);
    }
    this.onChange?.({ id, before: before.row, after: undefined });
  }

  /** Every row, oldest first. */
  *all(): IterableIterator<R> {
    yield* this.#walk(this.#all, 0, 1);
  }

  /** The rows of one index value, oldest first. */
  by(index: string, value: string): R[] {
    return [...this.#walk(this.#bucketOf(index, value), 0, 1)];
  }

  /** The oldest row of one index value. */
  oldestBy(index: string, value: string): R | undefined {
    for (const row of this.#walk(this.#bucketOf(index, value), 0, 1)) return row;
    return undefined;
  }

  /** The newest row of one index value. */
  newestBy(index: string, value: string): R | undefined {
    const order = this.#bucketOf(index, value);
    const sequence = order.at(order.length - 1);
    const id = sequence === undefined ? undefined : this.#idBySequence.get(sequence);
    return id === undefined ? undefined : this.get(id);
  }

  /**
   * Rows of one bucket (or of all) from the newest on, after the row `startingAfter`; with
   * `endingBefore` from that row towards the newest.
   */
  *page(options: {
    bucket?: { index: string; value: string };
    startingAfter?: string;
    endingBefore?: string;
  }): IterableIterator<R> {
    const { bucket, startingAfter, endingBefore } = options;
    const order = bucket === undefined ? this.#all : this.#bucketOf(bucket.index, bucket.value);
    if (endingBefore !== undefined) {
      const sequence = this.#rows.get(endingBefore)?.sequence ?? 0;
      yield* this.#walk(order, order.firstFrom(sequence + 1), 1);
      return;
    }
    const sequence = startingAfter === undefined ? undefined : this.#rows.get(startingAfter);
    const end = sequence === undefined ? order.length : order.firstFrom(sequence.sequence);
    yield* this.#walk(order, end - 1, -1);
  }

  /** Keeps how far the rows are out of order; one put off may come after any later one. */
  #note(created: number, was: number | undefined): void {
    const isPutOff = was !== undefined && created > was;
    this.#disorder = isPutOff ? Infinity : Math.max(this.#disorder, this.#newest - created);
    this.#newest = Math.max(this.#newest, created);
  }

  #add(row: R, sign: -1 | 1): void {
    if (this.#addend === undefined) return;
    const { key, second, amount } = this.#addend(row);
    this.sums.add(key, second, sign * amount);
  }

  #bucketOf(index: string, value: string): Sequences {
    const byValue = this.#bucketByIndex.get(index);
    if (byValue === undefined) throw new Error(`no index "${index}"`);
    return byValue.get(value) ?? NOTHING;
  }

  *#walk(order: Sequences, start: number, step: 1 | -1): IterableIterator<R> {
    for (let at = start; at >= 0 && at < order.length; at += step) {
      const sequence = order.at(at);
      const id = sequence === undefined ? undefined : this.#idBySequence.get(sequence);
      const row = id === undefined ? undefined : this.get(id);
      if (row !== undefined) yield row;
    }
  }
}

function moveBetween(
  byValue: Map<string, Sequences>,
  was: string | null | undefined,
  is: string | null | undefined,
  sequence: number,
): void {
  if (was === is) return;
  if (was !== null && was !== undefined) byValue.get(was)?.remove(sequence);
  if (is === null || is === undefined) return;
  const order = byValue.get(is) ?? new Sequences();
  byValue.set(is, order);
  order.add(sequence);
}
