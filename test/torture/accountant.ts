import type { ApiDeps } from "../../src/api/deps.ts";
import { resumeParked } from "../../src/api/parked-commands.ts";
import { toHubError } from "../../src/base/errors.ts";
import { pauseOf, resumePair } from "../../src/lanes/index.ts";
import { listPersonWaits } from "../../src/runs/index.ts";
import { type Row, textOf } from "../oracle/rows.ts";
import type { Site } from "./site.ts";

type ParkedRun = {
  id: bigint;
  lane_key: string;
  code: string;
  reason: string;
  facts: Readonly<Record<string, unknown>>;
  version: number;
};

type Looked = "acted" | "voided" | "open outcome";

/** Trouble that our own faults bring and that is over once a person says "go on". */
const OVER_BY_ITSELF = new Set([
  // A view that lags does not show an invoice that was entered a moment ago.
  "mapping.invoice_unknown",
  ...["erp.refused", "erp.busy", "erp.unavailable", "erp.batch_suspended"],
  ...["stripe.unavailable", "stripe.rate_limited", "stripe.refused"],
]);
/** Far more than one run can need; beyond it somebody goes round in circles. */
const RESUMES_MAX = 40;

/**
 * The person who looks after parked runs: the refusal is lifted, a batch with wrong or double
 * content is voided in its screen, and the run is resumed by the hub's own command.
 */
export class Accountant {
  readonly #site: Site;
  #resumes = 0;
  /** Runs that were parked for a return, and that somebody has looked at. */
  readonly #met = new Set<bigint>();

  constructor(site: Site) {
    this.#site = site;
  }

  /**
   * Looks after everything that is parked or paused. Returns what was done, with what to wait for:
   * SL's look-ups to show a batch as voided, or an outcome while which nobody may resume.
   *
   * @throws Error for trouble that no fault of a run explains
   */
  async look(): Promise<"nothing" | Looked> {
    const { pool, pair } = this.#site;
    const pause = await pauseOf(pool, pair);
    const wasPaused = pause !== undefined && (await resumePair(pool, pair, pause.code));
    const parked = await pool.query<ParkedRun>(
      "select * from parked where pair = $1 and state = 'open' order by id",
      [pair],
    );
    if (parked.rows.length === 0) return wasPaused ? "acted" : "nothing";
    const looked = new Set<Looked>();
    for (const run of parked.rows) looked.add(await this.#lookAfter(run));
    return looked.has("open outcome") ? "open outcome" : looked.has("voided") ? "voided" : "acted";
  }

  /**
   * Releases what the hub lists as waiting for it, as long as the batch holds one document, or none
   * where it applies one: that is what people are asked to look at.
   *
   * @returns whether there was any
   */
  async release(): Promise<boolean> {
    const { pool, pair, sl, script } = this.#site;
    let released = 0;
    for (const { batNbr, intentKey, purpose } of await listPersonWaits(pool, { pair })) {
      const [batch] = await sl<Row[]>(`/rows?table=Batch&Module=AR&BatNbr=${batNbr}`);
      const documents = await sl<Row[]>(`/rows?table=ARDoc&BatNbr=${batNbr}`);
      const wanted = purpose === "apply" ? 0 : 1;
      if (textOf(batch, "Status") !== "H" || documents.length !== wanted) continue;
      script.note(`the accountant releases batch ${batNbr} of ${intentKey}`);
      script.hit("released by an accountant");
      await sl(`/batches/AR/${batNbr}/release`, {});
      released += 1;
    }
    return released > 0;
  }

  async #lookAfter(run: ParkedRun): Promise<Looked> {
    const { script } = this.#site;
    const { code, reason, facts, lane_key: lane } = run;
    script.note(`parked ${lane}: ${code} ${reason}`);
    this.#resumes += 1;
    if (this.#resumes > RESUMES_MAX) throw new Error(`parked again and again: ${reason}`);
    if (code.startsWith("conflict.") && !script.mayDiffer([facts.key, facts.batNbr])) {
      throw new Error(`a conflict that no fault explains (${lane}): ${reason}`);
    }
    if (!(await this.#resume(run, true))) return "open outcome";
    if (code === "conflict.batch_content") {
      if (await this.#void(String(facts.batNbr))) return "voided";
    } else if (code === "conflict.order_twice") {
      await this.#site.warehouse.cancelTwin(String(facts.orders).split(", "));
      script.hit(`resumed after ${code}`);
      return (await this.#resume(run, false)) ? "voided" : "open outcome";
    } else if (code === "erp.order_return_open") {
      // SL's look-ups have to show the return to a person, and what they did to the run.
      const { returns } = this.#site.warehouse;
      const isNew = !this.#met.has(run.id);
      this.#met.add(run.id);
      if (isNew || (await returns.applyByHand(String(facts.orderNumber)))) return "voided";
    } else if (!OVER_BY_ITSELF.has(code)) {
      throw new Error(`parked for ${code} (${lane}): ${reason}`);
    }
    script.hit(`resumed after ${code}`);
    return (await this.#resume(run, false)) ? "acted" : "open outcome";
  }

  /**
   * Voids a batch as the hub asks for it. False when it is voided already.
   *
   * @throws Error for a batch that counts in the books: what differed was released all the same
   */
  async #void(batNbr: string): Promise<boolean> {
    const { sl, script } = this.#site;
    const module = await this.#moduleOf(batNbr);
    const [batch] = await sl<Row[]>(`/rows?table=Batch&Module=${module}&BatNbr=${batNbr}`);
    const state = textOf(batch, "Status");
    if (state === "V") return false;
    if (batch?.Rlsed === 1) throw new Error(`batch ${batNbr} was released although it differs`);
    script.note(`the accountant voids batch ${batNbr} (${state})`);
    await sl(`/batches/${module}/${batNbr}/void`, {});
    return true;
  }

  /** Journals count their batches apart from receivables. */
  async #moduleOf(batNbr: string): Promise<"AR" | "GL"> {
    const { pool, pair } = this.#site;
    const found = await pool.query(
      `select from intent where pair = $1 and bat_nbr = $2 and draft ->> 'kind' = 'journal'
         and stage <> 'done'`,
      [pair, batNbr],
    );
    return found.rowCount === 0 ? "AR" : "GL";
  }

  async #resume(run: ParkedRun, dryRun: boolean): Promise<boolean> {
    const { pool, settings } = this.#site;
    const parts: Pick<ApiDeps, "pool" | "outcomeHorizonMs"> = {
      pool,
      outcomeHorizonMs: () => settings.outcomeHorizon * 1000,
    };
    try {
      // The command uses nothing else of what the API is given.
      await resumeParked(parts as ApiDeps, String(run.id), {
        version: run.version,
        by: "the accountant",
        comment: undefined,
        dryRun,
      });
      return true;
    } catch (thrown) {
      const { code } = toHubError(thrown);
      if (code === "erp.outcome_open") return false;
      throw thrown;
    }
  }
}
