import type { ApiDeps } from "../../src/api/deps.ts";
import { resumeParked } from "../../src/api/parked-commands.ts";
import { toHubError } from "../../src/base/errors.ts";
import { resumePair } from "../../src/lanes/index.ts";
import { type Row, textOf } from "./admin.ts";
import type { Site } from "./site.ts";

type ParkedRun = {
  id: bigint;
  lane_key: string;
  code: string;
  reason: string;
  facts: Readonly<Record<string, unknown>>;
  version: number;
};

/** Trouble that our own faults bring and that is over once a person says "go on". */
const OVER_BY_ITSELF = new Set([
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

  constructor(site: Site) {
    this.#site = site;
  }

  /**
   * Looks after everything that is parked or paused. Returns what to wait for: nothing left,
   * resumed, or that the hub lets nobody resume while an outcome is open.
   *
   * @throws Error for trouble that no fault of a run explains
   */
  async look(): Promise<"nothing" | "acted" | "open outcome"> {
    const { pool, pair } = this.#site;
    const wasPaused = await resumePair(pool, pair);
    const parked = await pool.query<ParkedRun>(
      "select * from parked where pair = $1 and state = 'open' order by id",
      [pair],
    );
    if (parked.rows.length === 0) return wasPaused ? "acted" : "nothing";
    let isOpen = false;
    for (const run of parked.rows) isOpen = !(await this.#lookAfter(run)) || isOpen;
    return isOpen ? "open outcome" : "acted";
  }

  async #lookAfter(run: ParkedRun): Promise<boolean> {
    const { script } = this.#site;
    script.note(`parked ${run.lane_key}: ${run.code} ${run.reason}`);
    this.#resumes += 1;
    if (this.#resumes > RESUMES_MAX) throw new Error(`parked again and again: ${run.reason}`);
    if (run.code.startsWith("conflict.") && !script.mayLeaveConflict) {
      throw new Error(`a conflict that no fault explains (${run.lane_key}): ${run.reason}`);
    }
    if (!(await this.#resume(run, true))) return false;
    if (run.code === "conflict.batch_content") await this.#void(String(run.facts.batNbr));
    else if (!OVER_BY_ITSELF.has(run.code)) {
      throw new Error(`parked for ${run.code} (${run.lane_key}): ${run.reason}`);
    }
    script.hit(`resumed after ${run.code}`);
    return this.#resume(run, false);
  }

  /** Only a batch that has no effect on the books can be voided. */
  async #void(batNbr: string): Promise<void> {
    const { sl, script } = this.#site;
    const [batch] = await sl<Row[]>(`/rows?table=Batch&Module=AR&BatNbr=${batNbr}`);
    const state = textOf(batch, "Status");
    script.note(`the accountant voids batch ${batNbr} (${state})`);
    if (state === "V") return;
    await sl(`/batches/AR/${batNbr}/void`, {});
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
