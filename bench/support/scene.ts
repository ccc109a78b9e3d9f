import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Pool } from "pg";
import Stripe from "stripe";
import { pause } from "../../src/base/clock.ts";
import { startChild } from "../../src/cli/child.ts";
import { loadKey, readSettings, saveSettings, setSettingTree } from "../../src/config/index.ts";
import { openPool } from "../../src/db/index.ts";
import { DEMO_PAIR, demoSettings } from "../../src/demo/demo-pair.ts";
import { freePort } from "../../src/demo/free-port.ts";
import type { SlSandboxReady, StripeSandboxReady } from "../../src/demo/sandbox-ready.ts";
import { type HubChild, startHub } from "./hub-child.ts";
import { type SandboxAdmin, sandboxAdmin } from "./sandbox-admin.ts";
import type { Stops } from "./stops.ts";

/** Two sandboxes and a hub with a pair between them, each a process of its own over TCP. */
export type Scene = Readonly<{
  pair: string;
  hub: HubChild;
  /** The hub's database, to look at what it has done. */
  database: Pool;
  stripe: Stripe;
  stripeAdmin: SandboxAdmin;
  slAdmin: SandboxAdmin;
  pids: Readonly<{ hub: number; stripe: number; sl: number }>;
  /** Stops SL's process, and gives what starts it again at the same address with all it held. */
  stopSl(): Promise<() => Promise<void>>;
}>;

/** The comparison comes with the start, or where it failed with the next round a minute later. */
const COMPARED_WITHIN_MS = 90_000;
const LOOK_EVERY_MS = 50;
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A signing secret of the pair that the bench knows, beside Stripe's own. */
export const BENCH_WEBHOOK_SECRET = "whsec_bench_0123456789abcdef0123456789";

/**
 * Brings everything up, and leaves word with `stops` how it comes down. The sandboxes keep their
 * rows in memory, unless SL is to go down and come back: their disk is not measured. The hub
 * finds its pair in its home, as after any restart.
 *
 * @param options.hubDatabaseUrl by which the hub reaches its database, where that is another way
 * @param options.change settings of the pair that differ from the demo's
 */
export async function openScene(
  stops: Stops,
  options: {
    databaseUrl: string;
    hubDatabaseUrl?: string;
    home: string;
    change?: Readonly<Record<string, unknown>>;
    profile?: string | undefined;
    isSlKept?: boolean;
  },
): Promise<Scene> {
  const { databaseUrl, hubDatabaseUrl = databaseUrl, change = {}, profile } = options;
  const stripeChild = await startSandbox<StripeSandboxReady>("stripe");
  stops.add(() => stripeChild.stop());
  const slHome = options.isSlKept === true ? mkdtempSync(join(options.home, "sl-")) : undefined;
  let slChild = await startSandbox<SlSandboxReady>("dynamics-sl", { home: slHome });
  stops.add(() => slChild.stop());
  const home = mkdtempSync(join(options.home, "hub-"));
  const port = await freePort(0);
  const stripe = openSdk(stripeChild.ready);
  const webhookSecret = await addEndpoint(stripe, port);
  const sandboxes = { stripe: stripeChild.ready, sl: slChild.ready };
  writePair(home, demoSettings({ ...sandboxes, webhookSecret }));
  writePair(home, {
    ...change,
    stripe: { "webhook-secrets": [webhookSecret, BENCH_WEBHOOK_SECRET] },
  });
  const hub = await startHub({ databaseUrl: hubDatabaseUrl, home, port, profile });
  stops.add(() => hub.stop());
  const database = openPool(databaseUrl, { max: 1, applicationName: "slipway-bench" });
  stops.add(() => database.end());
  await untilCompared(database);
  return {
    pair: DEMO_PAIR,
    hub,
    database,
    stripe,
    stripeAdmin: sandboxAdmin(stripeChild.ready.url),
    slAdmin: sandboxAdmin(new URL(slChild.ready.url).origin),
    pids: { hub: hub.pid, stripe: stripeChild.pid, sl: slChild.pid },
    stopSl: async () => {
      if (slHome === undefined) throw new Error("An SL that is not kept cannot come back");
      const { port } = new URL(slChild.ready.url);
      await slChild.stop();
      return async () => {
        slChild = await startSandbox<SlSandboxReady>("dynamics-sl", { home: slHome, port });
      };
    },
  };
}

function startSandbox<Ready extends object>(
  folder: string,
  { home, port = "0" }: { home?: string | undefined; port?: string } = {},
) {
  return startChild<Ready>({
    name: `The sandbox ${folder}`,
    script: join(ROOT, "sandbox", folder, "main.ts"),
    args: ["--port", port, ...(home === undefined ? [] : ["--home", home])],
  });
}

function openSdk({ url, secretKey }: StripeSandboxReady): Stripe {
  const { hostname, port } = new URL(url);
  return new Stripe(secretKey, {
    host: hostname,
    port: Number(port),
    protocol: "http",
    telemetry: false,
  });
}

async function addEndpoint(stripe: Stripe, port: number): Promise<string> {
  const endpoint = await stripe.webhookEndpoints.create({
    url: `http://127.0.0.1:${port}/webhooks/stripe/${DEMO_PAIR}`,
    enabled_events: ["*"],
  });
  if (endpoint.secret === undefined) throw new Error("Stripe gave no signing secret");
  return endpoint.secret;
}

function writePair(home: string, settings: Readonly<Record<string, unknown>>): void {
  const document = readSettings(home);
  setSettingTree(document, DEMO_PAIR, { settings, key: () => loadKey(home, undefined) });
  saveSettings(home, document);
}

/**
 * A hub compares itself with SL when it starts; until that is done it looks up every document
 * before it writes. What is measured is the time after it.
 */
async function untilCompared(database: Pool): Promise<void> {
  const deadlineMs = performance.now() + COMPARED_WITHIN_MS;
  for (;;) {
    const { rowCount } = await database.query("select from lineage where is_green");
    if (rowCount === 1) return;
    if (performance.now() > deadlineMs) throw new Error("Hub and SL were not compared in time");
    await pause(LOOK_EVERY_MS);
  }
}
