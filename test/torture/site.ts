import type { Pool } from "pg";
import Stripe from "stripe";
import { startDynamicsSlSandbox } from "../../sandbox/dynamics-sl/server.ts";
import { startStripeSandbox } from "../../sandbox/stripe/server.ts";
import { pause } from "../../src/base/clock.ts";
import type { Log } from "../../src/base/log.ts";
import type { PairSettings } from "../../src/config/index.ts";
import { openPool } from "../../src/db/index.ts";
import { demoSettings } from "../../src/demo/demo-pair.ts";
import type { ErpScreen } from "../../src/erp/port.ts";
import { type Admin, adminOf, type Row, textOf } from "../oracle/rows.ts";
import { type AftermathRules, PLAIN_RULES } from "./aftermath-rules.ts";
import { openDoor } from "./door.ts";
import type { WriteStep } from "./faults.ts";
import { HUB_TABLES } from "./hub-tables.ts";
import { stepOf, stepOfWrite } from "./intent-steps.ts";
import { LateSales } from "./late-sales.ts";
import type { NamedOrder } from "./named.ts";
import { type PairFile, readPairFile } from "./pair-file.ts";
import type { RunPlan } from "./plan.ts";
import type { BatchWrite, IntentOf } from "./ports.ts";
import { startRealWorker } from "./real-worker.ts";
import { Script } from "./script.ts";
import { asSummedUp } from "./summary-rules.ts";
import { morningZone, VirtualTime } from "./virtual-time.ts";
import { Warehouse } from "./warehouse.ts";
import { startWorker, type TortureWorker } from "./worker.ts";

const PAIR = "torture";
/** Our own statements wait for nobody for ever. */
const STATEMENT_MS_MAX = 20_000;
/** Batch numbers go on over a reset, so that nothing that was cached of a batch can come back. */
const BATCHES_PER_RUN = 1_000;
/** Before all that any run does. */
const LONG_AGO_MS = 3 * 24 * 3_600_000;

/** All that outlives a run: both sandboxes, a database, the doors for webhooks, two workers. */
export class Site {
  readonly pair = PAIR;
  readonly time = new VirtualTime();
  readonly databaseUrl: string;
  readonly pool: Pool;
  readonly sl: Admin;
  readonly stripeAdmin: Admin;
  readonly stripe: Stripe;
  readonly settings: PairSettings;
  readonly pairFile: PairFile;
  /** What the secrets of the pair file refer to. */
  readonly secrets: Readonly<Record<string, string>>;
  /** A product that is mapped to an item of SL. */
  readonly productId: string;
  readonly log: Log;
  /** Killed workers whose code is still running into closed doors. */
  readonly dying = new Set<Promise<void>>();
  /** The worker behind each door; undefined while there is none. */
  readonly workers: (TortureWorker | undefined)[] = [undefined, undefined];
  /** How many of the two workers this run has. */
  workersWanted = 2;
  /** Who releases batches in this run. */
  releasedBy: PairSettings["release"] = "hub";
  /** What sales become in this run. */
  mode: RunPlan["mode"] = "invoice";
  /** In mode `aftermath`, how the pair books what comes after them. */
  rules: AftermathRules = PLAIN_RULES;
  /** In mode `aftermath`, whether Stripe has balance rows that nobody has read yet. */
  hasNewRows = false;
  /** In mode `sales-order`, what the money of an order is booked as. */
  orderMoney: PairSettings["order"]["money"] = "pp";
  /** In mode `sales-order`, whether a person releases the invoices of shippers, or SL itself. */
  releasesOrders = false;
  hasReturns = false;
  /** In mode `sales-order`, the people who ship. */
  warehouse = new Warehouse(this, 0);
  /** In mode `summary`, what is sold once a day's documents are begun. */
  lateSales = new LateSales(this, undefined);
  /** In mode `existing-invoice`, what was charged for which invoices. */
  named: NamedOrder[] = [];
  script = new Script([]);
  #batches = 0;
  #isReal = false;
  #summed: PairSettings | undefined;
  #isStripeBack = false;
  readonly #closers: (() => Promise<void>)[];

  private constructor(parts: SiteParts & { closers: (() => Promise<void>)[] }) {
    this.databaseUrl = parts.databaseUrl;
    this.pool = parts.pool;
    this.sl = parts.sl;
    this.stripeAdmin = parts.stripeAdmin;
    this.stripe = parts.stripe;
    this.settings = parts.settings;
    this.pairFile = parts.pairFile;
    this.productId = parts.productId;
    this.secrets = parts.secrets;
    this.#closers = parts.closers;
    const note = (level: string) => (facts: object, message: string) => {
      this.script.note(`${level}: ${message} ${JSON.stringify(facts)}`);
    };
    this.log = { debug() {}, info: note("info"), warn: note("warn"), error: note("error") };
  }

  /** Starts the sandboxes on a database that has the hub's tables. */
  static async open(databaseUrl: string): Promise<Site> {
    const sandboxes = await openSandboxes();
    const pool = openPool(databaseUrl, {
      // A machine that is slow is none of the campaign's faults.
      connectWithinMs: 30_000,
      applicationName: "torture",
      statementTimeoutMs: STATEMENT_MS_MAX,
    });
    const doors = await Promise.all([openDoor(), openDoor()]);
    const pair = await makePair(
      sandboxes,
      doors.map((door) => door.url),
    );
    const { hostname, port } = new URL(sandboxes.stripeUrl);
    const site = new Site({
      databaseUrl,
      pool,
      ...pair,
      sl: sandboxes.sl,
      stripeAdmin: sandboxes.stripeAdmin,
      stripe: new Stripe(sandboxes.secretKey, {
        host: hostname,
        port: Number(port),
        protocol: "http",
      }),
      closers: [...doors.map((door) => door.close), sandboxes.close, () => pool.end()],
    });
    for (const [index, door] of doors.entries()) door.lead(() => site.behind(index));
    return site;
  }

  /** The pair's settings as they are in this run. */
  get settingsNow(): PairSettings {
    const { policy, lost, refundFailed } = this.rules;
    const refund = this.hasReturns ? "order" : "memo";
    const { mode } = this;
    return {
      ...(mode === "summary" ? this.#summedUp() : { ...this.settings, journalDelay: 0 }),
      release: this.releasedBy,
      mode: mode === "aftermath" || mode === "summary" ? "invoice" : mode,
      order: { ...this.settings.order, money: this.orderMoney, refund },
      dispute: { ...this.settings.dispute, policy, lost },
      refundFailed,
    };
  }

  #summedUp(): PairSettings {
    this.#summed ??= readPairFile(this.pair, asSummedUp(this.pairFile), this.secrets);
    return this.#summed;
  }

  /** The worker that serves a door: its own, else the other one; none where both are away. */
  behind(door: number): TortureWorker | undefined {
    const ready = (worker: TortureWorker | undefined) =>
      worker !== undefined && !worker.life.isDead && !worker.life.isFrozen;
    const [own, other] = [this.workers[door], this.workers[1 - door]];
    if (ready(own)) return own;
    return ready(other) ? other : undefined;
  }

  /** The workers of this run that can claim lanes now. */
  get atWork(): TortureWorker[] {
    return this.wanted.filter(({ life }) => !life.isDead && !life.isFrozen);
  }

  /** The workers of this run, whatever state they are in. */
  get wanted(): TortureWorker[] {
    return this.workers.slice(0, this.workersWanted).filter((worker) => worker !== undefined);
  }

  /** Starts a worker behind every door of this run that has none alive. Returns how many. */
  async startMissing(): Promise<number> {
    let started = 0;
    for (let index = 0; index < this.workersWanted; index += 1) {
      const present = this.workers[index];
      if (present !== undefined && !present.life.isDead) continue;
      const worker = this.#isReal
        ? await startRealWorker(this)
        : await startWorker(this, () => index < this.workersWanted);
      this.workers[index] = worker;
      this.script.note(`${worker.life.name} starts`);
      started += 1;
    }
    return started;
  }

  /** From now on workers are processes of their own, or live in this one. */
  async useReal(isReal: boolean): Promise<void> {
    if (this.#isReal === isReal) return;
    for (const worker of this.workers) if (worker?.life.isDead === false) await worker.stop();
    this.workers.fill(undefined);
    this.#isReal = isReal;
  }

  /**
   * Lets a worker that stood still at the same document go on just before `releasing` releases its
   * batch, and waits for its end.
   */
  async thawAtRelease(releasing: TortureWorker["life"], batNbr: string): Promise<void> {
    for (const worker of this.wanted) {
      const key = worker.life.thawsAtReleaseOf;
      if (worker.life === releasing || key === undefined) continue;
      if ((await this.#batchOf(key)) !== batNbr) continue;
      this.script.hit("thawed as another one releases");
      this.script.note(`${worker.life.name} thaws as ${releasing.name} releases`);
      worker.life.thaw();
      await settled(() => worker.lanesAtWork() === 0 || worker.life.isDead);
    }
  }

  /** Which write step an attempt of an intent belongs to. */
  stepOf(intentKey: string, databaseStep: string): Promise<WriteStep | undefined> {
    return stepOf(this, intentKey, databaseStep);
  }

  /** The step of a write to a batch. */
  stepOfWrite(screen: ErpScreen, write: BatchWrite, of: IntentOf): Promise<WriteStep> {
    return stepOfWrite(this, { screen, write }, of);
  }

  async #batchOf(intentKey: string): Promise<string | undefined> {
    const found = await this.pool.query<{ bat_nbr: string | null }>(
      "select bat_nbr from intent where pair = $1 and key = $2",
      [this.pair, intentKey],
    );
    return found.rows[0]?.bat_nbr ?? undefined;
  }

  /** The hub's ledger of its orders. */
  readonly ledgers = async (): Promise<Row[]> => {
    const found = await this.pool.query<Row>("select * from sales_order where pair = $1", [
      this.pair,
    ]);
    return found.rows;
  };

  /** Which document of the hub's owns which part of a balance row. */
  readonly owners = async (): Promise<Row[]> => {
    const found = await this.pool.query<Row>("select * from row_owner where pair = $1", [
      this.pair,
    ]);
    return found.rows;
  };

  /**
   * Puts both sandboxes and the hub's tables back to their beginning; no worker may be at work.
   *
   * @param stripeBackMs what happens at Stripe is of so much earlier: of days that are over
   */
  async reset(stripeBackMs: number): Promise<void> {
    await this.#putStripeBack(stripeBackMs);
    this.named = [];
    this.hasNewRows = false;
    this.#batches += BATCHES_PER_RUN;
    await Promise.all([
      this.pool.query(`delete from ${HUB_TABLES.join("; delete from ")}`),
      this.stripeAdmin("/restore", { name: "fresh" }),
      this.stripeAdmin("/faults/clear", {}),
      this.#resetSl(),
    ]);
    for (const worker of this.workers) worker?.forget();
    this.dying.clear();
  }

  /** Stripe delivers nothing from now on, until the next run. */
  async endWebhooks(): Promise<void> {
    const { data } = await this.stripe.webhookEndpoints.list();
    for (const { id } of data) await this.stripe.webhookEndpoints.update(id, { disabled: true });
  }

  async close(): Promise<void> {
    for (const worker of this.workers) {
      worker?.life.thaw();
      if (worker?.life.isDead === false) await worker.stop();
    }
    await Promise.all(this.dying);
    for (const close of this.#closers) await close();
    this.time.close();
  }

  /** A run of days that are over moves Stripe's clock on to the next one. */
  async #putStripeBack(byMs: number): Promise<void> {
    if (byMs === 0 && !this.#isStripeBack) return;
    await this.stripeAdmin("/clock", { shiftMs: -byMs });
    this.#isStripeBack = byMs !== 0;
  }

  async #resetSl(): Promise<void> {
    // SL dates what people enter by its own clock: days ahead of the hub's nothing would be found.
    await this.sl("/clock", { action: "shift", ms: 0 });
    await this.sl("/reset", {});
    const [setup] = await this.sl<Row[]>("/rows?table=ARSetup");
    const last = textOf(setup, "LastBatNbr");
    const number = String(Number(last) + this.#batches).padStart(last.length, "0");
    const where = { SetupId: textOf(setup, "SetupId") };
    await this.sl("/rows", { table: "ARSetup", where, set: { LastBatNbr: number } });
  }
}

type Sandboxes = Awaited<ReturnType<typeof openSandboxes>>;
type SiteParts = Pick<
  Site,
  | "databaseUrl"
  | "pool"
  | "sl"
  | "stripeAdmin"
  | "stripe"
  | "settings"
  | "pairFile"
  | "productId"
  | "secrets"
>;

async function openSandboxes() {
  const stripe = await startStripeSandbox();
  const sl = await startDynamicsSlSandbox();
  return {
    stripeUrl: stripe.url,
    secretKey: stripe.secretKey,
    stripeAdmin: adminOf(stripe.url),
    slReady: { url: sl.url, ...sl.credentials },
    sl: adminOf(new URL(sl.url).origin),
    close: async () => {
      await Promise.all([stripe.close(), sl.close()]);
    },
  };
}

/** Makes the webhook endpoints once, and keeps a copy of the sandbox that every run starts from. */
async function makePair(sandboxes: Sandboxes, doorUrls: readonly string[]) {
  const { stripeUrl, secretKey, stripeAdmin, slReady } = sandboxes;
  const { hostname, port } = new URL(stripeUrl);
  const sdk = new Stripe(secretKey, { host: hostname, port: Number(port), protocol: "http" });
  // What is owed to the endpoints is due in every run, also in those of earlier days.
  await stripeAdmin("/clock", { shiftMs: -LONG_AGO_MS });
  const endpoints = await Promise.all(
    doorUrls.map((url) =>
      sdk.webhookEndpoints.create({
        url: `${url}/webhooks/stripe/${PAIR}`,
        enabled_events: ["*"],
      }),
    ),
  );
  const product = await sdk.products.create({ name: "Thing", metadata: { InvtID: "TSHIRT" } });
  await stripeAdmin("/snapshot", { name: "fresh" });
  await stripeAdmin("/clock", { shiftMs: 0 });
  const raw = demoSettings({
    stripe: { url: stripeUrl, secretKey: "env:STRIPE" },
    sl: { ...slReady, password: "env:PASSWORD", siteKey: "env:SITE_KEY" },
    webhookSecret: "env:HOOK_0",
  });
  const pairFile = {
    ...raw,
    "time-zone": morningZone(),
    stripe: { ...(raw.stripe as object), "webhook-secrets": ["env:HOOK_0", "env:HOOK_1"] },
  };
  const secrets = {
    STRIPE: secretKey,
    PASSWORD: slReady.password,
    SITE_KEY: slReady.siteKey,
    HOOK_0: endpoints[0]?.secret ?? "",
    HOOK_1: endpoints[1]?.secret ?? "",
  };
  const settings = readPairFile(PAIR, pairFile, secrets);
  return { settings, pairFile, secrets, productId: product.id };
}

async function settled(isIt: () => boolean): Promise<void> {
  const endMs = performance.now() + 2_000;
  while (!isIt() && performance.now() < endMs) {
    await pause(2);
  }
}
