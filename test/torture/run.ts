import { LANE_CHANNEL, wakeLanes } from "../../src/lanes/index.ts";
import { Accountant } from "./accountant.ts";
import { planAftermath } from "./aftermath.ts";
import { judgeAftermath } from "./aftermath-oracle.ts";
import { BOOKED_TABLES } from "./hub-tables.ts";
import { LateSales } from "./late-sales.ts";
import { loseHub } from "./lost-hub.ts";
import { judgeNamed, placeNamedOrders } from "./named.ts";
import type { Findings } from "./oracle.ts";
import { judge } from "./oracle.ts";
import { judgeOrders } from "./order-oracle.ts";
import { DAY_MS, type Later, placeOrders } from "./orders.ts";
import type { RunPlan } from "./plan.ts";
import { pullOnce } from "./pull.ts";
import { untilRest, type WorkState } from "./rest.ts";
import { type Hits, Script } from "./script.ts";
import type { Site } from "./site.ts";
import { judgeSummary } from "./summary-oracle.ts";
import { assertNoTrespass, clearTrespass } from "./trespass.ts";
import { Warehouse } from "./warehouse.ts";

/** What came of a run. */
export type RunResult = Readonly<{
  seed: number;
  /** What differs from what SL and Stripe must hold; empty when all is well. */
  differences: readonly string[];
  orphans: Findings["orphans"];
  hits: Hits;
  documents: number;
  /** What happened, for a run with differences. */
  trace: readonly string[];
  ms: number;
}>;

const RUN_MS_MAX = 100_000;
const RESTS_MAX = 400;
/** Repeated short waits are stretched, or a killed worker's lock would cost a hundred looks. */
const JUMP_MS_MIN = 250;
const JUMP_MS_STEP_MAX = 5_000;
/** How long the accountant leaves a run alone whose outcome is open. */
const OPEN_OUTCOME_MS = 60_000;
/** SL's look-ups show by then what was done before. */
const LAG_MS_MAX = 2_500;
/** Where nothing else falls due for so long, people in SL come first. */
const SLOW_MS = 30 * 60_000;
/** Further off than this only the daily look at the money of a closed order is due. */
const IDLE_MS = 5 * 60 * 60_000;
/** Whatever was sent in a run has taken effect by then. */
const AFTERMATH_MS = 20 * 60_000;

/** Runs one plan on the site and asks the oracle. */
export async function runPlan(site: Site, plan: RunPlan): Promise<RunResult> {
  const startedMs = performance.now();
  const script = new Script(plan.faults);
  let findings: Findings = { differences: [], orphans: { documents: 0, batches: 0 }, documents: 0 };
  try {
    await prepare(site, plan, script);
    await new Run(site, plan, startedMs + RUN_MS_MAX).play();
    findings = await JUDGES[plan.mode](site);
    if (plan.mode === "sales-order") {
      findings = { ...findings, differences: [...findings.differences, ...script.fouls] };
    }
    const { documents: left } = findings.orphans;
    if (left > 0 && !script.mayLeaveHeld) {
      const words = `${left} unreleased documents that no fault explains`;
      findings = { ...findings, differences: [...findings.differences, words] };
    }
  } catch (thrown) {
    const words = thrown instanceof Error ? `${thrown.message}${causeOf(thrown)}` : String(thrown);
    findings = { ...findings, differences: [words] };
    // Nobody of this run may reach into the next one.
    for (const worker of site.wanted) worker.life.kill();
  }
  const { differences, orphans, documents } = findings;
  const isBad = differences.length > 0;
  return {
    seed: plan.seed,
    differences,
    orphans,
    documents,
    hits: script.hits,
    trace: isBad ? [...script.trace] : [],
    ms: performance.now() - startedMs,
  };
}

const JUDGES = {
  invoice: judge,
  "existing-invoice": judgeNamed,
  "sales-order": judgeOrders,
  aftermath: judgeAftermath,
  summary: judgeSummary,
};

function causeOf(error: Error): string {
  return error.cause === undefined ? "" : ` (${String(error.cause)})`;
}

/** Sales that are summed up are of yesterday, or of the day before and of yesterday. */
function daysOf({ summedDays }: RunPlan): number {
  if (summedDays === undefined) return 0;
  return summedDays.nextDayFrom === undefined ? 1 : 2;
}

async function prepare(site: Site, plan: RunPlan, script: Script): Promise<void> {
  await site.reset(DAY_MS * daysOf(plan));
  await clearTrespass(site.pool);
  site.script = script;
  await site.useReal(plan.isReal);
  site.workersWanted = plan.workers;
  site.mode = plan.mode;
  site.rules = plan.rules;
  site.releasedBy = plan.isReleasedByPerson ? "person" : "hub";
  site.orderMoney = plan.orderMoney;
  site.releasesOrders = plan.releasesOrders;
  site.hasReturns = plan.hasReturns;
  site.warehouse = new Warehouse(site, plan.seed);
  site.lateSales = new LateSales(site, plan);
  await site.sl("/switches", {
    viewLagMs: plan.viewLagMs,
    batchLagMs: plan.batchLagMs,
    orderInvoiceLagMs: plan.orderInvoiceLagMs,
    orderInvoicesReleased: !plan.releasesOrders,
  });
  await site.stripeAdmin("/webhooks", {
    pause: plan.holdsWebhooks,
    doubleProbability: plan.doubleProbability,
    shuffleBuffer: plan.shuffleBuffer,
    shuffleFlushMs: 5,
    seed: plan.seed,
    firstRetryMs: 10,
    retryFactor: 1.3,
    retriesMax: 60,
    timeoutMs: 3_000,
  });
  if (plan.intake === "pull") await site.endWebhooks();
  await site.pool.query(
    "insert into lineage (pair, checked_at, is_green, reason) values ($1, now(), $2, '')",
    [site.pair, plan.isLineageGreen],
  );
  await site.startMissing();
}

/** One run from its orders to the end, rest by rest. */
class Run {
  readonly #site: Site;
  readonly #plan: RunPlan;
  readonly #endMs: number;
  readonly #accountant: Accountant;
  #later: Later[] = [];
  #jumpMs = JUMP_MS_MIN;
  #rests = 0;
  /** Whether everything that happened so far is listed by Stripe. */
  #isListed = false;
  /** How many events Stripe had made when it last listed none that the hub does not have. */
  #eventsPulled = -1;

  constructor(site: Site, plan: RunPlan, endMs: number) {
    this.#site = site;
    this.#plan = plan;
    this.#endMs = endMs;
    this.#accountant = new Accountant(site);
  }

  async play(): Promise<void> {
    const { stripeAdmin } = this.#site;
    const place = this.#plan.mode === "existing-invoice" ? placeNamedOrders : placeOrders;
    this.#later = await place(this.#site, this.#plan);
    if (this.#plan.mode === "aftermath") this.#later.push(...planAftermath(this.#site, this.#plan));
    const { losesAt } = this.#plan;
    if (losesAt !== undefined) {
      const at = Math.round(losesAt * this.#later.length);
      this.#later.splice(at, 0, () => this.#lose());
    }
    if (this.#plan.holdsWebhooks) await stripeAdmin("/webhooks", { pause: false });
    await this.#toTheEnd();
    if (this.#plan.forgets) await this.#forget();
    if (this.#plan.replaysAll || this.#plan.forgets) await this.#replay();
    await this.#jump(AFTERMATH_MS);
    await this.#toTheEnd();
    await this.#assertEnded();
    await this.#assertOneAtATime();
    await assertNoTrespass(this.#site.pool);
    this.#assertReleasedBy();
  }

  /** Where an accountant releases, the hub never does. */
  #assertReleasedBy(): void {
    const { script } = this.#site;
    const steps = ["invoice.release", "payment.release", "apply.release"] as const;
    const released = steps.reduce((sum, step) => sum + script.seen(step), 0);
    if (!this.#plan.isReleasedByPerson || released === 0) return;
    throw new Error(`the hub has released ${released} batches that are an accountant's`);
  }

  async #toTheEnd(): Promise<void> {
    for (;;) {
      const state = await untilRest(this.#site, this.#endMs);
      await this.#assertBookedIsBooked();
      if (!(await this.#act(state))) return;
      this.#rests += 1;
      if (this.#rests > RESTS_MAX) throw new Error(`not at its end after ${RESTS_MAX} rests`);
    }
  }

  /** Does the next thing that only happens once the world is at rest. False when none is left. */
  async #act(state: WorkState): Promise<boolean> {
    const site = this.#site;
    if (await this.#pull()) return true;
    if (await this.#readRows()) return true;
    const next = this.#later.shift();
    if (next !== undefined) {
      await next();
      this.#isListed = false;
      return true;
    }
    if (await site.lateSales.act()) return true;
    const mayStart = this.#plan.restartsAtOnce || site.atWork.length === 0;
    if (mayStart && (await site.startMissing()) > 0) return true;
    const thawed = site.wanted.filter(({ life }) => life.rest());
    for (const { life } of thawed) site.script.note(`${life.name} thaws`);
    if (thawed.length > 0) return this.#ring();
    if (this.#plan.isReleasedByPerson && (await this.#accountant.release())) return true;
    const isOrders = this.#plan.mode === "sales-order";
    // Looks become rare with time: nobody lets an order lie until they are a day apart.
    const isSlow = state.nextInMs === undefined || state.nextInMs > SLOW_MS;
    if (isOrders && (await site.warehouse.act(isSlow))) return true;
    if (await this.#goOn(state)) return true;
    const frozen = site.wanted.filter(({ life }) => life.isFrozen);
    for (const { life } of frozen) life.thaw();
    if (frozen.length > 0) return this.#ring();
    const looked = await this.#accountant.look();
    if (looked === "open outcome") await this.#jump(OPEN_OUTCOME_MS);
    if (looked === "voided") await this.#jump(LAG_MS_MAX);
    return looked !== "nothing";
  }

  /** Lets time pass until the next thing falls due, unless that is only a look at what is over. */
  async #goOn({ nextInMs }: WorkState): Promise<boolean> {
    if (nextInMs === undefined || nextInMs > IDLE_MS) return false;
    if (this.#site.atWork.length === 0) return false;
    await this.#jump(Math.max(nextInMs + 1, this.#jumpMs));
    this.#jumpMs = Math.min(this.#jumpMs * 1.5, JUMP_MS_STEP_MAX);
    return true;
  }

  /** Asks Stripe for events until it shows none that the hub does not have. */
  async #pull(): Promise<boolean> {
    const site = this.#site;
    const { intake, listedLateMs } = this.#plan;
    if (intake === "webhook" || site.atWork.length === 0) return false;
    const { events } = await site.stripeAdmin<{ events: number }>("/webhooks");
    if (events === this.#eventsPulled) return false;
    const { stored, isWhole } = await pullOnce(site, "pull");
    if (stored > 0) {
      site.script.hit("events were pulled");
      this.#isListed = false;
      return true;
    }
    if (this.#isListed) {
      // A round that a kill cut short may have missed some.
      if (isWhole) this.#eventsPulled = events;
      return false;
    }
    // What was created late is listed by now, behind what was asked for before.
    await site.stripeAdmin("/clock", { advanceMs: listedLateMs });
    this.#isListed = true;
    return true;
  }

  /** Reads Stripe's balance rows where there are new ones: journals are made of them. */
  async #readRows(): Promise<boolean> {
    const site = this.#site;
    if (!site.hasNewRows || site.atWork.length === 0) return false;
    const { stored, isWhole } = await pullOnce(site, "rows");
    if (stored > 0) site.script.hit("balance rows were read");
    // A round that a kill cut short may have read only some, and objects whose rows have just been
    // read are left to their events until the next one.
    if (isWhole && stored === 0) site.hasNewRows = false;
    return true;
  }

  /** Workers that have just thawed look for work at once instead of within a second. */
  async #ring(): Promise<true> {
    const { pool, pair } = this.#site;
    await pool.query("select pg_notify($1, $2)", [LANE_CHANNEL, pair]);
    return true;
  }

  async #jump(byMs: number): Promise<void> {
    const site = this.#site;
    site.script.note(`time goes on by ${Math.round(byMs)} ms`);
    await site.time.jump(site, byMs);
  }

  /**
   * The hub's database is put back to before it wrote anything. Nothing is lost by it: what SL
   * holds is found there by its key.
   */
  async #forget(): Promise<void> {
    const { pool, pair, script, wanted } = this.#site;
    // Look-ups that lag would not find what was booked a moment ago, and no guard could know.
    await this.#jump(LAG_MS_MAX);
    await pool.query(`delete from ${BOOKED_TABLES.join("; delete from ")}`);
    await pool.query("update lineage set is_green = false where pair = $1", [pair]);
    for (const worker of wanted) worker.forget();
    script.hit("the hub's database was put back");
    script.note("the hub has forgotten all that it booked");
  }

  /** Events are asked for anew: what the hub knew of them is lost as well. */
  async #lose(): Promise<void> {
    await loseHub(this.#site);
    this.#eventsPulled = -1;
  }

  /** Every lane once more, as a replay, a sweep or an upgrade would do it. */
  async #replay(): Promise<void> {
    const { pool, pair } = this.#site;
    const lanes = await pool.query<{ key: string }>("select key from lane where pair = $1", [pair]);
    await wakeLanes(
      pool,
      lanes.rows.map(({ key }) => ({ pair, key })),
    );
    this.#site.script.note("every lane is woken once more");
    await this.#toTheEnd();
  }

  /** Promise 2 at every moment: no event counts as booked before a run has booked it. */
  async #assertBookedIsBooked(): Promise<void> {
    const { pool, pair } = this.#site;
    const early = await pool.query<{ type: string; lane_key: string }>(
      `select type, lane_key from event e where pair = $1 and end_state = 'booked' and not exists
         (select from run r where r.pair = $1 and r.lane_key = e.lane_key and outcome = 'booked')`,
      [pair],
    );
    const [first] = early.rows;
    if (first === undefined) return;
    throw new Error(`${first.type} of ${first.lane_key} counts as booked, and no run booked it`);
  }

  /** Promise 4: a worker that has lost its lane saves nothing, so no two runs of a lane overlap. */
  async #assertOneAtATime(): Promise<void> {
    const { pool, pair } = this.#site;
    const twice = await pool.query<{ lane_key: string; workers: string }>(
      `select a.lane_key, a.worker || ' and ' || b.worker as workers from run a
       join run b on b.pair = a.pair and b.lane_key = a.lane_key and b.id > a.id
         and b.started_at < a.ended_at - interval '5 ms'
         and a.started_at < b.ended_at - interval '5 ms'
       where a.pair = $1`,
      [pair],
    );
    const [first] = twice.rows;
    if (first === undefined) return;
    throw new Error(`${first.workers} worked on ${first.lane_key} at the same time`);
  }

  /** Promise 2: every event has its end, and nothing was left lying. */
  async #assertEnded(): Promise<void> {
    const { pool, pair } = this.#site;
    const open = await pool.query<{ type: string; lane_key: string }>(
      `select type, lane_key from event
       where pair = $1 and (end_state is null or end_state = 'parked')`,
      [pair],
    );
    if (open.rows.length > 0) {
      const words = open.rows.map((row) => `${row.type} of ${row.lane_key}`).join(", ");
      throw new Error(`events without an end: ${words}`);
    }
  }
}
