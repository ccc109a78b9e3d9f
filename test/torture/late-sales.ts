import { pause } from "../../src/base/clock.ts";
import { placeLate } from "./orders.ts";
import type { RunPlan } from "./plan.ts";
import type { LateSale } from "./plan-summary.ts";
import type { Site } from "./site.ts";

/** A sale that comes in the moment of a release has so long to be collected before that. */
const COLLECTED_WITHIN_MS = 1_000;
const OF_DAY_SQL = "select count(*)::int as n from intent where pair = $1 and object like 'day:%'";
const BEGUN_SQL = `${OF_DAY_SQL} and purpose = 'summary'`;
const COLLECTED_SQL = "select count(*)::int as n from collected_document where pair = $1";

/** What is still sold of a day whose documents are begun: what is in them is fixed. */
export class LateSales {
  readonly #site: Site;
  readonly #plan: RunPlan | undefined;
  readonly #left: LateSale[];
  /** How many documents of days were begun when the last one was sold. */
  #begun = 0;

  constructor(site: Site, plan: RunPlan | undefined) {
    this.#site = site;
    this.#plan = plan;
    this.#left = [...(plan?.summedDays?.lateSales ?? [])];
  }

  /** Sells at rest, once a document more is begun. @returns whether it did */
  async act(): Promise<boolean> {
    if (this.#left.length === 0) return false;
    const begun = await this.#count(BEGUN_SQL);
    if (begun <= this.#begun) return false;
    this.#begun = begun;
    await this.#sell();
    return true;
  }

  /** A batch is about to be released: if it is a day's, somebody may buy in just that moment. */
  async notice(batNbr: string): Promise<void> {
    if (this.#left[0]?.isAtRelease !== true) return;
    const ofDay = await this.#count(`${OF_DAY_SQL} and bat_nbr = $2`, batNbr);
    const before = await this.#count(COLLECTED_SQL);
    // Another worker that has looked at the same time may have come first.
    if (ofDay === 0 || this.#left[0]?.isAtRelease !== true) return;
    await this.#sell();
    const endMs = performance.now() + COLLECTED_WITHIN_MS;
    while (performance.now() < endMs) {
      if ((await this.#count(COLLECTED_SQL)) > before) {
        this.#site.script.hit("collected as its day's documents are released");
        return;
      }
      await pause(5);
    }
  }

  async #sell(): Promise<void> {
    const next = this.#left.shift();
    if (next === undefined || this.#plan === undefined) return;
    const { order, isAtRelease } = next;
    this.#site.script.note(`a sale comes late${isAtRelease ? ", as its day is released" : ""}`);
    this.#site.script.hit("sold after its day's documents were begun");
    await placeLate(this.#site, order, this.#plan.people);
  }

  async #count(sql: string, ...more: readonly string[]): Promise<number> {
    const { pool, pair } = this.#site;
    const found = await pool.query<{ n: number }>(sql, [pair, ...more]);
    return found.rows[0]?.n ?? 0;
  }
}
