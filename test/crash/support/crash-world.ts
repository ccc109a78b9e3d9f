import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Pool } from "pg";
import Stripe from "stripe";
import { startDynamicsSlSandbox } from "../../../sandbox/dynamics-sl/server.ts";
import { startStripeSandbox } from "../../../sandbox/stripe/server.ts";
import { loadKey, readSettings, saveSettings, setSettingTree } from "../../../src/config/index.ts";
import { DEMO_PAIR, demoSettings } from "../../../src/demo/demo-pair.ts";
import { quietPort } from "../../support/quiet-port.ts";
import { adminOf } from "../../support/sandbox-admin.ts";
import { type Barrier, openBarrier, type Stop, type StopAt } from "./barrier.ts";
import { watchEndings } from "./database-view.ts";
import type { StepCall } from "./effects.ts";
import { type HubProcess, startHubProcess } from "./hub-process.ts";
import type { Order } from "./orders.ts";

/** A row of a sandbox's table. */
export type Row = Readonly<Record<string, unknown>>;

/** Long enough for a machine that works on other tests as well. */
export const PATIENCE_MS = 180_000;

/**
 * A place where a hub runs: home, port and webhook endpoint of its own, and barriers of its own in
 * front of both sandboxes, so that a test knows which hub made a call. A hub started again takes
 * the same place.
 */
export type Seat = Readonly<{
  home: string;
  port: number;
  sl: Barrier;
  stripe: Barrier;
  start(): Promise<HubProcess>;
  /** Stops the next call of this step for this order. */
  stop(step: StepCall, order: Order, at: StopAt): Stop;
}>;

/** Two sandboxes in this process, a database, and seats for hubs in processes of their own. */
export type CrashWorld = Readonly<{
  databaseUrl: string;
  /** For looks into the hub's database; an error of an idle connection is not ours to report. */
  pool: Pool;
  stripe: Stripe;
  stripeAdmin<T>(path: string, body?: unknown): Promise<T>;
  slAdmin<T>(path: string, body?: unknown): Promise<T>;
  slRows(table: string): Promise<Row[]>;
  /** @param change settings of the pair that differ from the demo's */
  seat(change?: Readonly<Record<string, unknown>>): Promise<Seat>;
  /** Lets Stripe bring the webhooks that `placeOrders` has kept back. */
  deliver(): Promise<void>;
  /** Ends every hub that still runs, and all the rest. */
  close(): Promise<void>;
}>;

/**
 * Opens a world on this database, which the caller drops afterwards. The outcome horizon is a
 * minute: longer than any of these tests waits, so none passes by waiting it out unseen.
 */
export async function openCrashWorld(databaseUrl: string): Promise<CrashWorld> {
  const [stripeSandbox, slSandbox] = await Promise.all([
    startStripeSandbox({}),
    startDynamicsSlSandbox({}),
  ]);
  const { url: stripeUrl, secretKey } = stripeSandbox;
  const slOrigin = new URL(slSandbox.url).origin;
  const { hostname, port } = new URL(stripeUrl);
  const stripe = new Stripe(secretKey, { host: hostname, port: Number(port), protocol: "http" });
  const stripeAdmin = adminOf(stripeUrl);
  const slAdmin = adminOf(slOrigin);
  const pool = new Pool({ connectionString: databaseUrl, max: 4, application_name: "crash-test" });
  pool.on("error", () => undefined);
  await watchEndings(pool);
  // A hub that is dead for a second must not cost a test minutes.
  await stripeAdmin("/webhooks", { firstRetryMs: 250, retryFactor: 1, retriesMax: 1_000 });
  const hubs: HubProcess[] = [];
  const cleanups: (() => Promise<void>)[] = [];
  const seat = async (change = {}): Promise<Seat> => {
    const made = await openSeat({
      change,
      databaseUrl,
      stripe: { sdk: stripe, url: stripeUrl, secretKey },
      sl: { origin: slOrigin, url: slSandbox.url, ...slSandbox.credentials },
      hubs,
    });
    cleanups.push(made.close);
    return made.seat;
  };
  return {
    databaseUrl,
    pool,
    stripe,
    stripeAdmin,
    slAdmin,
    slRows: (table) => slAdmin<Row[]>(`/rows?table=${table}`),
    seat,
    deliver: async () => void (await stripeAdmin("/webhooks", { pause: false })),
    close: async () => {
      await Promise.all(hubs.map((hub) => hub.kill()));
      await Promise.all(cleanups.map((clean) => clean()));
      await Promise.all([stripeSandbox.close(), slSandbox.close()]);
      await pool.end();
    },
  };
}

type SeatParts = Readonly<{
  change: Readonly<Record<string, unknown>>;
  databaseUrl: string;
  stripe: Readonly<{ sdk: Stripe; url: string; secretKey: string }>;
  sl: Parameters<typeof demoSettings>[0]["sl"] & Readonly<{ origin: string }>;
  hubs: HubProcess[];
}>;

async function openSeat(parts: SeatParts): Promise<{ seat: Seat; close: () => Promise<void> }> {
  const { change, databaseUrl, stripe, sl, hubs } = parts;
  const home = mkdtempSync(join(tmpdir(), "slipway-crash-"));
  const port = await quietPort();
  const [slBarrier, stripeBarrier] = await Promise.all([
    openBarrier(sl.origin),
    openBarrier(stripe.url),
  ]);
  const endpoint = await stripe.sdk.webhookEndpoints.create({
    url: `http://127.0.0.1:${port}/webhooks/stripe/${DEMO_PAIR}`,
    enabled_events: ["*"],
  });
  const settings = demoSettings({
    stripe: { url: stripeBarrier.origin, secretKey: stripe.secretKey },
    sl: { ...sl, url: `${slBarrier.origin}${new URL(sl.url).pathname}` },
    webhookSecret: endpoint.secret ?? "",
  });
  const document = readSettings(home);
  setSettingTree(document, DEMO_PAIR, {
    settings: {
      ...settings,
      // Every step of a charge is stopped at once, each in an order of its own.
      sl: { ...(settings.sl as object), "call-limit": 16 },
      "outcome-horizon": 60,
      ...change,
    },
    key: () => loadKey(home, undefined),
  });
  saveSettings(home, document);
  const seat: Seat = {
    home,
    port,
    sl: slBarrier,
    stripe: stripeBarrier,
    start: async () => {
      const hub = await startHubProcess({ home, databaseUrl, port });
      hubs.push(hub);
      return hub;
    },
    stop: (step, order, at) => {
      const barrier = step.target === "SL" ? slBarrier : stripeBarrier;
      const name = `${step.name} of ${order.intentId}`;
      return barrier.stop({ name, at, matches: (call) => step.isOf(call, order) });
    },
  };
  const close = async () => {
    await Promise.all([slBarrier.close(), stripeBarrier.close()]);
    rmSync(home, { recursive: true, force: true });
  };
  return { seat, close };
}
