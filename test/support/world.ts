import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Stripe from "stripe";
import { startDynamicsSlSandbox } from "../../sandbox/dynamics-sl/server.ts";
import { startStripeSandbox } from "../../sandbox/stripe/server.ts";
import { silentLog } from "../../src/base/log.ts";
import { type Hub, openHub } from "../../src/compose.ts";
import { DEMO_PAIR, demoSettings } from "../../src/demo/demo-pair.ts";
import { createTestDatabase } from "./postgres.ts";
import { until } from "./wait.ts";

const TOKEN = "test-token-of-sixteen-or-more";

export type Row = Readonly<Record<string, unknown>>;

/** A hub with one pair between the two sandboxes, on a database of its own. */
export type World = Readonly<{
  pair: string;
  databaseUrl: string;
  hubUrl: () => string;
  stripeUrl: string;
  secretKey: string;
  stripe: Stripe;
  /** Calls the hub's API; throws for an answer that is not 2xx. */
  api<T>(path: string, init?: { method?: string; body?: unknown }): Promise<T>;
  /** Calls a sandbox's admin route below `/_sandbox`. */
  slAdmin<T>(path: string, body?: unknown): Promise<T>;
  stripeAdmin<T>(path: string, body?: unknown): Promise<T>;
  slRows(table: string): Promise<Row[]>;
  stripeRows(table: string): Promise<Row[]>;
  /** Waits until the lane of this Stripe id has a run with one of these outcomes. */
  ended(laneKey: string, outcomes?: readonly string[]): Promise<Row>;
  /** Stops the hub in good order and starts it again on the same database and home. */
  restartHub(): Promise<void>;
  close(): Promise<void>;
}>;

/**
 * Starts a world.
 *
 * @param change settings of the pair that differ from the demo's, by path: `{"terms.paid": "30"}`
 */
export async function openWorld(change: Readonly<Record<string, unknown>> = {}): Promise<World> {
  const database = await createTestDatabase();
  const home = mkdtempSync(join(tmpdir(), "slipway-world-"));
  const stripeSandbox = await startStripeSandbox({});
  const slSandbox = await startDynamicsSlSandbox({});
  const open = (port: number) =>
    openHub(
      {
        databaseUrl: database.url,
        home,
        port,
        host: "127.0.0.1",
        logLevel: "error",
        key: undefined,
        token: TOKEN,
      },
      silentLog,
    );
  let hub: Hub = await open(0);
  const { url: stripeUrl, secretKey } = stripeSandbox;
  const { hostname, port } = new URL(stripeUrl);
  const stripe = new Stripe(secretKey, { host: hostname, port: Number(port), protocol: "http" });
  const api = apiCaller(() => hub.url);
  const endpoint = await stripe.webhookEndpoints.create({
    url: `${hub.url}/webhooks/stripe/${DEMO_PAIR}`,
    enabled_events: ["*"],
  });
  const settings = demoSettings({
    stripe: { url: stripeUrl, secretKey },
    sl: { url: slSandbox.url, ...slSandbox.credentials },
    webhookSecret: endpoint.secret ?? "",
  });
  await api("/api/pairs", { method: "POST", body: { id: DEMO_PAIR, settings } });
  for (const [path, value] of Object.entries(change)) {
    await api(`/api/pairs/${DEMO_PAIR}`, { method: "PATCH", body: { path, value } });
  }
  return {
    pair: DEMO_PAIR,
    databaseUrl: database.url,
    hubUrl: () => hub.url,
    stripeUrl,
    secretKey,
    stripe,
    api,
    slAdmin: adminCaller(new URL(slSandbox.url).origin),
    stripeAdmin: adminCaller(stripeUrl),
    slRows: (table) => adminCaller(new URL(slSandbox.url).origin)<Row[]>(`/rows?table=${table}`),
    stripeRows: (table) => adminCaller(stripeUrl)<Row[]>(`/rows?table=${table}`),
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
    close: async () => {
      await hub.close();
      await Promise.all([stripeSandbox.close(), slSandbox.close()]);
      await database.drop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function apiCaller(hubUrl: () => string): World["api"] {
  return async <T>(path: string, init: { method?: string; body?: unknown } = {}): Promise<T> => {
    const response = await fetch(`${hubUrl()}${path}`, {
      method: init.method ?? "GET",
      headers: {
        authorization: `Bearer ${TOKEN}`,
        ...(init.body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer as T;
  };
}

function adminCaller(origin: string) {
  return async <T>(path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${origin}/_sandbox${path}`, {
      method: body === undefined ? "GET" : "POST",
      ...(body === undefined
        ? {}
        : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer as T;
  };
}
