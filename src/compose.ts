import type { FastifyInstance } from "fastify";
import type { Pool } from "pg";
import { signalStray } from "./alerts/index.ts";
import {
  createMetrics,
  lookWhenAsked,
  type Metrics,
  noteAct,
  openServer,
  registerApi,
} from "./api/index.ts";
import { systemClock } from "./base/clock.ts";
import { noteExchange } from "./base/exchange.ts";
import type { Log } from "./base/log.ts";
import { StartedParts } from "./base/started-parts.ts";
import { type Answering, openAnswering } from "./compose-answering.ts";
import {
  backfillsOf,
  doctorDeps,
  goliveOf,
  payoutsOf,
  previewsOf,
  proofsOf,
  remediesOf,
  reversalsOf,
  wizardOf,
} from "./compose-looks.ts";
import { startWatches } from "./compose-watches.ts";
import { type HubEnv, loadKey, loadToken, noPort } from "./config/index.ts";
import {
  durableUrl,
  migrate,
  migrationStatus,
  openPool,
  SHORT_CONNECT_MS,
  startEmbeddedPostgres,
} from "./db/index.ts";
import { createDoctor, refuseAtSetUp, testPair } from "./doctor/index.ts";
import { createCtapiConnector } from "./erp/ctapi/index.ts";
import { GroupCommitter, registerIntake } from "./intake/index.ts";
import { type LaneWorker, newOwnerName, startLaneWorker } from "./lanes/index.ts";
import { holdToBooks, refuseUnderBooks } from "./ledger/index.ts";
import { calendarOfSettings } from "./mapping/index.ts";
import {
  createPairAdmin,
  createSettingsHistory,
  type MakeRuntime,
  PairBook,
  type SettingsHistory,
} from "./pairs/index.ts";
import { forgetLost } from "./pull/index.ts";
import {
  asGuest,
  customerDesk,
  distrustLineage,
  holdAllToBooks,
  noteCall,
  type PairRuntime,
  Reference,
  rebuildPair,
  runLane,
  startHousekeeping,
} from "./runs/index.ts";
import { openStripe, PINNED_API_VERSION } from "./stripe/index.ts";

/** Lanes that one process works on at once, over all its pairs. */
const LANES_AT_ONCE = 32;
/** Connections for API, walks and housekeeping of one process, and those for its runs. */
const POOL_SIZE = 10;
const RUN_POOL_SIZE = 20;
/** Connections for intake alone: busy runs must never cost a webhook its answer. */
const INTAKE_POOL_SIZE = 4;
/** The setting's own default. */
const OUTCOME_HORIZON_DEFAULT_SECONDS = 330;

/** A hub that runs. */
export type Hub = Readonly<{
  url: string;
  /** The file with the database server's log, when the hub runs its own. */
  databaseLog: string | undefined;
  /** Takes no more work, ends what is under way, and stops what the hub has started. */
  close(): Promise<void>;
}>;

/** What only a program can ask for: no variable and no setting reaches it. */
export type HubOptions = Readonly<{
  /** Takes a server that may forget what it has committed: for tests, whose data nobody keeps. */
  mayLoseCommits?: boolean;
}>;

/**
 * Builds the hub from its parts and starts it: database, migrations, intake, API, lanes,
 * housekeeping. The only place where concrete adapters meet the rooms that use them.
 *
 * @throws HubError `config.*`, `db.*` or `start.no_port`; all that was started is stopped again
 */
export async function openHub(env: HubEnv, log: Log, options: HubOptions = {}): Promise<Hub> {
  const started = new StartedParts();
  try {
    const metrics = createMetrics();
    const settled = { metrics, ...openSettings(env, metrics) };
    const database = await openDatabase(env, log, options);
    started.add(() => database.close());
    const url = await openOnDatabase(env, log, { ...settled, database, started });
    return { url, databaseLog: database.logPath, close: () => started.stopAll() };
  } catch (cause) {
    await started.stopAll().catch((thrown: unknown) => {
      log.error({ error: String(thrown) }, "A part of the hub that did not start did not stop");
    });
    throw cause;
  }
}

type Settled = Readonly<{ book: PairBook; key: () => Uint8Array; metrics: Metrics }>;

/**
 * Before the database: an upgrade that refuses the settings file has migrated nothing, and whoever
 * cannot mend the file at once goes back to the version before.
 */
function openSettings({ home, key: given }: HubEnv, metrics: Metrics): Omit<Settled, "metrics"> {
  const key = () => loadKey(home, given);
  // Made on the first start, not when the first secret comes: the operator finds it at once.
  key();
  const sources = { env: process.env, key };
  return { key, book: new PairBook({ home, sources, make: runtimeMaker(metrics) }) };
}

type Database = Readonly<{
  url: string;
  pool: Pool;
  /** For runs alone, whose few statements come over and over. */
  runPool: Pool;
  intakePool: Pool;
  logPath: string | undefined;
  close(): Promise<void>;
}>;

async function openDatabase(env: HubEnv, log: Log, options: HubOptions): Promise<Database> {
  const { home } = env;
  const embedded =
    env.databaseUrl === undefined ? await startEmbeddedPostgres({ home, log }) : undefined;
  let url = embedded?.url ?? env.databaseUrl ?? "";
  try {
    if (options.mayLoseCommits !== true) url = await durableUrl(url);
    await migrate(url);
  } catch (cause) {
    await embedded?.stop();
    throw cause;
  }
  const open = (
    applicationName: string,
    limits: Readonly<{ max: number; connectWithinMs?: number; plansOnce?: boolean }>,
  ) =>
    openPool(url, {
      ...limits,
      applicationName,
      onIdleError: (error) =>
        log.warn({ pool: applicationName, error: error.message }, "An idle connection broke"),
    });
  const pool = open("slipway", { max: POOL_SIZE });
  const runPool = open("slipway-runs", { max: RUN_POOL_SIZE, plansOnce: true });
  const intakePool = open("slipway-intake", {
    max: INTAKE_POOL_SIZE,
    connectWithinMs: SHORT_CONNECT_MS,
  });
  return {
    url,
    pool,
    runPool,
    intakePool,
    logPath: embedded?.logPath,
    close: async () => {
      await Promise.all([pool.end(), runPool.end(), intakePool.end()]);
      await embedded?.stop();
    },
  };
}

async function openOnDatabase(
  env: HubEnv,
  log: Log,
  parts: Settled & Readonly<{ database: Database; started: StartedParts }>,
): Promise<string> {
  const { book, key, metrics, database, started } = parts;
  const { pool } = database;
  const owner = newOwnerName();
  const closing = new AbortController();
  const { signal } = closing;
  // Whoever works outside of lanes takes part in the call limit as a guest.
  const guest = (pair: PairRuntime) => asGuest(pair, { pool, owner, signal });
  const keeping = {
    pool,
    log,
    pairs: () => book.all().map(guest),
    onStray: strayTeller(pool, log, metrics),
  };
  const history = createSettingsHistory({ pool, home: env.home, noteAct });
  await history.noteFile();
  await holdAllToBooks(keeping);
  await distrustLineage(keeping);
  const housekeeping = startHousekeeping(keeping);
  started.add(() => housekeeping.stop());
  const worker = startLaneWorker({
    pool,
    url: database.url,
    owner,
    pairs: () => book.all().map(({ id, settings }) => ({ pair: id, limit: settings.sl.callLimit })),
    maxLanes: LANES_AT_ONCE,
    work: async (lane, signal, leave) => {
      const deps = {
        ...{ pool: database.runPool, log, clock: systemClock, worker: owner },
        pair: (id: string) => book.get(id),
        onRun: metrics.runEnded,
        onAttempt: metrics.attemptEnded,
      };
      leave(await runLane(deps, lane, signal));
    },
    log,
    clock: systemClock,
    onTakeOver: (lane) => metrics.laneTakenOver(lane.pair),
    onFenceLost: (lane) => metrics.fenceLost(lane.pair),
    onForgotten: async () => {
      await distrustLineage(keeping);
      housekeeping.lookNow();
    },
  });
  started.add(() => worker.stop());
  const watches = startWatches({ env, pool, log, owner, book, metrics, guest });
  started.add(() => watches.stop());
  const answering = openAnswering({ env, pool, log, owner, key, book, signal, started });
  const app = openServer(signal);
  lookWhenAsked(app, watches.lookNow);
  started.add(async () => {
    closing.abort();
    await app.close();
  });
  return listen(app, {
    env,
    databaseUrl: database.url,
    intakePool: database.intakePool,
    log,
    pool,
    book,
    history,
    metrics,
    worker,
    guest,
    ...answering,
  });
}

/** Stray work is counted in this process, and told as an alert by whichever looks at the rules. */
function strayTeller(pool: Pool, log: Log, metrics: Metrics) {
  return (kind: string, count: number) => {
    metrics.strayWork(kind, count);
    signalStray(pool, kind, count).catch((thrown: unknown) => {
      log.warn({ error: String(thrown) }, "Stray work was found and could not be told");
    });
  };
}

function runtimeMaker(metrics: Metrics): MakeRuntime {
  return (settings) => {
    const { id: pair } = settings;
    const stripe = openStripe(settings, {
      onCall: (call) => metrics.stripeCalled({ pair, ...call }),
    });
    const { sl, field } = settings;
    const calendar = calendarOfSettings(settings);
    const erp = createCtapiConnector({
      baseUrl: sl.url,
      user: sl.user,
      password: sl.password.reveal(),
      siteId: sl.siteId,
      siteKey: sl.siteKey?.reveal() ?? "",
      companyId: sl.companyId,
      keyField: field.key,
      idField: field.id,
      // One connection for each run or guest at work; the limit over all hubs is kept by the lanes.
      maxSockets: sl.callLimit,
      callTimeoutMs: sl.callTimeout * 1000,
      readTimeoutMs: sl.readTimeout * 1000,
      ...(calendar === undefined ? {} : { calendar }),
      onExchange: ({ service, operation, request, answer }) =>
        noteExchange({ request: `${service}.${operation}\n${request}`, answer }),
      onCall: ({ service, operation: name, outcome, ms: durationMs }) => {
        noteCall(outcome);
        metrics.slCalled({ pair, operation: `${service}.${name}`, outcome, durationMs });
      },
    });
    return { id: pair, settings, stripe, erp, reference: new Reference(erp, systemClock) };
  };
}

async function pendingMigrations(url: string): Promise<string[]> {
  const states = await migrationStatus(url);
  return states.filter(({ state }) => state === "pending").map(({ name }) => name);
}

type Listening = Answering &
  Readonly<{
    env: HubEnv;
    databaseUrl: string;
    intakePool: Pool;
    log: Log;
    pool: Pool;
    book: PairBook;
    history: SettingsHistory;
    metrics: Metrics;
    worker: LaneWorker;
    /** The pair for whoever works outside of its lanes. */
    guest: (pair: PairRuntime) => PairRuntime;
  }>;

async function listen(app: FastifyInstance, parts: Listening): Promise<string> {
  const { env, databaseUrl, intakePool, log, pool, book, metrics, worker, guest } = parts;
  const { history, telling, lookups } = parts;
  let url = "";
  const committer = new GroupCommitter({ pool: intakePool });
  await registerIntake(app, {
    pairs: (id) => {
      const settings = book.get(id)?.settings;
      if (settings === undefined) return undefined;
      const { stripe } = settings;
      return {
        booksOpenInvoices: settings.invoice.when === "finalized",
        takesWebhooks: stripe.intake !== "pull",
        secrets: stripe.webhookSecrets.map((secret) => secret.reveal()),
        pinnedVersion: PINNED_API_VERSION,
      };
    },
    committer,
    log,
    metrics,
  });
  const looking = {
    ...{ pool, home: env.home, book, guest },
    pendingMigrations: () => pendingMigrations(databaseUrl),
  };
  const examining = doctorDeps(looking);
  const pairs = createPairAdmin({
    book,
    hubUrl: () => url,
    test: (pair) => testPair(examining, guest(pair)),
    accept: (after, before) => refuseAtSetUp(guest(runtimeMaker(metrics)(after)), before),
    acceptChange: (before, after) => refuseUnderBooks(pool, before, after),
    record: history.record,
    onSaved: async (settings) => void (await holdToBooks(pool, settings)),
  });
  await registerApi(app, {
    pool,
    token: loadToken(env.home, env.token),
    log,
    clock: systemClock,
    metrics,
    pairs,
    alertChannels: () => book.alerts().channels,
    doctor: createDoctor(examining),
    wizard: wizardOf(looking, { pairs, make: runtimeMaker(metrics) }),
    rebuild: {
      run: async ({ pair, since, dryRun, onProgress }) => {
        const runtime = guest(book.require(pair));
        const otherPairs = book.all().flatMap(({ id }) => (id === pair ? [] : [id]));
        const options = { since, dryRun, otherPairs, onProgress };
        const report = await rebuildPair(pool, runtime, options);
        if (!dryRun) await forgetLost(pool, pair, since);
        return { ...report };
      },
    },
    proof: proofsOf(looking),
    golive: goliveOf(looking),
    backfill: backfillsOf(looking),
    customers: customerDesk((id) => guest(book.require(id))),
    payouts: payoutsOf(looking),
    planReversal: reversalsOf(looking),
    readiness: {
      pendingMigrations: () => pendingMigrations(databaseUrl),
      isWorkerRunning: () => worker.isRunning(),
    },
    ledger: (pair) => book.get(pair),
    foresee: previewsOf(looking),
    ...remediesOf(looking),
    telling,
    lookups,
    // What a pair that is gone has sent may take effect as well.
    outcomeHorizonMs: (pair) =>
      (book.get(pair)?.settings.outcomeHorizon ?? OUTCOME_HORIZON_DEFAULT_SECONDS) * 1000,
  });
  url = await app.listen({ port: env.port, host: env.host }).catch((thrown: unknown) => {
    throw noPort(env, thrown);
  });
  return url;
}
