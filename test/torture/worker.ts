import type { IncomingMessage, ServerResponse } from "node:http";
import Fastify from "fastify";
import { createCtapiConnector } from "../../src/erp/ctapi/index.ts";
import { GroupCommitter, registerIntake } from "../../src/intake/index.ts";
import { startLaneWorker } from "../../src/lanes/index.ts";
import { Reference, runLane } from "../../src/runs/index.ts";
import { openStripe, PINNED_API_VERSION } from "../../src/stripe/index.ts";
import type { WriteStep } from "./faults.ts";
import { Killed, Life } from "./life.ts";
import { MortalPool, type Statement } from "./mortal-pool.ts";
import { mortalErp, mortalStripe, type PortSite } from "./ports.ts";
import type { Site } from "./site.ts";

/** A hub process in all but the process: intake, lanes and runs over mortal ends. */
export type TortureWorker = Readonly<{
  life: Life;
  lanesAtWork: () => number;
  /** Forgets what it believes of SL's records, for a new run. */
  forget: () => void;
  /** Serves a webhook, as the hub's own server does. */
  serve: (request: IncomingMessage, response: ServerResponse) => void;
  /** Ends it in good order. */
  stop: () => Promise<void>;
}>;

const LANES_AT_ONCE = 8;
const STOP_WITHIN_MS = 3_000;
let workersMade = 0;

/** Starts a worker on the site; `isWanted` says whether it works for the pair at present. */
export async function startWorker(site: Site, isWanted: () => boolean): Promise<TortureWorker> {
  workersMade += 1;
  const life = new Life(`w${workersMade}`, site.time);
  const { clock } = life;
  const db = new MortalPool(site.databaseUrl, statementGate(site, life));
  const { pool } = db;
  const connector = createCtapiConnector({
    baseUrl: site.settings.sl.url,
    user: site.settings.sl.user,
    password: site.settings.sl.password.reveal(),
    siteId: site.settings.sl.siteId,
    siteKey: site.settings.sl.siteKey?.reveal() ?? "",
    companyId: site.settings.sl.companyId,
    maxSockets: site.settings.sl.callLimit,
  });
  const ports: PortSite = {
    life,
    script: () => site.script,
    sl: site.sl,
    stripe: site.stripeAdmin,
    beforeRelease: () => site.thawAtRelease(life),
  };
  const erp = mortalErp(connector, ports);
  const stripe = mortalStripe(openStripe(site.settings), ports);
  const reference = new Reference(erp, clock);
  const runtime = { id: site.pair, settings: site.settings, stripe, erp, reference };
  const worker = startLaneWorker({
    pool,
    url: site.databaseUrl,
    owner: life.name,
    pairs: () => (isWanted() ? [{ pair: site.pair, limit: site.settings.sl.callLimit }] : []),
    maxLanes: LANES_AT_ONCE,
    work: (lane, signal) =>
      runLane(
        {
          pool,
          clock,
          log: site.log,
          worker: life.name,
          pair: () => runtime,
          onRun: (_pair, outcome) => site.script.note(`${life.name} ${lane.key} ${outcome}`),
          onAttempt: () => undefined,
        },
        lane,
        signal,
      ),
    clock,
    log: site.log,
    onTakeOver: (lane) => {
      site.script.hit("take-over");
      site.script.note(`${life.name} takes ${lane.key} over from ${lane.takenOverFrom}`);
    },
    stopWithinMs: STOP_WITHIN_MS,
  });
  const serve = await openIntake(site, pool);
  const close = async () => {
    await worker.stop();
    connector.close();
    await db.cut();
  };
  life.onKill(() => {
    site.script.note(`${life.name} is killed`);
    void db.cut();
    // What is left of it runs into closed doors until it ends; nothing of it gets out any more.
    site.dying.add(close());
  });
  return {
    life,
    lanesAtWork: () => worker.lanesAtWork(),
    forget: () => reference.clear(),
    serve,
    stop: close,
  };
}

async function openIntake(site: Site, pool: MortalPool["pool"]): Promise<TortureWorker["serve"]> {
  const app = Fastify({ logger: false });
  const secrets = site.settings.stripe.webhookSecrets.map((secret) => secret.reveal());
  const pair = { secrets, pinnedVersion: PINNED_API_VERSION };
  await registerIntake(app, {
    pairs: (id) => (id === site.pair ? pair : undefined),
    committer: new GroupCommitter({ pool }),
    log: site.log,
  });
  await app.ready();
  return (request, response) => void app.server.emit("request", request, response);
}

/** Statements of the claim loop and the leases come by the clock and are not counted. */
const NOT_OF_A_RUN = /slipway_claim|hub_process|clock_timestamp\(\)\) \* interval|dueInMs/;
const SEND_STEPS = new Set(["create", "reserve", "fill", "release", "write"]);

function statementGate(site: Site, life: Life) {
  const strikes = (statement: Statement, when: "before" | "after") =>
    strike({ site, life, statement, when });
  const faults = new WeakMap<Statement, ReturnType<typeof site.script.nextStatement>>();
  // A transaction that has begun runs to its end before a freeze: frozen inside it, its locks would
  // stop everybody until the thaw.
  const pass = (statement: Statement) =>
    statement.isInTransaction ? life.passAlive() : life.pass();
  return {
    begin: () => life.pass(),
    before: async (statement: Statement) => {
      await pass(statement);
      if (NOT_OF_A_RUN.test(statement.sql)) return;
      const fault = site.script.nextStatement();
      if (fault === undefined) return;
      faults.set(statement, fault);
      if (fault.mode !== "kill-before") return;
      site.script.hit("killed before a statement");
      life.kill();
      throw new Killed();
    },
    after: async (statement: Statement) => {
      const fault = faults.get(statement);
      if (fault?.mode === "kill-after") {
        site.script.hit("killed after a statement");
        life.kill();
      }
      if (fault?.mode === "freeze-after" && !statement.isInTransaction) {
        site.script.hit("frozen after a statement");
        life.freeze(fault.rests, false);
      }
      await strikes(statement, "after");
      await pass(statement);
    },
  };
}

/** An attempt has just been saved: here a process can die or stand still before it sends. */
async function strike(at: {
  site: Site;
  life: Life;
  statement: Statement;
  when: "before" | "after";
}): Promise<void> {
  const { site, life, statement } = at;
  if (!statement.sql.includes("insert into attempt")) return;
  const step = statement.values.find((value) => SEND_STEPS.has(String(value)));
  if (step === undefined) return;
  const fault = site.script.nextClaim(String(step));
  if (fault === undefined) return;
  const own = await site.stepOf(String(statement.values[4]), String(step));
  if (own === undefined) return;
  site.script.note(`${life.name} ${fault.mode} at ${own}`);
  site.script.struck(own satisfies WriteStep, fault.mode, fault.afterMs);
  if (fault.mode === "kill-claimed") life.kill();
  else life.freeze(fault.rests, fault.thawsAtRelease);
}
