import {
  CELL_OF,
  type Cell,
  type Fault,
  type ReadFault,
  type StatementFault,
  type WriteFault,
  type WriteMode,
  type WriteStep,
} from "./faults.ts";
import { SPOILS } from "./hands.ts";

/** Hits by `step|cell`, and hits of everything else by name. */
export type Hits = Readonly<{ cells: Map<string, number>; others: Map<string, number> }>;

const CLAIM_MODES: ReadonlySet<WriteMode> = new Set(["kill-claimed", "freeze-claimed"]);
/** What the database calls the steps. */
const DATABASE_STEP = /\.(create|reserve|fill|release|place|lift|write)$/;

/** The faults of one run: counts what the workers do and says where something goes wrong. */
export class Script {
  readonly #left: Fault[];
  readonly #seen = new Map<string, number>();
  /** What befalls the next call of a step for one document. */
  readonly #next = new Map<string, WriteFault>();
  readonly #startedMs = performance.now();
  readonly hits: Hits = { cells: new Map(), others: new Map() };
  /** What happened, in order, for whoever has to understand a difference. */
  readonly trace: string[] = [];
  readonly #struckSteps = new Set<WriteStep>();
  /** Keys and batches whose content something in this run may have made wrong or double. */
  readonly #spoilt = new Set<string>();
  /** What was seen to be wrong while the run went on: each is a difference. */
  readonly fouls: string[] = [];
  /** What goes on whatever becomes of the worker that began it. */
  readonly background = new Set<Promise<unknown>>();

  /**
   * Whether a fault of this run may let a sale reach the hub long after others: not one of a write,
   * since a day's own come after its sales.
   */
  readonly mayHoldUp: boolean;

  constructor(faults: readonly Fault[]) {
    this.#left = [...faults];
    this.mayHoldUp = faults.some(({ kind }) => kind !== "write");
  }

  note(text: string): void {
    const atMs = Math.round(performance.now() - this.#startedMs);
    this.trace.push(`${String(atMs).padStart(6)} ms  ${text}`);
  }

  /**
   * The fault of this call of a write step; each call counts as one.
   *
   * @param mark what tells this document's calls from those of others
   */
  nextWrite(step: WriteStep, mark: string): WriteFault | undefined {
    const nth = this.#count(step);
    const place = `${step} ${mark}`;
    const fault =
      this.#next.get(place) ??
      this.#take(
        (one): one is WriteFault =>
          one.kind === "write" &&
          one.step === step &&
          one.nth === nth &&
          !CLAIM_MODES.has(one.mode),
      );
    if (fault?.next === undefined) this.#next.delete(place);
    else this.#next.set(place, fault.next);
    this.note(`${step} #${nth} of ${mark}${fault === undefined ? "" : ` ${fault.mode}`}`);
    return fault;
  }

  /** The fault of the moment in which an attempt of a step is saved, before anything is sent. */
  nextClaim(databaseStep: string): WriteFault | undefined {
    const nth = this.#count(`claim ${databaseStep}`);
    return this.#take(
      (one): one is WriteFault =>
        one.kind === "write" &&
        CLAIM_MODES.has(one.mode) &&
        DATABASE_STEP.exec(one.step)?.[1] === databaseStep &&
        one.nth === nth,
    );
  }

  /** How many calls of a write step there were. */
  seen(step: WriteStep): number {
    return this.#seen.get(step) ?? 0;
  }

  nextStatement(): StatementFault | undefined {
    const nth = this.#count("statement");
    return this.#take((one): one is StatementFault => one.kind === "statement" && one.nth === nth);
  }

  nextRead(read: ReadFault["read"]): ReadFault | undefined {
    const nth = this.#count(`read ${read}`);
    return this.#take(
      (one): one is ReadFault => one.kind === "read" && one.read === read && one.nth === nth,
    );
  }

  /** Counts a write fault that has really struck the call of `mark`. */
  struck(step: WriteStep, mark: string, fault: Pick<WriteFault, "mode" | "afterMs">): void {
    const { mode, afterMs } = fault;
    this.#struckSteps.add(step);
    const cell: Cell | undefined = CELL_OF[mode];
    if (cell !== undefined) add(this.hits.cells, `${step}|${cell}`);
    if (mode === "late" && step !== "writeback.write") {
      this.hit(afterMs > LATE_BORDER_MS ? "late commit beyond the horizon" : "late commit within");
    }
    if (cell === undefined || mode === "kill-claimed") this.hit(mode);
    const isLate = (mode === "late" || mode === "kill-during") && afterMs > LATE_BORDER_MS;
    const isSpoilt = isLate || mode === "half-save";
    if (isSpoilt || SPOILS.has(mode)) this.#spoilt.add(mark);
  }

  /**
   * This document may not be what it should be, and no guard could see to it: a call for it takes
   * effect after the horizon, or it was begun by a hub that has lost its memory.
   */
  spoil(mark: string): void {
    this.#spoilt.add(mark);
  }

  /** Whether any call of a step met a fault in this run. */
  hasStruck(step: WriteStep): boolean {
    return this.#struckSteps.has(step);
  }

  /**
   * Whether something was done to this document that may leave a batch with wrong or double content
   * on hold. Without it, a conflict is a difference.
   */
  mayDiffer(marks: readonly unknown[]): boolean {
    return marks.some((mark) => this.#spoilt.has(String(mark)));
  }

  /** Whether anything was done in this run that may leave an unreleased document. */
  get mayLeaveHeld(): boolean {
    return this.#spoilt.size > 0;
  }

  hit(name: string): void {
    add(this.hits.others, name);
  }

  /** Notes that something goes on: the world is not at rest before its end. */
  track<T>(going: Promise<T>): Promise<T> {
    const ended = going.then(
      () => undefined,
      () => undefined,
    );
    this.background.add(ended);
    void ended.finally(() => this.background.delete(ended));
    return going;
  }

  #count(name: string): number {
    const nth = (this.#seen.get(name) ?? 0) + 1;
    this.#seen.set(name, nth);
    return nth;
  }

  #take<F extends Fault>(isIt: (fault: Fault) => fault is F): F | undefined {
    const at = this.#left.findIndex(isIt);
    if (at === -1) return undefined;
    const [fault] = this.#left.splice(at, 1);
    return fault as F;
  }
}

const LATE_BORDER_MS = 330_000;

/** Adds to a counter. */
export function add(counts: Map<string, number>, name: string, by = 1): void {
  counts.set(name, (counts.get(name) ?? 0) + by);
}
