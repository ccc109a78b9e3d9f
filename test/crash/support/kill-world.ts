import type { Pool } from "pg";
import Stripe from "stripe";
import { startDynamicsSlSandbox } from "../../../sandbox/dynamics-sl/server.ts";
import { startStripeSandbox } from "../../../sandbox/stripe/server.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { silentLog } from "../../../src/base/log.ts";
import type { StripePort } from "../../../src/canonical/port.ts";
import type { PairSettings } from "../../../src/config/index.ts";
import { openPool } from "../../../src/db/index.ts";
import { demoSettings } from "../../../src/demo/demo-pair.ts";
import type { CtapiConnector } from "../../../src/erp/ctapi/index.ts";
import { type EntryDraft, type ErpConnector, screenOf } from "../../../src/erp/port.ts";
import { keepRows } from "../../../src/ledger/index.ts";
import { Reference, type RunOutcome, runLane } from "../../../src/runs/index.ts";
import { openStripe } from "../../../src/stripe/index.ts";
import { type Admin, adminOf } from "../../oracle/rows.ts";
import { createTestDatabase } from "../../support/postgres.ts";
import { until } from "../../support/wait.ts";
import { connect } from "../../torture/hub-parts.ts";
import { type PairFile, readPairFile } from "../../torture/pair-file.ts";
import {
  claim,
  type Death,
  immortal,
  Mortal,
  mortalPool,
  mortalPort,
  passHorizon,
} from "./mortal.ts";

/** One write of one effect, such as the fill of `refund-cash`. */
export type KillAt = Readonly<{ purpose: string; write: string }>;

/**
 * Both sandboxes and a database, on which runs of the hub are made in this process, one after the
 * other; each may die at a write, as a killed process does, and the next one takes over.
 */
export type KillWorld = Readonly<{
  pool: Pool;
  stripe: Stripe;
  /** Calls a sandbox's administration. */
  act: Admin;
  sl: Admin;
  /**
   * Begins anew: empty sandboxes, another pair, and what its settings and its accounts have beside
   * the demo's.
   */
  begin(change: PairFile): Promise<void>;
  pair(): string;
  /** The pair as it stands in its file. */
  pairFile(): PairFile;
  /** What probes of the site have found out, such as `no` for `supplied-rate`. */
  probed(answers: Readonly<Record<string, "yes" | "no">>): Promise<void>;
  /**
   * Runs the lane until there is nothing left to do now, or until a run ends as is named.
   *
   * @throws Error where it parks
   */
  settle(lane: string, ends?: readonly RunOutcome[]): Promise<void>;
  /** Runs the lane until a run has died there; says where that was. */
  dieAt(lane: string, at: KillAt, death: Death): Promise<string>;
  /** Keeps Stripe's balance rows, as the hub does around the clock. */
  readRows(): Promise<void>;
  close(): Promise<void>;
}>;

/** What the writes of the effect tables are in the ports. */
const CALL_OF: Readonly<Record<string, string>> = { write: "writeMetadata" };
const SL_CALLS = ["reserve", "fill", "release"];
const DAY_MS = 86_400_000;

/** Opens a world on a database of its own. */
export async function openKillWorld(): Promise<KillWorld> {
  const database = await createTestDatabase();
  const pool = openPool(database.url, { applicationName: "kills", connectWithinMs: 30_000 });
  const stripe = await startStripeSandbox();
  const sl = await startDynamicsSlSandbox();
  const { hostname, port } = new URL(stripe.url);
  const { password, siteKey } = sl.credentials;
  const secrets = {
    STRIPE: stripe.secretKey,
    PASSWORD: password,
    SITE_KEY: siteKey,
    HOOK: "whsec",
  };
  const file = demoSettings({
    stripe: { url: stripe.url, secretKey: "env:STRIPE" },
    sl: { url: sl.url, ...sl.credentials, password: "env:PASSWORD", siteKey: "env:SITE_KEY" },
    webhookSecret: "env:HOOK",
  });
  const admins = { act: adminOf(stripe.url), sl: adminOf(new URL(sl.url).origin) };
  await admins.act("/snapshot", { name: "fresh" });
  const changed = ({ accounts = {}, ...change }: PairFile): PairFile => {
    return { ...file, ...change, accounts: { ...Object(file.accounts), ...Object(accounts) } };
  };
  const read = (id: string, change: PairFile) => readPairFile(id, changed(change), secrets);
  const erp = connect(read("kills", {}));
  await erp.check();
  const runs = new Runs(pool, erp, read("kills", {}));
  let pairFile: PairFile = file;
  let worlds = 0;
  return {
    pool,
    stripe: new Stripe(stripe.secretKey, { host: hostname, port: Number(port), protocol: "http" }),
    ...admins,
    begin: async (change) => {
      worlds += 1;
      pairFile = changed(change);
      runs.begin(read(`kills${worlds}`, change));
      await Promise.all([admins.act("/restore", { name: "fresh" }), admins.sl("/reset", {})]);
    },
    pair: () => `kills${worlds}`,
    pairFile: () => pairFile,
    probed: async (answers) => {
      for (const [name, answer] of Object.entries(answers)) {
        await pool.query(
          `insert into site_probe (pair, name, site, answer, detail, server_version)
           values ($1, $2, $3, $4, '', '')`,
          [`kills${worlds}`, name, erp.site, answer],
        );
      }
    },
    settle: (lane, ends) => runs.settle(lane, ends),
    dieAt: (lane, at, death) => runs.dieAt(lane, at, death),
    readRows: () => runs.readRows(),
    close: async () => {
      erp.close();
      await Promise.all([stripe.close(), sl.close()]);
      await pool.end();
      await database.drop();
    },
  };
}

/** Runs of one pair, each in a process of its own as far as it can tell. */
class Runs {
  readonly #pool: Pool;
  readonly #erp: CtapiConnector;
  #settings: PairSettings;
  /** The key of what each batch was filled with. */
  readonly #keys = new Map<string, string>();

  constructor(pool: Pool, erp: CtapiConnector, settings: PairSettings) {
    this.#pool = pool;
    this.#erp = erp;
    this.#settings = settings;
  }

  begin(settings: PairSettings): void {
    this.#settings = settings;
    this.#keys.clear();
  }

  async settle(
    lane: string,
    ends: readonly RunOutcome[] = ["booked", "not_applicable"],
  ): Promise<void> {
    await until(`the end of ${lane}`, async () => {
      const outcome = await this.#run(lane, immortal(), () => {});
      if (outcome === "parked") throw new Error(await this.#whyParked(lane));
      await passHorizon(this.#pool);
      return outcome !== undefined && ends.includes(outcome);
    });
  }

  async dieAt(lane: string, at: KillAt, death: Death): Promise<string> {
    const call = CALL_OF[at.write] ?? at.write;
    return until(`a death ${death} ${at.purpose} ${at.write}`, async () => {
      const mortal = new Mortal({ counts: (step) => step === call, death });
      let key = "";
      const outcome = await this.#run(lane, mortal, (written) => {
        if (!mortal.isDead) key = written;
      });
      await passHorizon(this.#pool);
      if (mortal.isDead) return `${await this.#purposeOf(key)} ${at.write} ${death}`;
      return outcome === "booked" ? `came through before ${at.purpose} ${at.write}` : undefined;
    });
  }

  async readRows(): Promise<void> {
    const { id } = this.#settings;
    const [from, until_] = [new Date(Date.now() - 30 * DAY_MS), new Date(Date.now() + DAY_MS)];
    const stripe = openStripe(this.#settings);
    for await (const { rows } of stripe.listRows({ from, until: until_ })) {
      await keepRows(this.#pool, id, rows);
    }
    await this.#pool.query(
      `insert into event_walk (pair, kind, since, position, done_at)
       values ($1, 'rows', $2, $3, $3)
       on conflict (pair, kind) do update set done_at = excluded.done_at`,
      [id, from, until_],
    );
  }

  /** @returns how the run ended, or nothing where it died */
  async #run(
    lane: string,
    mortal: Mortal,
    onWrite: (key: string) => void,
  ): Promise<RunOutcome | undefined> {
    const settings = this.#settings;
    const erp = mortalPort<ErpConnector>(this.#erp, mortal, SL_CALLS, (name, args) => {
      onWrite(this.#keyOf(name, args));
    });
    const stripe = mortalPort<StripePort>(openStripe(settings), mortal, ["writeMetadata"], () => {
      onWrite("");
    });
    let outcome: RunOutcome | undefined;
    const run = runLane(
      {
        ...{
          pool: mortalPool(this.#pool, mortal),
          clock: systemClock,
          log: silentLog,
          worker: "w",
        },
        pair: (id) => ({ id, settings, stripe, erp, reference: new Reference(erp, systemClock) }),
        onRun: (_pair, how) => {
          outcome = how;
        },
        onAttempt: () => {},
      },
      await claim(this.#pool, settings.id, lane),
      new AbortController().signal,
    );
    await run.catch((thrown: unknown) => {
      if (!mortal.isDead) throw thrown;
    });
    return outcome;
  }

  #keyOf(name: string, args: readonly unknown[]): string {
    if (name === "reserve") return (args[0] as { key: string }).key;
    if (name === "release") return this.#keys.get(args.slice(0, 2).join(" ")) ?? "";
    const [batNbr, draft] = args as [string, EntryDraft];
    this.#keys.set(`${screenOf(draft)} ${batNbr}`, draft.key);
    return draft.key;
  }

  async #purposeOf(key: string): Promise<string> {
    if (key === "") return "writeback";
    const { rows } = await this.#pool.query<{ purpose: string }>(
      "select purpose from intent where pair = $1 and key = $2",
      [this.#settings.id, key],
    );
    return rows[0]?.purpose ?? "nothing";
  }

  async #whyParked(lane: string): Promise<string> {
    const { rows } = await this.#pool.query<{ code: string; reason: string }>(
      "select code, reason from parked where pair = $1 and lane_key = $2 and state = 'open'",
      [this.#settings.id, lane],
    );
    return `${lane} is parked: ${rows[0]?.code} ${rows[0]?.reason}`;
  }
}
