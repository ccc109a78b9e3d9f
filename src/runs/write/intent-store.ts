import type { Pool } from "pg";
import type { Clock } from "../../base/clock.ts";
import { HubError } from "../../base/errors.ts";
import type { Exchange } from "../../base/exchange.ts";
import { type IntentIdentity, intentKey } from "../../base/ids.ts";
import { fingerprint, fromJson, toJson } from "../../base/json.ts";
import { type ClaimedLane, FENCE_CTE } from "../../lanes/index.ts";
import { Waiting, WaitingForNextRun } from "../waiting.ts";
import { type Answer, type Intent, isFrozen, isOver } from "./intent.ts";
import {
  beginningOf,
  type Move,
  movementOf,
  nextAttempts,
  ownedAfter,
  withUnsaved,
} from "./intent-move.ts";
import { intentOfRow } from "./intent-row.ts";
import {
  CLAIM_AGAIN_SQL,
  CLAIM_BACK_SQL,
  CLAIM_SQL,
  FOLLOW_CLOCK_SQL,
  INSERT_SQL,
  type IntentRow,
  KEEP_EXCHANGE_SQL,
  LOAD_SQL,
  REDRAFT_SQL,
} from "./intent-sql.ts";
import { asReceiptConflict, isAttemptTaken } from "./key-conflict.ts";

/** A draft for a key, with what is to be said about it. */
type Made<D> = Readonly<{ draft: D; notes: readonly string[] }>;

/**
 * The intents that one run works on. Every write carries the lane's fence: once another worker has
 * taken the lane over, each of them throws `lane.fenced` and changes nothing.
 */
export class IntentStore {
  readonly #pool: Pool;
  readonly #lane: ClaimedLane;
  readonly #clock: Clock;
  readonly #mappingVersion: number;
  readonly #onAttempt: (attempt: { pair: string; step: string; outcome: string }) => void;
  readonly #known = new Map<string, Intent>();
  /** What is planned and not saved yet, by key: values of `INSERT_SQL`. */
  readonly #unborn = new Map<string, readonly unknown[]>();

  constructor(options: {
    pool: Pool;
    lane: ClaimedLane;
    clock: Clock;
    mappingVersion: number;
    /** Called for each send that got its answer. */
    onAttempt?: (attempt: { pair: string; step: string; outcome: string }) => void;
  }) {
    this.#onAttempt = options.onAttempt ?? (() => {});
    this.#pool = options.pool;
    this.#lane = options.lane;
    this.#clock = options.clock;
    this.#mappingVersion = options.mappingVersion;
  }

  /**
   * Reads the newest generation of every intent of these Stripe objects, in one statement.
   *
   * @throws WaitingForNextRun where a rebuild has found one of them taken back, which the run did
   *   not know
   */
  async load(objects: readonly string[]): Promise<void> {
    const wanted = objects.filter((object) => ![...this.#known.keys()].some(isOf(object)));
    if (wanted.length === 0) return;
    const rows = await this.#pool.query<IntentRow>({
      name: "slipway_load_intents",
      text: LOAD_SQL,
      values: [this.#lane.pair, wanted],
    });
    await this.#followClock(rows.rows);
    await this.#claim(rows.rows);
    await this.#claimBack(rows.rows);
    for (const row of rows.rows) this.#remember(this.#fromRow(row));
  }

  /** Without it, what a rebuild took over would never be seen beside the rest of its sale. */
  async #claim(rows: readonly IntentRow[]): Promise<void> {
    const { pair, key, owner, attempt } = this.#lane;
    const unclaimed = rows.filter(
      (row) => row.draft_hash === "rebuilt" && row.lane_key === row.object && row.object !== key,
    );
    const objects = unclaimed.filter((row) => row.purpose !== "customer").map((row) => row.object);
    if (objects.length === 0) return;
    await this.#pool.query(CLAIM_SQL, [pair, key, owner, attempt, objects]);
  }

  async #claimBack(rows: readonly IntentRow[]): Promise<void> {
    const { pair, key, owner, attempt } = this.#lane;
    const back = rows.filter(({ stage, object }) => stage === "reversed" && object !== key);
    if (back.length === 0) return;
    const objects = back.map(({ object }) => object);
    const moved = await this.#pool.query(CLAIM_BACK_SQL, [pair, key, owner, attempt, objects]);
    if (moved.rowCount === 0) return;
    throw new WaitingForNextRun("what a rebuild has found to be taken back", 0);
  }

  /** Without it, an outcome would stay open for as long as the database's clock was set back. */
  async #followClock(rows: readonly IntentRow[]): Promise<void> {
    const ahead = rows.filter((row) =>
      row.attempts.some(({ ageMs, answerAgeMs }) => Math.min(ageMs, answerAgeMs ?? 0) < 0),
    );
    if (ahead.length === 0) return;
    const keys = ahead.map((row) => row.key);
    await this.#pool.query(FOLLOW_CLOCK_SQL, [this.#lane.pair, keys]);
  }

  /** The newest generation that `load` or this run has seen. */
  find(identity: Omit<IntentIdentity, "pair" | "generation">): Intent | undefined {
    return this.#known.get(slot(identity));
  }

  /** Reads every intent that this lane has begun, with all others of the same objects. */
  async loadLane(laneKey: string): Promise<void> {
    const { rows } = await this.#pool.query<{ object: string }>({
      name: "slipway_lane_objects",
      text: "select distinct object from intent where lane_key = $1 and pair = $2",
      values: [laneKey, this.#lane.pair],
    });
    await this.load(rows.map(({ object }) => object));
  }

  /** The objects that have an intent of this purpose, as far as they were loaded. */
  objectsOf(purpose: IntentIdentity["purpose"]): readonly string[] {
    const found = [...this.#known.values()].filter(({ identity }) => identity.purpose === purpose);
    return [...new Set(found.map(({ identity }) => identity.object))];
  }

  /** The newest generation of every part of an object's purpose, as far as it was loaded. */
  parts(object: string, purpose: IntentIdentity["purpose"]): readonly Intent[] {
    return [...this.#known.values()].filter(
      ({ identity }) => identity.object === object && identity.purpose === purpose,
    );
  }

  /** The key that `ensure` would work under for an identity, as things stand. */
  keyFor(identity: Omit<IntentIdentity, "pair" | "generation">): string {
    const known = this.find(identity);
    const last = known?.identity.generation ?? -1;
    const generation = known === undefined || isOver(known) ? last + 1 : last;
    return intentKey({ ...identity, pair: this.#lane.pair, generation });
  }

  /**
   * The intent to work on for `identity`, with `draft` saved before anything is sent.
   *
   * A saved draft that was never sent follows the new one. One that may stand in SL is frozen: it
   * is finished as it is. One that was sent and is known to be absent yields to a new generation.
   *
   * @param saved `"with its send"`: a new one is saved by its first move, in one statement with the
   *   attempt where that is a send. Where none comes it is saved by `flush`, or forgotten
   */
  async ensure<D, R>(
    identity: Omit<IntentIdentity, "pair" | "generation">,
    make: (key: string) => Made<D> | Promise<Made<D>>,
    saved: "at once" | "with its send" = "at once",
  ): Promise<Intent<D, R>> {
    const known = this.find(identity);
    if (known !== undefined && !isOver(known)) {
      if (isFrozen(known)) return known as Intent<D, R>;
      const { draft } = await make(known.key);
      if (known.draftHash === fingerprint(draft)) return known as Intent<D, R>;
      if (wasNeverSent(known)) return (await this.#redraft(known, draft)) as Intent<D, R>;
      await this.advance(known, { stage: "abandoned" });
    }
    const generation = known === undefined ? 0 : known.identity.generation + 1;
    const full = { ...identity, pair: this.#lane.pair, generation };
    const planned = this.#plan(full, await make(intentKey(full)));
    if (saved === "with its send") return planned as Intent<D, R>;
    return (await this.#save(planned)) as Intent<D, R>;
  }

  /**
   * Moves an intent on by an answer that is saved together with the next move. It spares a
   * statement; after a crash the attempt is found open, and settled by reading SL.
   */
  note<D, R>(intent: Intent<D, R>, move: Pick<Move, "stage" | "batNbr">, answer: Answer) {
    const atMs = this.#clock.monotonicMs();
    const noted: Intent<D, R> = {
      ...intent,
      stage: move.stage,
      batNbr: move.batNbr ?? intent.batNbr,
      unsaved: answer,
      attempts: nextAttempts(intent.attempts, { answer }, { nr: 0, atMs }),
    };
    this.#remember(noted as Intent);
    return noted;
  }

  /**
   * Saves what went out in a send without an answer, whose attempt stays open. It moves nothing, so
   * a lost fence is left for the next write to find.
   */
  async keepExchange(intent: Intent, nr: number, exchange: Exchange | undefined): Promise<void> {
    if (exchange === undefined) return;
    const { pair, key, owner, attempt } = this.#lane;
    const { request, answer } = exchange;
    const values = [pair, key, owner, attempt, intent.key, nr, request, answer ?? null];
    await this.#pool.query(KEEP_EXCHANGE_SQL, values);
  }

  /**
   * The claim of attempt `nr` counts from now.
   *
   * @throws HubError `run.frozen` where somebody else has the lane or has moved on from it
   */
  async claimAgain<D, R>(intent: Intent<D, R>, nr: number): Promise<Intent<D, R>> {
    const { pair, key, owner, attempt } = this.#lane;
    const sentAtMs = this.#clock.monotonicMs();
    const values = [pair, key, owner, attempt, intent.key, nr];
    const { rowCount } = await this.#pool.query(CLAIM_AGAIN_SQL, values);
    if (rowCount !== 1) {
      throw new HubError("run.frozen", "The process stood still between claim and send");
    }
    const attempts = intent.attempts.map((one) => (one.nr === nr ? { ...one, sentAtMs } : one));
    const claimed = { ...intent, attempts };
    this.#remember(claimed as Intent);
    return claimed;
  }

  /** Saves what `ensure` and `note` have kept back, for a run that ends here. */
  async flush(identity: Omit<IntentIdentity, "pair" | "generation">): Promise<void> {
    const intent = this.find(identity);
    if (intent !== undefined && this.#unborn.has(intent.key)) await this.#save(intent);
    if (intent?.unsaved === undefined) return;
    await this.advance(intent, { stage: intent.stage });
  }

  /**
   * Moves an intent on from the stage we know it in: the one place that changes intents.
   *
   * @throws HubError `lane.fenced` when another worker has the lane or has moved the intent
   */
  async advance<D, R>(intent: Intent<D, R>, change: Move): Promise<Intent<D, R>> {
    const move = withUnsaved(intent, change);
    const nr = (intent.attempts.at(-1)?.nr ?? 0) + 1;
    const atMs = this.#clock.monotonicMs();
    const result = await this.#pool
      .query<{ release_key: string | null }>(await this.#statementOf(intent, move, nr))
      .catch((cause: unknown) => {
        if (isAttemptTaken(cause)) return undefined;
        throw asReceiptConflict(cause, { key: intent.key, slKey: move.rows?.slKey });
      });
    const row = result?.rows[0];
    if (row === undefined) throw await this.#lost(intent.key);
    const moved: Intent<D, R> = {
      ...intent,
      stage: move.stage,
      savedStage: move.stage,
      unsaved: undefined,
      batNbr: move.batNbr ?? intent.batNbr,
      releaseKey: row.release_key ?? undefined,
      receipt: (move.receipt as R | undefined) ?? intent.receipt,
      owned: ownedAfter(intent, move),
      attempts: nextAttempts(intent.attempts, move, { nr, atMs }),
    };
    this.#remember(moved as Intent);
    const closed = moved.attempts.find((attempt) => attempt.nr === move.answer?.nr);
    const { step, outcome } = closed ?? {};
    if (step !== undefined && outcome !== undefined) {
      this.#onAttempt({ pair: this.#lane.pair, step, outcome });
    }
    return moved;
  }

  /** What saves a move; what is not saved yet is saved by it where it is its first send. */
  async #statementOf(intent: Intent, move: Move, nr: number) {
    const born = this.#unborn.get(intent.key);
    if (born !== undefined) {
      const beginning = beginningOf(born, intent, move);
      if (beginning !== undefined) {
        // Known again by what the database has, whatever becomes of the statement.
        this.#unborn.delete(intent.key);
        this.#known.delete(slot(intent.identity));
        return beginning;
      }
      await this.#save(intent);
    }
    return movementOf(this.#lane, intent, { move, nr });
  }

  /** An intent that is known to this run alone. */
  #plan(
    identity: IntentIdentity,
    { draft, notes }: Readonly<{ draft: unknown; notes: readonly string[] }>,
  ): Intent {
    const key = intentKey(identity);
    const { pair, key: laneKey, owner, attempt } = this.#lane;
    const { object, purpose, part, generation } = identity;
    const [json, draftHash] = [toJson(draft), fingerprint(draft)];
    const values = [pair, laneKey, owner, attempt, key, object, purpose, part, generation];
    const draftValues = [json, draftHash, this.#mappingVersion, JSON.stringify(notes)];
    this.#unborn.set(key, [...values, ...draftValues]);
    return this.#remember({
      ...{ identity, key, laneKey, draft: fromJson(json), draftHash },
      ...{ stage: "planned", savedStage: "planned", unsaved: undefined },
      ...{ batNbr: undefined, releaseKey: undefined, receipt: undefined },
      ...{ owned: [], attempts: [] },
    });
  }

  async #save({ identity, key }: Intent): Promise<Intent> {
    const { object } = identity;
    const result = await this.#pool.query<IntentRow>({
      name: "slipway_insert_intent",
      text: INSERT_SQL,
      values: [...(this.#unborn.get(key) ?? [])],
    });
    this.#unborn.delete(key);
    const row = result.rows[0];
    if (row !== undefined) return this.#remember(this.#fromRow(row));
    // Either the fence is lost, or another lane saved the same intent first (a shared customer).
    this.#known.delete(slot(identity));
    await this.load([object]);
    const existing = this.find(identity);
    if (existing !== undefined) return existing;
    throw await this.#lost(key);
  }

  /**
   * Saves another draft for an intent that SL has refused for its number: nothing of it stands in
   * SL, and its key and its empty batch go on.
   */
  async renumber<D, R>(intent: Intent<D, R>, draft: D): Promise<Intent<D, R>> {
    return (await this.#redraft(intent as Intent, draft, false)) as Intent<D, R>;
  }

  async #redraft(intent: Intent, draft: unknown, isAnew = true): Promise<Intent> {
    if (this.#unborn.has(intent.key)) await this.#save(intent);
    const { pair, key: laneKey, owner, attempt } = this.#lane;
    const values = [pair, laneKey, owner, attempt, intent.key, intent.savedStage];
    const draftValues = [toJson(draft), fingerprint(draft), this.#mappingVersion];
    const result = await this.#pool.query(REDRAFT_SQL, [...values, ...draftValues, isAnew]);
    if (result.rowCount !== 1) throw await this.#lost(intent.key);
    return this.#remember({
      ...intent,
      draft,
      draftHash: fingerprint(draft),
      ...(isAnew ? { stage: "planned", savedStage: "planned", batNbr: undefined } : {}),
    });
  }

  /** Why a write found nothing: another worker has the lane, or another lane moved the intent. */
  async #lost(key: string): Promise<Error> {
    const { pair, key: lane, owner, attempt } = this.#lane;
    const held = await this.#pool.query(`with ${FENCE_CTE} select 1 from fence`, [
      pair,
      lane,
      owner,
      attempt,
    ]);
    if (held.rowCount === 1) return new Waiting("another run that works on the same record", 250);
    return new HubError("lane.fenced", "Another worker has taken this lane over", {
      facts: { pair, lane, intent: key },
    });
  }

  #fromRow(row: IntentRow): Intent {
    return intentOfRow(row, { pair: this.#lane.pair, nowMs: this.#clock.monotonicMs() });
  }

  #remember(intent: Intent): Intent {
    this.#known.set(slot(intent.identity), intent);
    return intent;
  }
}

function slot(identity: Omit<IntentIdentity, "pair" | "generation">): string {
  return `${identity.object}\n${identity.purpose}\n${identity.part}`;
}

function isOf(object: string): (knownSlot: string) => boolean {
  return (knownSlot) => knownSlot.startsWith(`${object}\n`);
}

/** Nothing stands in SL under its key, and nothing can arrive there any more. */
function wasNeverSent(intent: Intent): boolean {
  const sent = new Set(intent.attempts.map(({ step }) => step));
  // A save may still show up under its key, so another draft gets another key.
  if (sent.has("fill") || sent.has("add")) return false;
  return intent.stage === "planned" || !sent.has("create");
}
