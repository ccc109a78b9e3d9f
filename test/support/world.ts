import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Pool } from "pg";
import Stripe from "stripe";
import { startDynamicsSlSandbox } from "../../sandbox/dynamics-sl/server.ts";
import { startStripeSandbox } from "../../sandbox/stripe/server.ts";
import { type Log, silentLog } from "../../src/base/log.ts";
import { type Hub, openHub } from "../../src/compose.ts";
import { DEMO_PAIR, demoSettings } from "../../src/demo/demo-pair.ts";
import { createTestDatabase } from "./postgres.ts";
import { quietPort } from "./quiet-port.ts";
import { adminOf } from "./sandbox-admin.ts";
import { until } from "./wait.ts";

/** The API token of every world. */
export const WORLD_TOKEN = "test-token-of-sixteen-or-more";

export type Row = Readonly<Record<string, unknown>>;

/** A hub with one pair between the two sandboxes, on a database of its own. */
export type World = Readonly<{
  pair: string;
  databaseUrl: string;
  /** The home of the hub, where another hub of the same pairs finds settings and key. */
  home: string;
  /** The token of the hub's API. */
  token: string;
  /** What must stand in no log, table or answer of the hub. */
  secrets: readonly string[];
  hubUrl: () => string;
  stripeUrl: string;
  secretKey: string;
  /** The pair's settings as they stand in its file, without what a test changes later. */
  pairFile: Readonly<Record<string, unknown>>;
  slUrl: string;
  /** What SL's sandbox asks for. */
  slCredentials: Readonly<Record<"user" | "password" | "siteId" | "siteKey" | "companyId", string>>;
  stripe: Stripe;
  /** Calls the hub's API; throws for an answer that is not 2xx. */
  api<T>(path: string, init?: { method?: string; body?: unknown }): Promise<T>;
  /** Sets a setting of the pair, as `slipway pair set` does. */
  set(path: string, value: unknown): Promise<unknown>;
  /** Calls a sandbox's admin route below `/_sandbox`; POST with a body, else GET. */
  slAdmin<T>(path: string, body?: unknown, method?: "DELETE"): Promise<T>;
  stripeAdmin<T>(path: string, body?: unknown): Promise<T>;
  slRows(table: string): Promise<Row[]>;
  /** A statement on the hub's database, past the hub. */
  sql(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** The webhook endpoint at Stripe that leads to the hub. */
  endpointId: string;
  stripeRows(table: string): Promise<Row[]>;
  /** Waits until the lane of this Stripe id has a run with one of these outcomes. */
  ended(laneKey: string, outcomes?: readonly string[]): Promise<Row>;
  /** Stops the hub in good order and starts it again on the same database and home. */
  restartHub(): Promise<void>;
  /** Nothing listens at SL's address any more; `startSl` brings it back with all that it held. */
  stopSl(): Promise<void>;
  startSl(): Promise<void>;
  close(): Promise<void>;
}>;

const ENV = {
  host: "127.0.0.1",
  logLevel: "error",
  eventDays: 90,
  key: undefined,
  token: WORLD_TOKEN,
} as const;

/** What a world may be made of instead of what the demo has. */
export type WorldOptions = Readonly<{
  /** The currency of the SL company, which Stripe settles in too. Default USD. */
  baseCurrency?: string;
  /** A database of the caller's own, who also drops it. Default: one of the run's server. */
  databaseUrl?: string;
  /** Gets what the hub logs. Default: nobody. */
  log?: Log;
}>;

/**
 * Starts a world.
 *
 * @param change settings of the pair that differ from the demo's, by path: `{"terms.paid": "30"}`
 */
export async function openWorld(
  change: Readonly<Record<string, unknown>> = {},
  options: WorldOptions = {},
): Promise<World> {
  const { baseCurrency = "USD" } = options;
  const database = await openDatabase(options.databaseUrl);
  const home = mkdtempSync(join(tmpdir(), "slipway-world-"));
  const stripeSandbox = await startStripeSandbox({});
  const sl = await openSl(join(home, "sl"), baseCurrency);
  const log = options.log ?? silentLog;
  const open = (port: number) =>
    openHub({ ...ENV, databaseUrl: database.url, home, port }, log, { mayLoseCommits: true });
  let hub: Hub = await open(await quietPort());
  const { url: stripeUrl, secretKey } = stripeSandbox;
  const { hostname, port } = new URL(stripeUrl);
  const stripe = new Stripe(secretKey, { host: hostname, port: Number(port), protocol: "http" });
  const api = apiCaller(() => hub.url);
  const endpoint = await stripe.webhookEndpoints.create({
    url: `${hub.url}/webhooks/stripe/${DEMO_PAIR}`,
    enabled_events: ["*"],
    api_version: "2026-10-28.endive",
  });
  const settings = demoSettings({
    stripe: { url: stripeUrl, secretKey },
    sl: { url: sl.url, ...sl.credentials },
    webhookSecret: endpoint.secret ?? "",
  });
  const stripeAdmin = adminOf(stripeUrl);
  const slAdmin = adminOf(new URL(sl.url).origin);
  await stripeAdmin("/settings", { settlementCurrencies: [baseCurrency.toLowerCase()] });
  // Tests say themselves where a payment of nobody goes.
  const given = { ...inCurrency(settings, baseCurrency), customer: { class: "RETAIL" } };
  const pairFile = changed(given, change);
  await api("/api/pairs", { method: "POST", body: { id: DEMO_PAIR, settings: pairFile } });
  return {
    pair: DEMO_PAIR,
    databaseUrl: database.url,
    home,
    token: WORLD_TOKEN,
    secrets: [secretKey, sl.credentials.password, sl.credentials.siteKey, endpoint.secret ?? ""],
    hubUrl: () => hub.url,
    stripeUrl,
    secretKey,
    pairFile,
    slUrl: sl.url,
    slCredentials: sl.credentials,
    stripe,
    api,
    set: (path, value) =>
      api(`/api/pairs/${DEMO_PAIR}`, { method: "PATCH", body: { path, value } }),
    endpointId: endpoint.id,
    slAdmin,
    stripeAdmin,
    slRows: (table) => slAdmin<Row[]>(`/rows?table=${table}`),
    stripeRows: (table) => stripeAdmin<Row[]>(`/rows?table=${table}`),
    sql: database.sql,
    ended: (laneKey, outcomes = ["booked", "not_applicable", "parked"]) =>
      until(`a run of ${laneKey} that ends ${outcomes.join(" or ")}`, async () => {
        const { rows } = await api<{ rows: Row[] }>(`/api/runs?lane=${laneKey}`);
        return rows.find((row) => outcomes.includes(String(row.outcome)));
      }),
    restartHub: async () => {
      const listening = Number(new URL(hub.url).port);
      await hub.close();
      hub = await open(listening);
    },
    stopSl: sl.stop,
    startSl: sl.start,
    close: async () => {
      await hub.close();
      await Promise.all([stripeSandbox.close(), sl.stop()]);
      await database.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function openDatabase(ownUrl: string | undefined) {
  const made = ownUrl === undefined ? await createTestDatabase() : undefined;
  const url = made?.url ?? ownUrl ?? "";
  const pool = new Pool({ connectionString: url, max: 2 });
  // A database that is stopped under a test breaks idle connections; the next query makes new ones.
  pool.on("error", () => {});
  return {
    url,
    sql: async (text: string, values: readonly unknown[] = []) =>
      (await pool.query<Row>(text, [...values])).rows,
    close: async () => {
      await pool.end();
      await made?.drop();
    },
  };
}

async function openSl(home: string, baseCurrency: string) {
  const first = await startDynamicsSlSandbox({ home, baseCurrency, port: await quietPort() });
  const { url, credentials } = first;
  let running: typeof first | undefined = first;
  return {
    url,
    credentials,
    stop: async () => {
      await running?.close();
      running = undefined;
    },
    start: async () => {
      running ??= await startDynamicsSlSandbox({ home, port: Number(new URL(url).port) });
    },
  };
}

/** Settings with others put over them by their paths. */
function changed(
  settings: Readonly<Record<string, unknown>>,
  change: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const put = (into: unknown, [key = "", ...rest]: readonly string[], value: unknown): unknown => {
    const before = (into ?? {}) as Readonly<Record<string, unknown>>;
    return { ...before, [key]: rest.length === 0 ? value : put(before[key], rest, value) };
  };
  const paths = Object.entries(change);
  const all = paths.reduce<unknown>(
    (so, [path, value]) => put(so, path.split("."), value),
    settings,
  );
  return all as Readonly<Record<string, unknown>>;
}

/** The demo's settings for a company whose base currency is another one. */
function inCurrency(settings: Readonly<Record<string, unknown>>, currency: string): object {
  const { sl, accounts } = settings as { sl: object; accounts: Record<string, { USD: string }> };
  const inThis = (role: string) => ({ [currency]: accounts[role]?.USD });
  const [clearing, transit, bank] = [inThis("clearing"), inThis("transit"), inThis("bank")];
  return {
    ...settings,
    sl: { ...sl, "base-currency": currency },
    accounts: { ...accounts, clearing, transit, bank },
  };
}

function apiCaller(hubUrl: () => string): World["api"] {
  return async <T>(path: string, init: { method?: string; body?: unknown } = {}): Promise<T> => {
    const response = await fetch(`${hubUrl()}${path}`, {
      method: init.method ?? "GET",
      headers: {
        authorization: `Bearer ${WORLD_TOKEN}`,
        ...(init.body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer as T;
  };
}
