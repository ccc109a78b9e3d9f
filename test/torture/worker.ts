import type { IncomingMessage, ServerResponse } from "node:http";
import type { Pool } from "pg";
import { openStripe } from "../../src/stripe/index.ts";
import type { WriteStep } from "./faults.ts";
import { connect, openIntake, startLanes } from "./hub-parts.ts";
import { Killed, Life } from "./life.ts";
import { MortalPool, type Statement } from "./mortal-pool.ts";
import { mortalErp, mortalStripe, type PortSite } from "./ports.ts";
import type { Site } from "./site.ts";

/** A hub process as a run sees it: one that lives in this process, or a real one. */
export type TortureWorker = Readonly<{
  life: Pick<Life, "name" | "isDead" | "isFrozen" | "thawsAtReleaseOf" | "kill" | "thaw" | "rest">;
  /** How many it works on; 0 for a real process, whose claims the database shows. */
  lanesAtWork: () => number;
  /** Forgets what it believes of SL's records, for a new run. */
  forget: () => void;
  /** Serves a webhook, as the hub's own server does. */
  serve: (request: IncomingMessage, response: ServerResponse) => void;
  /** Its way to the database, which ends with it; undefined for a real process. */
  pool: Pool | undefined;
  /** Ends it in good order. */
  stop: () => Promise<void>;
}>;

let workersMade = 0;

/** Starts a worker inside this process, with mortal ends: it can be killed and frozen. */
export async function startWorker(site: Site, isWanted: () => boolean): Promise<TortureWorker> {
  workersMade += 1;
  const life = new Life(`w${workersMade}`, site.time);
  const { settings, databaseUrl, log } = site;
  const db = new MortalPool(databaseUrl, life.name, statementGate(site, life));
  const { pool } = db;
  const connector = connect(settings);
  const ports: PortSite = {
    life,
    script: () => site.script,
    sl: site.sl,
    stripe: site.stripeAdmin,
    beforeRelease: async (batNbr) => {
      await site.thawAtRelease(life, batNbr);
      await site.lateSales.notice(batNbr);
    },
    stepOf: (screen, write, of) => site.stepOfWrite(screen, write, of),
    onOrder: (moment, mark) => site.warehouse.notice(moment, mark),
  };
  const { worker, reference } = startLanes({
    ...{ settings, pool, databaseUrl, log },
    settingsNow: () => site.settingsNow,
    // A process that stands still claims nothing, least of all the lanes that it has just lost.
    isWanted: () => isWanted() && !life.isFrozen,
    owner: life.name,
    clock: life.clock,
    erp: mortalErp(connector, ports),
    stripe: mortalStripe(openStripe(settings), ports),
    onRun: (words) => site.script.note(words),
    onTakeOver: (words) => {
      site.script.hit("take-over");
      site.script.note(words);
    },
  });
  const app = await openIntake({ settings, pool, log });
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
    pool,
    serve: (request, response) => void app.server.emit("request", request, response),
    stop: close,
  };
}

/** Statements of the claim loop and the leases come by the clock and are not counted. */
const NOT_OF_A_RUN =
  /slipway_claim|hub_process|event_walk w|clock_timestamp\(\)\) \* interval|dueInMs/;
const SEND_STEPS = new Set(["create", "reserve", "fill", "release", "place", "lift", "write"]);

function statementGate(site: Site, life: Life) {
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
        life.freeze(fault.rests);
      }
      await strike({ site, life, statement });
      await pass(statement);
    },
  };
}

/** An attempt has just been saved: here a process can die or stand still before it sends. */
async function strike(at: { site: Site; life: Life; statement: Statement }): Promise<void> {
  const { site, life, statement } = at;
  if (!statement.sql.includes("insert into attempt")) return;
  const step = statement.values.find((value) => SEND_STEPS.has(String(value)));
  if (step === undefined) return;
  const fault = site.script.nextClaim(String(step));
  if (fault === undefined) return;
  const key = String(statement.values[4]);
  const own = await site.stepOf(key, String(step));
  if (own === undefined) return;
  site.script.note(`${life.name} ${fault.mode} at ${own}`);
  site.script.struck(own satisfies WriteStep, key, fault);
  if (fault.mode === "kill-claimed") life.kill();
  else life.freeze(fault.rests, fault.thawsAtRelease ? key : undefined);
}
